//! The only door to minijinja: messages, subjects, notices.

use minijinja::{AutoEscape, Environment, UndefinedBehavior};

/// Instructions a template may take; a loop without end stops here.
const FUEL: u64 = 50_000;
/// Longest text a template may give.
const OUTPUT_MAX: usize = 1 << 20;

/// Longest template.
const SOURCE_MAX: usize = 64 << 10;
/// Brackets within brackets, or blocks within blocks, of a template.
const NESTING_MAX: usize = 50;

/// Whether a template is short and flat enough to be read at all.
pub fn fits(source: &str) -> Result<(), &'static str> {
    if source.len() > SOURCE_MAX {
        return Err("the template is too long");
    }
    let (mut brackets, mut blocks) = (0usize, 0usize);
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        match c {
            '(' | '[' | '{' => brackets += 1,
            ')' | ']' | '}' => brackets = brackets.saturating_sub(1),
            _ => {}
        }
        if let Some(tag) = rest.strip_prefix("{%") {
            match tag.trim_start_matches(['-', '+', ' ']) {
                tag if tag.starts_with("end") => blocks = blocks.saturating_sub(1),
                tag if OPENS.iter().any(|word| tag.starts_with(word)) => blocks += 1,
                _ => {}
            }
        }
        if brackets > NESTING_MAX || blocks > NESTING_MAX {
            return Err("the template is nested too deep");
        }
        rest = &rest[c.len_utf8()..];
    }
    Ok(())
}

/// Words of tags that an `end…` closes.
const OPENS: [&str; 8] = [
    "if",
    "for",
    "with",
    "filter",
    "macro",
    "call",
    "autoescape",
    "block",
];

/// Renders `source` with the object `with`. Data is never parsed as a template.
pub fn render(source: &str, html: bool, with: &serde_json::Value) -> Result<String, String> {
    let mut environment = Environment::new();
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(64);
    // An empty field is nothing, and so is what lies behind it: a message is not lost for that.
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.set_auto_escape_callback(move |_| {
        if html {
            AutoEscape::Html
        } else {
            AutoEscape::None
        }
    });
    let text = environment
        .template_from_str(source)
        .and_then(|t| t.render(minijinja::value::Serde(with)))
        .map_err(|e| e.to_string())?;
    if text.len() > OUTPUT_MAX {
        Err("the text is too long".into())
    } else {
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::{fits, render};
    use serde_json::json;

    #[test]
    fn data_is_never_a_template() {
        let out = render("{{ a }}", false, &json!({ "a": "{{ 7 * 7 }}" })).unwrap();
        assert_eq!(out, "{{ 7 * 7 }}");
    }
    #[test]
    fn what_is_empty_prints_nothing() {
        let out = render(
            "[{{ a.b.c }}{% if a %}x{% endif %}]",
            false,
            &json!({ "a": "" }),
        );
        assert_eq!(out.unwrap(), "[]");
    }
    #[test]
    fn a_loop_runs_out_of_fuel() {
        let bomb = "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}";
        assert!(render(bomb, false, &json!({})).is_err());
    }
    #[test]
    fn a_template_is_short_and_flat() {
        assert!(fits("{% if a %}{{ (a) }}{% endif %}").is_ok());
        assert!(fits(&"{% if a %}x{% endif %}".repeat(500)).is_ok());
        assert!(fits(&"x".repeat(64 << 10)).is_ok());
        assert!(fits(&"x".repeat((64 << 10) + 1)).is_err());
        assert!(fits(&"{%- for a in b %}".repeat(51)).is_err());
        assert!(fits(&format!("{{{{ {} }}}}", "(".repeat(60))).is_err());
    }
    #[test]
    fn html_is_escaped() {
        assert_eq!(
            render("{{ a }}", true, &json!({ "a": "<b>" })).unwrap(),
            "&lt;b&gt;"
        );
    }
}
