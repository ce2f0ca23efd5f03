//! What a suite comes to.

/// One case, and what came of it.
#[derive(Clone, Debug)]
pub struct Case {
    /// The file or id, as the suite names it.
    pub name: String,
    /// Nothing, or the reason: what was refused (by element), expected and found.
    pub problem: Option<String>,
}

/// A suite that ran.
#[derive(Clone, Debug)]
pub struct Suite {
    pub name: String,
    /// What a case of it is: `models`, `cases`, `steps`.
    pub unit: &'static str,
    pub cases: Vec<Case>,
}

impl Suite {
    /// A suite without cases yet.
    pub fn new(name: impl Into<String>, unit: &'static str) -> Self {
        Self {
            name: name.into(),
            unit,
            cases: vec![],
        }
    }
    /// Adds a case that passed, or did not for a reason.
    pub fn add(&mut self, name: impl Into<String>, outcome: Result<(), String>) {
        self.cases.push(Case {
            name: name.into(),
            problem: outcome.err(),
        });
    }
    /// How many passed.
    pub fn passed(&self) -> usize {
        self.cases.iter().filter(|c| c.problem.is_none()).count()
    }
    /// The line that is told: name, counts, rate.
    pub fn line(&self) -> String {
        let (passed, all) = (self.passed(), self.cases.len());
        // In tenths of a percent, rounded down: 99.9 % is never told as 100 %.
        let tenths = (passed * 1000).checked_div(all).unwrap_or(0);
        format!(
            "{:<28} {passed:>5} of {all:>5} {:<6} {:>3}.{} %",
            self.name,
            self.unit,
            tenths / 10,
            tenths % 10
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Suite;

    #[test]
    fn a_rate_is_never_rounded_up() {
        let mut suite = Suite::new("s", "cases");
        for n in 0..2000 {
            let outcome = if n == 0 { Err("no".into()) } else { Ok(()) };
            suite.add(n.to_string(), outcome);
        }
        assert!(suite.line().ends_with("99.9 %"), "{}", suite.line());
    }
}
