//! The house tests itself: what a review would forget, each as one test over the files of the
//! repository. A test that fails says where, what, and what to do.

mod files;
mod front;
mod packages;
mod purity;
mod rooms;
mod sources;
mod words;

/// Fails with every finding at once, so one run shows all there is to mend.
fn none(findings: Vec<String>, rule: &str) {
    assert!(
        findings.is_empty(),
        "{rule}\n{} findings:\n  {}",
        findings.len(),
        findings.join("\n  ")
    );
}
