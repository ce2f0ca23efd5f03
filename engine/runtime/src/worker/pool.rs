//! The parent's side: a few workers, started when needed, killed and replaced on a breach.

use super::{Reply, Request, template};
use std::{
    path::PathBuf,
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
    sync::{Mutex, Semaphore},
    time::timeout,
};

/// Limits the parent holds.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Workers at once.
    pub workers: usize,
    /// Wall time of one request (page 6, rule 12).
    pub wall: Duration,
    /// Largest answer, in bytes.
    pub reply: usize,
    /// Requests after which a worker is replaced, so that nothing adds up in it.
    pub uses: u32,
    /// Time spent on requests after which a worker is replaced: an upper bound of the processor
    /// time it has used, well below what ends it ([`super::child`]).
    pub life: Duration,
}
impl Default for Limits {
    fn default() -> Self {
        Self {
            workers: 2,
            wall: Duration::from_millis(1_900),
            reply: 4 << 20,
            uses: 2_000,
            life: Duration::from_secs(10),
        }
    }
}

/// A pool of worker processes.
#[derive(Clone)]
pub struct Pool {
    program: PathBuf,
    limits: Limits,
    slots: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Worker>>>,
}

struct Worker {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    uses: u32,
    spent: Duration,
}

impl Pool {
    /// A pool that starts `program worker`; nothing is started before it is asked.
    pub fn new(program: PathBuf, limits: Limits) -> Self {
        Self {
            program,
            limits,
            slots: Arc::new(Semaphore::new(limits.workers)),
            idle: Arc::default(),
        }
    }

    /// Asks one worker. A breach of a limit is an answer with code `script_limits`; the worker
    /// that breached it is gone.
    pub async fn ask(&self, request: &Request) -> Reply {
        let failed = |code: &str, say: &str| Reply::Failed {
            code: code.into(),
            say: say.into(),
        };
        if let Request::Template { source, .. } = request
            && let Err(say) = template::fits(source)
        {
            return failed("script_limits", say);
        }
        let Ok(_slot) = self.slots.acquire().await else {
            return failed("closed", "the worker pool is closed");
        };
        let worker = match self.idle.lock().await.pop() {
            Some(worker) => Ok(worker),
            None => self.start(),
        };
        let mut worker = match worker {
            Ok(worker) => worker,
            Err(e) => return failed("no_worker", &e.to_string()),
        };
        let began = Instant::now();
        match timeout(self.limits.wall, worker.ask(request, self.limits.reply)).await {
            Ok(Some(reply)) => {
                worker.uses += 1;
                worker.spent += began.elapsed();
                if worker.uses < self.limits.uses && worker.spent < self.limits.life {
                    self.idle.lock().await.push(worker);
                }
                reply
            }
            Ok(None) => failed(
                "script_limits",
                "the worker ended: too much memory or too long",
            ),
            Err(_) => {
                let _ = worker.child.start_kill();
                let _ = worker.child.wait().await;
                failed("script_limits", "stopped by the clock")
            }
        }
    }

    fn start(&self) -> std::io::Result<Worker> {
        let mut child = Command::new(&self.program)
            .arg("worker")
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let gone = || std::io::Error::other("a worker without pipes");
        let stdin = child.stdin.take().ok_or_else(gone)?;
        let stdout = BufReader::new(child.stdout.take().ok_or_else(gone)?);
        Ok(Worker {
            child,
            stdin,
            stdout,
            uses: 0,
            spent: Duration::ZERO,
        })
    }
}

impl Worker {
    /// `None` when the process is gone or says something else than a reply.
    async fn ask(&mut self, request: &Request, most: usize) -> Option<Reply> {
        let mut line = serde_json::to_vec(request).ok()?;
        line.push(b'\n');
        self.stdin.write_all(&line).await.ok()?;
        self.stdin.flush().await.ok()?;
        let mut text = Vec::new();
        loop {
            let part = self.stdout.fill_buf().await.ok()?;
            if part.is_empty() || text.len() + part.len() > most {
                return None;
            }
            let end = part.iter().position(|b| *b == b'\n');
            text.extend_from_slice(&part[..end.unwrap_or(part.len())]);
            let used = end.map_or(part.len(), |n| n + 1);
            self.stdout.consume(used);
            if end.is_some() {
                return serde_json::from_slice(&text).ok();
            }
        }
    }
}
