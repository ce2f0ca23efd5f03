//! `test`: everything that must hold, in one go, ending with one line of counts.
//!
//! A step that fails does not stop the next one: whoever reads the output sees all that is wrong.

use crate::{
    licences,
    needs::{self, Found},
    openapi,
    postgres::{Cluster, Durable},
    report::{self, Report},
    tools::{self, House},
    web,
};
use std::process::Command;

pub const HELP: &str = "\
cargo xtask test [FILTER…]
cargo xtask ci   [FILTER…]

Everything: formatting, licences, the web app (types, its tests, build), lints, the build,
every Rust test (on SQLite and on a PostgreSQL started for it; in a browser), and whether
schemas/openapi.json is what the server says. Ends with `N passed, N failed`.

Missing programs (PostgreSQL, Chromium, a CJK font) are installed on a Debian where this runs
as root; elsewhere the line to run is said.

  FILTER   run only the Rust tests whose name contains one of these words
";

pub fn run(house: &House, words: &[String]) -> Result<bool, String> {
    if let Some(flag) = words.iter().find(|word| word.starts_with('-')) {
        return Err(format!("`{flag}` is not understood\n\n{HELP}"));
    }
    let mut report = Report::new();
    let mut found = None;
    report.check("needs", || {
        found = Some(needs::all()?);
        web::folder(house).map_or(Ok(true), |_| web::npm().map(|_| true))
    });
    if let Some(found) = found {
        if words.is_empty() {
            everything(house, &mut report, &found);
        } else {
            some(house, &mut report, &found, words);
        }
    }
    Ok(report.close())
}

fn everything(house: &House, report: &mut Report, found: &Found) {
    report.check("format", || {
        tools::run(house.cargo().args(["fmt", "--all", "--check"]))
    });
    report.check("licences", || licences::hold(house));
    web_app(house, report, true);
    report.check("lints", || {
        web::make_dist_folder(house)?;
        tools::run(house.cargo().args([
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "--deny",
            "warnings",
        ]))
    });
    if report.check("build", || house.build(false)) {
        rust(house, report, found, &[]);
        report.check("openapi", || openapi::is_current(house));
    }
}

fn some(house: &House, report: &mut Report, found: &Found, filters: &[String]) {
    // The browser drives the built app, so it has to be built here too.
    web_app(house, report, false);
    if report.check("build", || house.build(false)) {
        rust(house, report, found, filters);
    }
}

fn web_app(house: &House, report: &mut Report, with_tests: bool) {
    let Some(folder) = web::folder(house) else {
        return;
    };
    if !report.check("web: install", || web::install(&folder)) {
        return;
    }
    report.check("web: types and build", || web::build(&folder));
    if with_tests {
        match web::command(&folder) {
            Ok(mut npm) => {
                npm.args(["run", "test"]);
                report.tests("web: tests", &mut npm, report::of_vitest);
            }
            Err(why) => {
                report.check("web: tests", || Err(why));
            }
        }
    }
}

/// The Rust tests, with a PostgreSQL beneath that lives as long as they run.
fn rust(house: &House, report: &mut Report, found: &Found, filters: &[String]) {
    let mut cluster = None;
    let started = report.check("postgres", || {
        cluster = Some(Cluster::start(&found.postgres, Durable::No)?);
        Ok(true)
    });
    let Some(cluster) = cluster.filter(|_| started) else {
        return;
    };
    let mut tests = house.cargo();
    let nextest = tools::find("cargo-nextest").is_some();
    let counts = if nextest {
        tests.args(["nextest", "run", "--workspace", "--no-fail-fast"]);
        tests.args(filters);
        report::of_nextest
    } else {
        tests.args(["test", "--workspace", "--no-fail-fast", "--"]);
        tests.args(filters);
        report::of_cargo_test
    };
    environment(house, found, &cluster, &mut tests);
    report.tests("tests", &mut tests, counts);
}

/// What a test may ask its environment for.
fn environment(house: &House, found: &Found, cluster: &Cluster, tests: &mut Command) {
    tests
        .env("FORMWORK_TEST_PG", cluster.url())
        .env("FORMWORK_BIN", house.formwork(false))
        .env("FORMWORK_CHROMIUM", &found.chromium)
        .env("FORMWORK_DESIGNER_DIST", web::dist(house))
        // A snapshot that differs is a failure here, never a new file.
        .env("INSTA_UPDATE", "no");
}
