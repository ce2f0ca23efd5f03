//! `formwork serve`.

use super::{Outcome, Trouble, print_json, print_line, site::Place};
use clap::Args;
use model::zone::Zone;
use runtime::{Site, view::DemoLogin};
use serde::Serialize;
use std::{net::SocketAddr, path::PathBuf, time::Duration};

/// How long the server says that it stops before it accepts no more.
const NOTICE: Duration = Duration::from_millis(250);

#[derive(Args)]
pub struct Serve {
    #[command(flatten)]
    place: Place,
    /// Where to listen; port 0 takes any that is free
    #[arg(
        long,
        env = "FORMWORK_LISTEN",
        value_name = "ADDR",
        default_value = "127.0.0.1:8080"
    )]
    listen: SocketAddr,
    /// Where the site is, as Asia/Shanghai: its days begin there. Kept with the site
    #[arg(long, env = "FORMWORK_ZONE", value_name = "ZONE")]
    zone: Option<Zone>,
    /// Load the demo company once, and print its logins; their password is `demo`
    #[arg(long, env = "FORMWORK_DEMO")]
    demo: bool,
    /// Serve the demo company also where other machines can reach it
    #[arg(long)]
    force: bool,
    /// A proxy stands in front: believe its X-Forwarded-Proto and X-Forwarded-For
    #[arg(long, env = "FORMWORK_BEHIND_PROXY")]
    behind_proxy: bool,
    /// A name under which the site is reached (repeat for more); left out: on an address that only
    /// this machine reaches, its own names, else any
    #[arg(
        long = "host",
        env = "FORMWORK_HOST",
        value_name = "NAME",
        value_delimiter = ','
    )]
    hosts: Vec<String>,
    /// Most requests at work at the same time
    #[arg(
        long,
        env = "FORMWORK_CONCURRENCY",
        value_name = "N",
        default_value_t = 256
    )]
    concurrency: usize,
    /// Serve the web app from this folder instead of the one in the program
    #[arg(long, env = "FORMWORK_DESIGNER_DIST", value_name = "DIR")]
    web: Option<PathBuf>,
    /// Print address and logins as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Ready {
    address: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logins: Vec<DemoLogin>,
}

impl Serve {
    pub async fn run(self) -> Outcome {
        let near = self.listen.ip().is_loopback();
        if self.demo {
            self.keep_near(near)?;
        }
        let site = self.place.open().await?;
        let done = self.serve(&site, near).await;
        site.close().await;
        done
    }

    /// Refuses to show logins that everybody knows to other machines, unless that is wanted. A
    /// proxy shows them what only this machine can reach.
    fn keep_near(&self, near: bool) -> Outcome {
        if (near && !self.behind_proxy) || self.force {
            return Ok(());
        }
        Err(Trouble::Usage(format!(
            "the demo company has logins with a password that everybody knows, and {} can be \
             reached by other machines; say --force if that is wanted",
            if near { "a proxy" } else { "this address" }
        )))
    }

    async fn serve(&self, site: &Site, near: bool) -> Outcome {
        if site.is_demo().await? {
            self.keep_near(near)?;
        }
        if let Some(zone) = self.zone.filter(|z| *z != site.zone()) {
            site.set_zone(zone).await?;
        }
        publish_builtin(site).await?;
        let logins = match self.demo {
            true => site.load_demo(|step| tracing::info!("{step}")).await?,
            false => vec![],
        };
        for check in site.doctor().await?.checks.iter().filter(|c| !c.ok) {
            tracing::warn!(code = check.code, "{}", check.say);
        }
        if !near && !self.behind_proxy {
            tracing::warn!(
                "without TLS in front, passwords travel in clear to {}",
                self.listen
            );
        }
        let options = server::Options {
            behind_proxy: self.behind_proxy,
            hosts: own_hosts(&self.hosts, near && !self.behind_proxy),
            web: self.web.clone(),
            concurrency: self.concurrency,
            notice: NOTICE,
            ..server::Options::default()
        };
        // Asked for before anything is said, so that no signal is missed.
        let stop = Stop::new()?;
        let jobs = site.spawn_jobs();
        let running = server::start(site.clone(), self.listen, options)
            .await
            .map_err(|e| Trouble::Failed(format!("cannot listen on {}: {e}", self.listen)));
        let running = match running {
            Ok(running) => running,
            Err(trouble) => {
                jobs.stop().await;
                return Err(trouble);
            }
        };
        self.tell(format!("http://{}", running.address), logins)?;
        stop.asked().await;
        tracing::info!("stopping");
        let whole = running.stop().await;
        jobs.stop().await;
        if !whole {
            tracing::warn!("some requests did not finish in time");
        }
        tracing::info!("stopped");
        Ok(())
    }

    fn tell(&self, address: String, logins: Vec<DemoLogin>) -> Outcome {
        if self.json {
            return print_json(&Ready { address, logins });
        }
        print_line(&format!("Formwork is ready at {address}"))?;
        if !logins.is_empty() {
            let width = logins
                .iter()
                .map(|l| l.login.chars().count())
                .max()
                .unwrap_or(0);
            print_line("\nDemo logins, all with the password `demo`:")?;
            for login in &logins {
                print_line(&format!("  {:width$}  {}", login.login, login.says))?;
            }
        }
        print_line("\nCtrl-C stops it.")
    }
}

/// The names a server answers to. What only this machine reaches has only its names, so that no
/// page of another site gets there by a name of its own; elsewhere the names are not known here.
fn own_hosts(given: &[String], alone: bool) -> Vec<String> {
    const NEAR: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];
    match (given, alone) {
        ([], false) => vec![],
        ([], true) => NEAR.map(str::to_string).to_vec(),
        (given, _) => given.to_vec(),
    }
}

/// Publishes the modules that come with the program: on a new site all of them, after an upgrade
/// those that changed.
pub async fn publish_builtin(site: &Site) -> Outcome {
    let modules = server::builtin::packages();
    if modules.is_empty() {
        tracing::warn!("this program was built without its modules");
        return Ok(());
    }
    let published = site.publish(None, modules, false).await?;
    for package in published.packages.iter().filter(|p| !p.unchanged) {
        tracing::info!(
            package = package.name,
            version = package.version,
            "published"
        );
    }
    Ok(())
}

/// The signals that end a server.
struct Stop {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Stop {
    #[cfg(unix)]
    fn new() -> Result<Self, Trouble> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }
    #[cfg(not(unix))]
    fn new() -> Result<Self, Trouble> {
        Ok(Self {})
    }

    /// Waits for the first one. A second ends the process at once.
    #[cfg(unix)]
    async fn asked(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
        tokio::spawn(async move {
            tokio::select! {
                _ = self.terminate.recv() => {}
                _ = self.interrupt.recv() => {}
            }
            tracing::warn!("stopped at once");
            std::process::exit(3);
        });
    }
    #[cfg(not(unix))]
    async fn asked(self) {
        // Without the signal the server runs until it is ended from outside.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
