//! `formwork user`.

use super::{Outcome, Trouble, print_json, print_line, site::Place};
use clap::{Args, Subcommand};
use model::Ref;
use runtime::{NewUser, Site, words::Language};
use serde_json::json;
use std::io;

#[derive(Args)]
pub struct User {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Add somebody who may log in
    Add(Add),
    /// List all users
    List(List),
    /// Give a user a new password; all his sessions end
    Password(Password),
    /// Keep a user out from now on; all his sessions end
    Disable(Disable),
    /// Let a user in again
    Enable(Disable),
}

#[derive(Args)]
struct Add {
    /// The name he logs in with
    login: String,
    /// The name others see; left out: the title of the person
    #[arg(long)]
    name: Option<String>,
    /// Key of the person behind the user
    #[arg(long, value_name = "KEY")]
    person: Option<String>,
    /// A role he holds: package/role, or package/role@key for one held within a record
    #[arg(long = "role", value_name = "ROLE", value_parser = role)]
    roles: Vec<Held>,
    /// The language he is spoken to in: zh-CN, zh-TW, en
    #[arg(long, value_name = "LANGUAGE", default_value = "zh-CN", value_parser = language)]
    language: Language,
    #[command(flatten)]
    secret: Secret,
    #[command(flatten)]
    place: Place,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct List {
    #[command(flatten)]
    place: Place,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct Password {
    /// Whose password
    login: String,
    #[command(flatten)]
    secret: Secret,
    #[command(flatten)]
    place: Place,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct Disable {
    /// Whom
    login: String,
    #[command(flatten)]
    place: Place,
}

/// Where a password comes from. Never from the command line, which other users of the machine can
/// read.
#[derive(Args)]
struct Secret {
    /// Read the password from the first line of standard input; left out: one is made up and
    /// printed once
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Clone)]
struct Held(Ref, Option<String>);

fn role(text: &str) -> Result<Held, String> {
    let (role, within) = match text.split_once('@') {
        Some((role, key)) => (role, Some(key.to_string())),
        None => (text, None),
    };
    Ok(Held(
        role.parse()
            .map_err(|e: model::name::BadName| e.to_string())?,
        within,
    ))
}

fn language(text: &str) -> Result<Language, String> {
    text.parse().map_err(|()| "zh-CN, zh-TW or en".to_string())
}

/// A password, and whether it was made up here.
struct Given {
    text: String,
    made: bool,
}

impl Secret {
    fn get(&self) -> Result<Given, Trouble> {
        if self.password_stdin {
            let mut line = String::new();
            io::stdin().read_line(&mut line)?;
            let text = line.trim_end_matches(['\r', '\n']).to_string();
            if text.is_empty() {
                return Err(Trouble::Usage("standard input holds no password".into()));
            }
            return Ok(Given { text, made: false });
        }
        // 20 of 32 letters are 100 bits; without those that look alike, so that it can be read out.
        const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
        let mut bits = [0u8; 20];
        getrandom::fill(&mut bits).map_err(|e| Trouble::Failed(e.to_string()))?;
        let letters = bits
            .iter()
            .map(|b| char::from(LETTERS[usize::from(b % 32)]));
        Ok(Given {
            text: letters.collect(),
            made: true,
        })
    }
}

impl User {
    pub async fn run(self) -> Outcome {
        match self.verb {
            Verb::Add(verb) => verb.run().await,
            Verb::List(verb) => verb.run().await,
            Verb::Password(verb) => verb.run().await,
            Verb::Disable(verb) => verb.set(false).await,
            Verb::Enable(verb) => verb.set(true).await,
        }
    }
}

impl Add {
    async fn run(self) -> Outcome {
        let secret = self.secret.get()?;
        let new = NewUser {
            login: self.login.clone(),
            name: self.name,
            password: Some(secret.text.clone()),
            person: self.person,
            roles: self
                .roles
                .into_iter()
                .map(|Held(role, within)| (role, within))
                .collect(),
            language: self.language,
        };
        let site = self.place.open_existing().await?;
        let added = site.add_user(new).await;
        site.close().await;
        let id = added?;
        if self.json {
            let password = secret.made.then_some(&secret.text);
            return print_json(&json!({ "id": id, "login": self.login, "password": password }));
        }
        print_line(&format!("{} may log in now", self.login))?;
        told(&secret)
    }
}

impl List {
    async fn run(self) -> Outcome {
        let site = self.place.open_existing().await?;
        let users = site.users().await;
        site.close().await;
        let users = users?;
        if self.json {
            return print_json(&users);
        }
        for user in &users {
            let marks = match (user.active, user.admin) {
                (false, _) => "disabled",
                (true, true) => "admin",
                (true, false) => "",
            };
            print_line(&format!(
                "{:20} {:20} {:6} {marks}",
                user.login, user.name, user.language
            ))?;
        }
        Ok(())
    }
}

impl Password {
    async fn run(self) -> Outcome {
        let secret = self.secret.get()?;
        let site = self.place.open_existing().await?;
        let done = change(&site, &self.login, &secret.text).await;
        site.close().await;
        done?;
        if self.json {
            let password = secret.made.then_some(&secret.text);
            return print_json(&json!({ "login": self.login, "password": password }));
        }
        print_line(&format!("{} has a new password", self.login))?;
        told(&secret)
    }
}

async fn change(site: &Site, login: &str, password: &str) -> Outcome {
    let user = site.user_named(login).await?;
    Ok(site.change_password(user.id, None, password).await?)
}

impl Disable {
    async fn set(self, active: bool) -> Outcome {
        let site = self.place.open_existing().await?;
        let done = site.set_active(&self.login, active).await;
        site.close().await;
        done?;
        let how = if active {
            "may log in again"
        } else {
            "can no longer log in"
        };
        print_line(&format!("{} {how}", self.login))
    }
}

/// A password that was made up here is shown this once.
fn told(secret: &Given) -> Outcome {
    match secret.made {
        true => print_line(&format!("password: {}", secret.text)),
        false => Ok(()),
    }
}
