//! Counters of this process, in Prometheus' text.

use crate::Site;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What is counted.
#[derive(Default)]
pub(crate) struct Counters {
    pub commands: AtomicU64,
    pub replayed: AtomicU64,
    pub refused: AtomicU64,
    pub stale: AtomicU64,
    pub jobs: AtomicU64,
    pub job_failures: AtomicU64,
}

impl Counters {
    pub fn one(&self, which: &AtomicU64) {
        which.fetch_add(1, Relaxed);
    }
}

impl Site {
    /// The counters, one a line with its help.
    pub fn metrics(&self) -> String {
        let c = &self.inner.counters;
        let rows = [
            (
                "formwork_commands_total",
                "Commands that were done",
                &c.commands,
            ),
            (
                "formwork_replayed_total",
                "Commands that had been done before",
                &c.replayed,
            ),
            (
                "formwork_refused_total",
                "Commands that were refused",
                &c.refused,
            ),
            (
                "formwork_stale_total",
                "Commands that met a newer version",
                &c.stale,
            ),
            ("formwork_jobs_total", "Jobs that were done", &c.jobs),
            (
                "formwork_job_failures_total",
                "Jobs that failed once",
                &c.job_failures,
            ),
        ];
        let mut out = String::new();
        for (name, help, value) in rows {
            out.push_str(&format!(
                "# HELP {name} {help}.\n# TYPE {name} counter\n{name} {}\n",
                value.load(Relaxed)
            ));
        }
        out
    }
}
