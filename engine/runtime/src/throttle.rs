//! The throttle of logins: who guesses waits longer and longer; nobody can lock out others.
//!
//! A try is noted before the password is looked at, and taken back when it was right, so that
//! tries at the same moment count each other. It waits for the longest of three delays, counted
//! from the last failure:
//!
//! - of this account from this address, growing;
//! - of this account from anywhere, and of this address for any account: small, and only for a
//!   pair of account and address that has not logged in lately. So neither a stranger who guesses
//!   at an account nor a colleague who guesses from the same office keeps anybody out.

use crate::{Error, Site};
use chrono::{DateTime, TimeDelta, Utc};
use model::Id;
use std::net::IpAddr;
use store::Tx;

/// Failures count for so long.
const WINDOW: TimeDelta = TimeDelta::minutes(15);
/// How long a pair of account and address that has logged in is known.
pub(crate) const KNOWN: TimeDelta = TimeDelta::days(30);
/// Tries of an account from an address before the delay begins.
const FREE_PAIR: u64 = 10;
/// Tries of an account from all addresses before the delay begins.
const FREE_ACCOUNT: u64 = 50;
/// Tries from an address for all accounts before the delay begins.
const FREE_ADDRESS: u64 = 100;
/// The longest delay of a pair, in seconds.
const DELAY_PAIR: u32 = 120;
/// The delay of an account or an address, in seconds.
const DELAY_WIDE: u32 = 5;
/// Most characters of a login that are told apart.
const LOGIN_SHOWN: usize = 100;

/// A try that was let through.
pub(crate) struct Try {
    id: Id,
    keys: Keys,
}

#[derive(Clone)]
struct Keys {
    pair: String,
    account: String,
    address: String,
    known: String,
}

impl Keys {
    fn of(login: &str, address: Option<IpAddr>) -> Self {
        let login: String = login.chars().take(LOGIN_SHOWN).collect();
        let address = address.map_or("here".into(), network);
        Self {
            pair: format!("pair {address} {login}"),
            account: format!("account {login}"),
            address: format!("address {address}"),
            known: format!("{} {address} {login}", store::KNOWN_LOGIN),
        }
    }
}

/// What stands for an address: of IPv6 the network of one house.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::")
        }
    }
}

/// The delay after so many failures of a pair.
fn growing(failures: u64) -> u32 {
    let over = failures.saturating_sub(FREE_PAIR - 1);
    match u32::try_from(over) {
        Ok(0) => 0,
        Ok(over) => 2u32.saturating_pow(over).min(DELAY_PAIR),
        Err(_) => DELAY_PAIR,
    }
}

fn wide(failures: u64, free: u64) -> u32 {
    if failures < free { 0 } else { DELAY_WIDE }
}

/// How many seconds are left of a delay since the last failure.
fn left(delay: u32, last: Option<DateTime<Utc>>, now: DateTime<Utc>) -> u32 {
    let Some(last) = last.filter(|_| delay > 0) else {
        return 0;
    };
    let left = last + TimeDelta::seconds(delay.into()) - now;
    // A part of a second counts as one: whoever comes back then is let through.
    u32::try_from(
        left.num_milliseconds()
            .max(0)
            .cast_unsigned()
            .div_ceil(1_000),
    )
    .unwrap_or(delay)
}

async fn wait(tx: &mut Tx, keys: &Keys, now: DateTime<Utc>) -> Result<u32, Error> {
    let since = now - WINDOW;
    let (count, last) = tx.attempts(&keys.pair, since).await?;
    let mut wait = left(growing(count), last, now);
    if tx.attempts(&keys.known, now - KNOWN).await?.0 == 0 {
        for (key, free) in [(&keys.account, FREE_ACCOUNT), (&keys.address, FREE_ADDRESS)] {
            let (count, last) = tx.attempts(key, since).await?;
            wait = wait.max(left(wide(count, free), last, now));
        }
    }
    Ok(wait)
}

impl Site {
    /// Lets a login be tried, or says how long to wait.
    pub(crate) async fn may_try(&self, login: &str, address: Option<IpAddr>) -> Result<Try, Error> {
        let (now, id, keys) = (self.clock.now(), self.clock.id(), Keys::of(login, address));
        let noted = keys.clone();
        self.inner
            .store
            .write(move |tx| {
                let keys = noted.clone();
                Box::pin(async move {
                    // Always in this order, so that two tries never wait for each other.
                    for key in [&keys.account, &keys.address] {
                        tx.lock_attempts(key).await?;
                    }
                    let retry_after = wait(tx, &keys, now).await?;
                    if retry_after > 0 {
                        return Err(Error::TooMany { retry_after });
                    }
                    for key in [&keys.pair, &keys.account, &keys.address] {
                        tx.add_attempt(id, key, now).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        Ok(Try { id, keys })
    }
}

/// The password was right: the try is taken back, the failures before it are forgotten, and the
/// pair is known from now on.
pub(crate) async fn succeeded(tx: &mut Tx, tried: &Try, now: DateTime<Utc>) -> Result<(), Error> {
    let keys = &tried.keys;
    tx.take_back_attempt(tried.id, &[&keys.account, &keys.address])
        .await?;
    tx.clear_attempts(&keys.pair).await?;
    tx.clear_attempts(&keys.known).await?;
    tx.add_attempt(tried.id, &keys.known, now).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_grows_and_never_becomes_a_lock() {
        let delays: Vec<u32> = [0, 9, 10, 11, 12, 20, 1_000_000].map(growing).to_vec();
        assert_eq!(delays, [0, 0, 2, 4, 8, 120, 120]);
        assert_eq!(growing(u64::MAX), DELAY_PAIR);
    }

    #[test]
    fn it_runs_from_the_last_failure() {
        let now: DateTime<Utc> = "2026-03-02T01:00:00Z".parse().unwrap();
        let ago = |millis| Some(now - TimeDelta::milliseconds(millis));
        assert_eq!(left(4, ago(0), now), 4);
        assert_eq!(left(4, ago(3_500), now), 1);
        assert_eq!(left(4, ago(4_000), now), 0);
        assert_eq!(left(0, ago(0), now), 0);
        assert_eq!(left(4, None, now), 0);
    }

    #[test]
    fn a_house_of_ipv6_is_one_address() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), of("2001:db8:1:2::1"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:10.0.0.7"), of("10.0.0.7"));
    }
}
