//! Rounds: one side, then the other, again and again; what is told is the ratio of each round.

use std::time::{Duration, Instant};

/// What one side did in one round.
#[derive(Clone, Copy, Debug)]
pub struct Done {
    pub units: u64,
    pub wall: Duration,
    pub cpu: Duration,
}

impl Done {
    /// Units a second.
    pub fn rate(&self) -> f64 {
        self.units as f64 / self.wall.as_secs_f64().max(1e-9)
    }
    /// CPU a unit, in microseconds.
    pub fn cpu_each(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.units.max(1) as f64
    }
}

/// Measures while something runs: `cpu` is asked before and after.
pub struct Meter<F: Fn() -> Duration> {
    began: Instant,
    before: Duration,
    cpu: F,
}
impl<F: Fn() -> Duration> Meter<F> {
    pub fn start(cpu: F) -> Self {
        Self {
            began: Instant::now(),
            before: cpu(),
            cpu,
        }
    }
    pub fn stop(self, units: u64) -> Done {
        Done {
            units,
            wall: self.began.elapsed(),
            cpu: (self.cpu)().saturating_sub(self.before),
        }
    }
}

/// What a scenario must reach.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    AtLeast(f64),
    AtMost(f64),
}
impl Target {
    fn reached(self, ratio: f64) -> bool {
        match self {
            Self::AtLeast(least) => ratio >= least,
            Self::AtMost(most) => ratio <= most,
        }
    }
    fn words(self) -> String {
        match self {
            Self::AtLeast(least) => format!("at least {least:.2}"),
            Self::AtMost(most) => format!("at most {most:.2}"),
        }
    }
}

/// The middle of some numbers.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        n if n % 2 == 1 => sorted[n / 2],
        n => (sorted[n / 2 - 1] + sorted[n / 2]) / 2.0,
    }
}

/// The line of a scenario: median ratio, range, target, and whatever else is worth knowing.
pub fn line(name: &str, ratios: &[f64], target: Target, context: &str) -> String {
    let middle = median(ratios);
    let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
    let most = ratios.iter().copied().fold(0.0, f64::max);
    let fate = if target.reached(middle) {
        "reached"
    } else {
        "missed"
    };
    format!(
        "{name:<28} {middle:.3} ({least:.3}–{most:.3}), target {}: {fate}; {context}",
        target.words()
    )
}

/// The line of rounds in which `raw` and `engine` did the same thing.
pub fn pair(name: &str, rounds: &[(Done, Done)], target: Target) -> String {
    let ratios: Vec<f64> = rounds.iter().map(|(r, e)| e.rate() / r.rate()).collect();
    let mid =
        |pick: &dyn Fn(&(Done, Done)) -> f64| median(&rounds.iter().map(pick).collect::<Vec<_>>());
    let context = format!(
        "raw {:.0}/s {:.0} µs CPU, engine {:.0}/s {:.0} µs CPU",
        mid(&|(r, _)| r.rate()),
        mid(&|(r, _)| r.cpu_each()),
        mid(&|(_, e)| e.rate()),
        mid(&|(_, e)| e.cpu_each()),
    );
    line(name, &ratios, target, &context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
    }

    #[test]
    fn a_line_says_whether_the_target_is_reached() {
        let reached = line("S", &[0.2, 0.4, 0.3], Target::AtLeast(0.3), "");
        assert!(reached.contains("0.300 (0.200–0.400)") && reached.contains(": reached"));
        let missed = line("S", &[1.4], Target::AtMost(1.3), "");
        assert!(missed.contains(": missed"), "{missed}");
    }
}
