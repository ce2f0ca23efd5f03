//! The only door to minijinja: messages, subjects, notices.

use minijinja::{AutoEscape, Environment, UndefinedBehavior};

/// Instructions a template may take; a loop without end stops here.
const FUEL: u64 = 50_000;
/// Longest text a template may give.
const OUTPUT_MAX: usize = 1 << 20;

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
    use super::render;
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
    fn html_is_escaped() {
        assert_eq!(
            render("{{ a }}", true, &json!({ "a": "<b>" })).unwrap(),
            "&lt;b&gt;"
        );
    }
}
