//! The worker process itself.

use super::{Reply, Request, template};
use std::{
    io::{BufRead, Write},
    time::{Duration, Instant},
};

/// Address space of a worker (page 6, rule 12).
const MEMORY: u64 = 256 << 20;
/// Processor seconds a worker may use in its whole life; the pool replaces it well before.
const CPU_SECONDS: u64 = 30;
/// How long one script may run, by the wall clock; the parent kills at twice this.
const DEADLINE: Duration = Duration::from_millis(900);

/// Serves requests on standard input until it closes. Never returns to the caller's work: the
/// process does nothing else.
pub fn main() -> std::process::ExitCode {
    let limited = limit();
    let stdin = std::io::stdin().lock();
    let mut stdout = std::io::stdout().lock();
    for line in stdin.lines() {
        let Ok(line) = line else {
            return std::process::ExitCode::FAILURE;
        };
        let reply = match (&limited, serde_json::from_str(&line)) {
            (Err(why), _) => Reply::Failed {
                code: "no_worker".into(),
                say: why.clone(),
            },
            (Ok(()), Ok(request)) => answer(&request),
            (Ok(()), Err(e)) => Reply::Failed {
                code: "bad_request".into(),
                say: e.to_string(),
            },
        };
        let Ok(mut text) = serde_json::to_vec(&reply) else {
            return std::process::ExitCode::FAILURE;
        };
        text.push(b'\n');
        if stdout
            .write_all(&text)
            .and_then(|()| stdout.flush())
            .is_err()
        {
            return std::process::ExitCode::FAILURE;
        }
    }
    std::process::ExitCode::SUCCESS
}

/// Puts the limits on this process. Without them nothing is run.
fn limit() -> Result<(), String> {
    use rlimit::Resource;
    let limits = [
        (Resource::AS, MEMORY),
        (Resource::CPU, CPU_SECONDS),
        (Resource::FSIZE, 0),
        (Resource::NOFILE, 16),
        (Resource::CORE, 0),
    ];
    for (resource, most) in limits {
        // Some systems know no limit of address space; the parent's clock holds there too.
        if cfg!(target_os = "macos") && matches!(resource, Resource::AS) {
            continue;
        }
        let set = resource.get().and_then(|(_, hard)| {
            let most = most.min(hard);
            resource.set(most, most)
        });
        set.map_err(|e| format!("the limit {resource:?} cannot be set: {e}"))?;
    }
    sandbox()
}

/// No file of this machine can be opened from here on, where the kernel knows landlock.
#[cfg(target_os = "linux")]
fn sandbox() -> Result<(), String> {
    use landlock::{ABI, Access, AccessFs, Ruleset, RulesetAttr};
    Ruleset::default()
        .handle_access(AccessFs::from_all(ABI::V1))
        .and_then(|r| r.create())
        .and_then(|r| r.restrict_self())
        .map(|_| ())
        .map_err(|e| format!("the process cannot be shut in: {e}"))
}
#[cfg(not(target_os = "linux"))]
fn sandbox() -> Result<(), String> {
    Ok(())
}

fn answer(request: &Request) -> Reply {
    let started = Instant::now();
    let expired = move || started.elapsed() > DEADLINE;
    let failed = |code: &str, say: String| Reply::Failed {
        code: code.into(),
        say,
    };
    match request {
        Request::Script {
            source,
            function,
            args,
            zone,
        } => {
            let limits = kernel::script::Limits {
                zone: *zone,
                ..Default::default()
            };
            match kernel::script::run(source, function, args, &limits, expired) {
                Ok(value) => Reply::Value(value),
                Err(fault) => failed(&fault.code, fault.say),
            }
        }
        Request::Template { source, html, with } => match template::render(source, *html, with) {
            Ok(text) => Reply::Value(text.into()),
            Err(say) => failed("template", say),
        },
    }
}
