//! Passwords: argon2id, a slot a core, and tokens that are stored as their hash only.

use argon2::{
    Argon2, Params,
    password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString},
};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;
use tokio::sync::Semaphore;

/// argon2id with 19 MiB, two passes, one lane: the least that page 6 (6.4.5) allows.
fn hasher() -> Argon2<'static> {
    // The numbers are constants within the library's bounds.
    let params = Params::new(19 * 1024, 2, 1, None).expect("constant parameters");
    Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params)
}

/// Hashing takes a core for tens of milliseconds; more at once only slow everybody.
static SLOTS: LazyLock<Semaphore> = LazyLock::new(|| {
    Semaphore::new(std::thread::available_parallelism().map_or(1, |n| n.get().div_ceil(2)))
});

/// Shortest password a person may choose.
pub const LENGTH_MIN: usize = 8;
/// Longest password that is hashed at all.
pub const LENGTH_MAX: usize = 200;

/// The hash to store for a password.
pub async fn hash(password: &str) -> String {
    let password = password.to_owned();
    on_a_slot(move || {
        let mut salt = [0u8; 16];
        getrandom::fill(&mut salt).expect("the machine's random source");
        let salt = SaltString::encode_b64(&salt).expect("sixteen bytes are a salt");
        hasher()
            .hash_password(password.as_bytes(), &salt)
            .expect("constant parameters and a good salt")
            .to_string()
    })
    .await
}

/// Whether `password` gives `hash`. Without a hash (no such user) as much work is done, so that
/// both look alike from outside.
pub async fn verify(password: &str, hash: Option<String>) -> bool {
    static NOBODY: LazyLock<String> = LazyLock::new(|| {
        let salt = SaltString::encode_b64(b"nobody has this!").expect("sixteen bytes are a salt");
        hasher()
            .hash_password(b"", &salt)
            .expect("constant parameters")
            .to_string()
    });
    if password.len() > LENGTH_MAX {
        return false;
    }
    let password = password.to_owned();
    on_a_slot(move || {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.clone());
        let right = PasswordHash::new(&hash)
            .is_ok_and(|h| hasher().verify_password(password.as_bytes(), &h).is_ok());
        right && known
    })
    .await
}

async fn on_a_slot<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let _slot = SLOTS.acquire().await.expect("the slots are never closed");
    tokio::task::spawn_blocking(work)
        .await
        .expect("hashing does not panic")
}

/// A new secret of 256 bits, as text for a cookie or a header.
pub fn secret() -> String {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).expect("the machine's random source");
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// What is stored of a secret.
pub fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    #[tokio::test]
    async fn a_password_is_recognised_and_another_is_not() {
        let hash = super::hash("correct horse").await;
        assert!(super::verify("correct horse", Some(hash.clone())).await);
        assert!(!super::verify("battery staple", Some(hash)).await);
        assert!(!super::verify("", None).await);
    }
}
