//! What passed and what failed, counted over every step, and the one closing line.

use crate::tools;
use std::{process::Command, time::Instant};

/// Tests and checks counted so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub passed: u64,
    pub failed: u64,
}

/// The steps of a run, each with its count and its time.
pub struct Report {
    steps: Vec<(String, Count, u64)>,
}

impl Report {
    pub fn new() -> Self {
        Self { steps: vec![] }
    }

    /// A step that is one check. An error counts as a failure and is shown, so the steps after it
    /// still run and one go shows everything that is wrong.
    pub fn check(&mut self, name: &str, act: impl FnOnce() -> Result<bool, String>) -> bool {
        let start = begin(name);
        let ok = act().unwrap_or_else(|why| {
            eprintln!("{name}: {why}");
            false
        });
        let count = Count {
            passed: ok.into(),
            failed: (!ok).into(),
        };
        self.end(name, count, start);
        ok
    }

    /// A step that runs tests and counts them by reading the lines it prints.
    pub fn tests(
        &mut self,
        name: &str,
        command: &mut Command,
        counts: fn(&str) -> Option<Count>,
    ) -> bool {
        let start = begin(name);
        let mut count = Count::default();
        let ok = tools::watch(command, |line| {
            if let Some(more) = counts(line) {
                count.passed += more.passed;
                count.failed += more.failed;
            }
        });
        let ok = ok.unwrap_or_else(|why| {
            eprintln!("{name}: {why}");
            false
        });
        // What could not be compiled or loaded is not among the runner's own failures.
        if !ok && count.failed == 0 {
            count.failed = 1;
        }
        self.end(name, count, start);
        ok && count.failed == 0
    }

    fn end(&mut self, name: &str, count: Count, start: Instant) {
        self.steps
            .push((name.to_owned(), count, start.elapsed().as_secs()));
    }

    /// Prints a line a step and the closing line. True: nothing failed, and something was run.
    pub fn close(&self) -> bool {
        eprintln!();
        let mut sum = Count::default();
        for (name, count, seconds) in &self.steps {
            sum.passed += count.passed;
            sum.failed += count.failed;
            let mark = if count.failed == 0 { "ok" } else { "FAILED" };
            eprintln!(
                "{name:<24} {mark:<6} {:>6} passed {:>4} failed {seconds:>5} s",
                count.passed, count.failed
            );
        }
        println!("{} passed, {} failed", sum.passed, sum.failed);
        sum.failed == 0 && sum.passed > 0
    }
}

fn begin(name: &str) -> Instant {
    eprintln!("\n── {name}");
    Instant::now()
}

/// `Summary [ 1.2s] 12 tests run: 10 passed (1 slow), 1 failed, 1 timed out, 3 skipped`.
pub fn of_nextest(line: &str) -> Option<Count> {
    let (_, said) = line
        .trim_start()
        .strip_prefix("Summary [")?
        .split_once(']')?;
    let (_, said) = said.split_once("run:")?;
    Some(sum(&outside_brackets(said), ','))
}

/// `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s`.
pub fn of_cargo_test(line: &str) -> Option<Count> {
    let (_, said) = line.strip_prefix("test result: ")?.split_once(". ")?;
    Some(sum(said, ';'))
}

/// `     Tests  1 failed | 11 passed | 2 skipped (14)`.
pub fn of_vitest(line: &str) -> Option<Count> {
    let said = line.trim_start().strip_prefix("Tests  ")?;
    Some(sum(&outside_brackets(said), '|'))
}

fn sum(said: &str, between: char) -> Count {
    let mut count = Count::default();
    for part in said.split(between) {
        let Some((number, word)) = part.trim().split_once(' ') else {
            continue;
        };
        let Ok(number) = number.parse::<u64>() else {
            continue;
        };
        match word.trim() {
            "passed" => count.passed += number,
            "failed" | "timed out" | "exec failed" => count.failed += number,
            _ => {}
        }
    }
    count
}

fn outside_brackets(said: &str) -> String {
    let mut depth = 0_u32;
    let keep = |c: &char| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => return depth == 0,
        }
        false
    };
    said.chars().filter(keep).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn of(passed: u64, failed: u64) -> Option<Count> {
        Some(Count { passed, failed })
    }

    #[test]
    fn nextest_is_counted() {
        for (line, count) in [
            (
                "     Summary [   0.012s] 12 tests run: 12 passed, 0 skipped",
                of(12, 0),
            ),
            (
                "     Summary [   0.1s] 1 test run: 1 passed, 0 skipped",
                of(1, 0),
            ),
            (
                "Summary [ 9.1s] 12 tests run: 9 passed (1 slow, 2 leaky), 1 failed, 1 timed out, 1 exec failed, 3 skipped",
                of(9, 3),
            ),
            ("        PASS [   0.005s] xtask a", None),
        ] {
            assert_eq!(of_nextest(line), count, "{line}");
        }
    }

    #[test]
    fn cargo_test_is_counted() {
        let line = "test result: FAILED. 3 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s";
        assert_eq!(of_cargo_test(line), of(3, 2));
        assert_eq!(of_cargo_test("test a ... ok"), None);
    }

    #[test]
    fn vitest_is_counted() {
        assert_eq!(of_vitest("      Tests  11 passed (11)"), of(11, 0));
        assert_eq!(
            of_vitest("      Tests  1 failed | 11 passed | 2 skipped (14)"),
            of(11, 1)
        );
        assert_eq!(of_vitest(" Test Files  1 passed (1)"), None);
    }
}
