//! Guessing passwords, on both databases.

use crate::house::{BOTH, On, site};
use chrono::TimeDelta;
use runtime::{Clock, Error, NewUser, Site, words::Language};
use std::net::IpAddr;

const RIGHT: &str = "right horse battery";

struct Door {
    site: Site,
    clock: Clock,
    _dir: tempfile::TempDir,
}

impl Door {
    async fn new(on: On) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::fixed("2026-03-02".parse().unwrap(), 9);
        let site = site(dir.path(), on).await.at(clock.clone());
        for login in ["lin", "mei"] {
            let new = NewUser {
                login: login.into(),
                name: None,
                password: Some(RIGHT.into()),
                person: None,
                roles: vec![],
                language: Language::En,
            };
            site.add_user(new).await.unwrap();
        }
        Self {
            site,
            clock,
            _dir: dir,
        }
    }
    async fn tried(&self, login: &str, secret: &str, from: &str) -> &'static str {
        let from: IpAddr = from.parse().unwrap();
        match self.site.log_in(login, secret, Some(from)).await {
            Ok(_) => "in",
            Err(Error::TooMany { .. }) => "wait",
            Err(Error::Refused { code, .. }) if code == "wrong_login" => "wrong",
            Err(other) => panic!("{other:?}"),
        }
    }
    fn later(&self, seconds: i64) {
        self.clock
            .move_to(self.clock.now() + TimeDelta::seconds(seconds));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_guesses_waits_and_the_rightful_does_not() {
    for on in BOTH {
        let door = Door::new(on).await;
        for _ in 0..10 {
            assert_eq!(door.tried("lin", "guess", "10.0.0.1").await, "wrong");
        }
        // The delay runs from the last failure, and refused tries do not draw it out.
        for _ in 0..2 {
            assert_eq!(door.tried("lin", RIGHT, "10.0.0.1").await, "wait");
            door.later(1);
        }
        assert_eq!(door.tried("lin", "guess", "10.0.0.1").await, "wrong");
        assert_eq!(door.tried("lin", RIGHT, "10.0.0.1").await, "wait");
        // Elsewhere, and for others, nothing has changed.
        assert_eq!(door.tried("lin", RIGHT, "10.0.0.2").await, "in");
        assert_eq!(door.tried("mei", RIGHT, "10.0.0.1").await, "in");
        door.later(5);
        assert_eq!(door.tried("lin", RIGHT, "10.0.0.1").await, "in");
        // What was right counts for nothing.
        for _ in 0..20 {
            assert_eq!(door.tried("lin", RIGHT, "10.0.0.1").await, "in");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_is_counted_while_it_is_on_its_way() {
    for on in BOTH {
        let door = Door::new(on).await;
        let tries = (0..40).map(|_| door.tried("lin", "guess", "10.0.0.1"));
        let told = futures::future::join_all(tries).await;
        let hashed = told.iter().filter(|t| **t == "wrong").count();
        assert_eq!(hashed, 10, "{on:?} {told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_does_not_lock_an_office() {
    for on in BOTH {
        let door = Door::new(on).await;
        assert_eq!(door.tried("mei", RIGHT, "10.0.0.1").await, "in");
        // One guess at each of many accounts, from the address of everybody.
        let mut told = vec![];
        for n in 0..101 {
            told.push(door.tried(&format!("user{n}"), "guess", "10.0.0.1").await);
        }
        assert_eq!(told[..100], ["wrong"; 100]);
        assert_eq!(told[100], "wait");
        // Who has logged in from here before is let in; who has not waits some seconds.
        assert_eq!(door.tried("mei", RIGHT, "10.0.0.1").await, "in");
        assert_eq!(door.tried("lin", RIGHT, "10.0.0.1").await, "wait");
        door.later(5);
        assert_eq!(door.tried("lin", RIGHT, "10.0.0.1").await, "in");
    }
}
