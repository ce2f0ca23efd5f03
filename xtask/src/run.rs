//! `run`: from a clone to a running server.

use crate::{tools::House, web};

pub const HELP: &str = "\
cargo xtask run [--release] [-- WORDS…]

Builds the web app (where Node.js is) and the server, and starts
`formwork serve --demo` in this folder: data in ./data, address 127.0.0.1:8080.
A second run builds only what changed. Ctrl-C stops the server.

  --release   build with optimisation (slower to build, faster to run)
  -- WORDS    further words for `formwork serve`, for example
              -- --listen 127.0.0.1:9000 --data /elsewhere
";

pub fn run(house: &House, words: &[String]) -> Result<bool, String> {
    let mut parts = words.splitn(2, |word| word == "--");
    let (own, more) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    let mut release = false;
    for word in own {
        match word.as_str() {
            "--release" => release = true,
            other => return Err(format!("`{other}` is not understood\n\n{HELP}")),
        }
    }
    if !web_app(house)? {
        return Err("the web app could not be built".into());
    }
    if !house.build(release)? {
        return Err("the server could not be built".into());
    }
    let address = address(more);
    eprintln!("\n  Formwork: http://{address}\n");
    let mut serve = house.command(house.formwork(release));
    serve.args(["serve", "--demo"]).args(more);
    become_it(serve)
}

/// The server is useful without the web app, and says itself that there is none.
fn web_app(house: &House) -> Result<bool, String> {
    let Some(folder) = web::folder(house) else {
        return Ok(true);
    };
    if web::npm().is_err() {
        eprintln!(
            "no Node.js with npm here: the server starts without the web app.\nTo have it, {}",
            web::BY_HAND
        );
        return Ok(true);
    }
    Ok(web::install(&folder)? && web::build(&folder)?)
}

/// The address it will listen on: the last one said, else the server's own default.
fn address(words: &[String]) -> String {
    let mut address = "127.0.0.1:8080".to_owned();
    for (n, word) in words.iter().enumerate() {
        if let Some(said) = word.strip_prefix("--listen=") {
            address = said.to_owned();
        } else if word == "--listen"
            && let Some(said) = words.get(n + 1)
        {
            address.clone_from(said);
        }
    }
    address
}

/// This process becomes the server, so a signal reaches it without anything in between.
#[cfg(unix)]
fn become_it(mut serve: std::process::Command) -> Result<bool, String> {
    use std::os::unix::process::CommandExt;
    let why = serve.exec();
    Err(format!("cannot start the server: {why}"))
}

#[cfg(not(unix))]
fn become_it(mut serve: std::process::Command) -> Result<bool, String> {
    crate::tools::run(&mut serve)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_said_last_is_printed() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(address(&[]), "127.0.0.1:8080");
        assert_eq!(
            address(&words("--listen 127.0.0.1:9000 --data x")),
            "127.0.0.1:9000"
        );
        assert_eq!(address(&words("--listen=127.0.0.1:9001")), "127.0.0.1:9001");
    }
}
