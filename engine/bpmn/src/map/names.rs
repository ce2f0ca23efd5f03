//! Names for what has only labels and ids: made from what people read, each once.

use model::Name;
use std::collections::{HashMap, HashSet};

/// Longest name that is made; what is set behind it still fits.
const LENGTH: usize = 30;

/// A name out of a text, where it holds letters a name may hold.
pub fn slug(text: &str) -> Option<Name> {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
        if out.len() >= LENGTH {
            break;
        }
    }
    let out = out.trim_end_matches('_');
    if out.starts_with(|c: char| c.is_ascii_digit()) {
        return Name::new(&format!("n_{out}")).ok();
    }
    // A word of expressions is no name by itself.
    let name = Name::new(out);
    name.or_else(|_| Name::new(&format!("{out}_1"))).ok()
}

/// Names that are taken, and how often each was wanted.
#[derive(Default)]
pub struct Names {
    taken: HashSet<Name>,
    wanted: HashMap<String, usize>,
}

impl Names {
    /// Takes a name that is free, as near to the wanted one as can be.
    pub fn take(&mut self, wanted: &str) -> Name {
        loop {
            let n = self.wanted.entry(wanted.to_owned()).or_default();
            *n += 1;
            let text = match *n {
                1 => wanted.to_owned(),
                n => format!("{wanted}_{n}"),
            };
            let name = Name::new(&text).or_else(|_| Name::new(&format!("node_{n}")));
            if let Some(name) = name.ok().filter(|name| self.taken.insert(name.clone())) {
                return name;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Names, slug};

    #[test]
    fn a_text_becomes_a_name() {
        let name = |text| slug(text).map(|n| n.to_string());
        assert_eq!(
            name("Check  the invoice!").as_deref(),
            Some("check_the_invoice")
        );
        assert_eq!(name("while").as_deref(), Some("while_1"));
        assert_eq!(name("2nd look").as_deref(), Some("n_2nd_look"));
        assert_eq!(name("审批"), None);
        let mut names = Names::default();
        assert_eq!(names.take("a").as_str(), "a");
        assert_eq!(names.take("a").as_str(), "a_2");
    }
}
