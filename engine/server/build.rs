//! The web app is embedded from a folder that another tool builds. Files that come or go there do
//! not change any Rust source, so cargo is told to look. A debug binary reads the folder while it
//! runs and needs no rebuild at all.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("PROFILE").as_deref() == Ok("release") {
        println!("cargo:rerun-if-changed=../../designer/dist");
        println!("cargo:rerun-if-changed=../../builtin-modules");
    }
}
