//! What a use case answers when it does not do what it was asked.

use crate::{view::Finding, words::Language};
use model::Problem;
use store::Failure;

/// Why a use case did nothing. Nothing is half done behind any of these.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("nobody is logged in")]
    NotLoggedIn,
    /// The caller may see the thing but not do this: `why` is the end of the sentence, which
    /// names the grant that is missing by its right and what that is on (`with`).
    #[error("forbidden: {code}")]
    Forbidden {
        code: &'static str,
        why: Option<&'static str>,
        with: Vec<String>,
    },
    /// There is no such thing, or the caller may not know that there is.
    #[error("not found")]
    NotFound,
    /// Somebody changed it meanwhile; it is at this version now.
    #[error("changed meanwhile, now at version {version}")]
    Stale { version: u64 },
    /// The task was done by somebody, or is no more.
    #[error("already done")]
    AlreadyDone,
    /// What was filled in does not hold.
    #[error("{} findings", .0.len())]
    Invalid(Vec<Finding>),
    /// The business says no. `code` has a sentence in `words`; `say`, where given, is the
    /// package's own sentence, by language.
    #[error("refused: {code}")]
    Refused {
        code: String,
        with: Vec<String>,
        say: Option<Vec<(Language, String)>>,
    },
    /// The question is not well put; `at` names the place.
    #[error("{at}: {code}")]
    BadRequest {
        code: String,
        at: String,
        with: Vec<String>,
    },
    /// A package that is not right.
    #[error("{} problems", .0.len())]
    Problems(Vec<Problem>),
    /// The idempotency key was used for another command.
    #[error("the key was used for something else")]
    KeyReused,
    #[error("too many tries, again in {retry_after} s")]
    TooMany { retry_after: u32 },
    #[error("busy, again in {retry_after} s")]
    Busy { retry_after: u32 },
    /// The connection broke while it was being kept: it is done or it is not. The same key tells.
    #[error("kept or not, again in {retry_after} s: {cause}")]
    Unknown { retry_after: u32, cause: String },
    #[error("the disk is full")]
    Full,
    /// The world broke; the cause is for the log.
    #[error("{0}")]
    Failure(Failure),
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NotFound => Self::NotFound,
            // Said as what does not exist is said elsewhere: a hidden field gives no other answer.
            Failure::Bad { code, at } => Self::BadRequest {
                code: code.into(),
                with: vec![at.clone()],
                at,
            },
            Failure::Busy(_) => Self::Busy { retry_after: 1 },
            Failure::Unknown(cause) => Self::Unknown {
                retry_after: 1,
                cause,
            },
            Failure::Full => Self::Full,
            other => Self::Failure(other),
        }
    }
}

impl From<kernel::Fault> for Error {
    fn from(fault: kernel::Fault) -> Self {
        Self::Refused {
            code: fault.code,
            with: fault.with,
            say: None,
        }
    }
}

impl From<kernel::workflow::Refusal> for Error {
    fn from(no: kernel::workflow::Refusal) -> Self {
        let with = no.with.into_iter().map(|(_, value)| value).collect();
        Self::Refused {
            code: no.code.into(),
            with,
            say: None,
        }
    }
}

impl Error {
    /// A refusal without parameters.
    pub fn refused(code: &str) -> Self {
        Self::Refused {
            code: code.into(),
            with: vec![],
            say: None,
        }
    }
    /// A question that is not well put.
    pub fn bad(code: &str, at: impl Into<String>) -> Self {
        Self::BadRequest {
            code: code.into(),
            at: at.into(),
            with: vec![],
        }
    }
    /// The stable code: for programs, and the key of the sentence.
    pub fn code(&self) -> &str {
        match self {
            Self::NotLoggedIn => "not_logged_in",
            Self::Forbidden { code, .. } => code,
            Self::NotFound => "not_found",
            Self::Stale { .. } => "stale_version",
            Self::AlreadyDone => "already_done",
            Self::Invalid(_) => "invalid",
            Self::Refused { code, .. } | Self::BadRequest { code, .. } => code,
            Self::Problems(_) => "problems",
            Self::KeyReused => "key_reused",
            Self::TooMany { .. } => "too_many",
            Self::Busy { .. } => "busy",
            Self::Unknown { .. } => "unknown",
            Self::Full => "disk_full",
            Self::Failure(_) => "failure",
        }
    }
    /// The sentence for a person.
    pub fn say(&self, language: Language) -> String {
        match self {
            Self::Refused { say: Some(say), .. } => {
                let own = say.iter().find(|(l, _)| *l == language);
                own.map(|(_, s)| s.clone()).unwrap_or_default()
            }
            Self::Refused { code, with, .. } | Self::BadRequest { code, with, .. } => {
                language.say(code, with)
            }
            Self::Forbidden { code, why, with } => {
                let why = why.map(|why| language.say(why, with));
                format!("{}{}", language.say(code, with), why.unwrap_or_default())
            }
            Self::Stale { version } => language.say("stale_version", &[version.to_string()]),
            Self::TooMany { retry_after } | Self::Busy { retry_after } => {
                language.say(self.code(), &[retry_after.to_string()])
            }
            Self::Problems(list) => language.say("problems", &[list.len().to_string()]),
            _ => language.say(self.code(), &[]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_of_which_nobody_knows_is_no_failure() {
        // A command is done, not done, or nobody knows yet (6.1 rule 4).
        let error = Error::from(Failure::Unknown("the connection broke".into()));
        assert_eq!(error.code(), "unknown");
        for language in Language::ALL {
            assert_ne!(error.say(language), "unknown");
        }
    }
}
