//! S1 and S2: the approval cycle through the engine, and over HTTP, beside the raw limit.

use super::{
    Outcome, Place,
    http::Server,
    place::{DESKS, PASSWORD, World, paper, told},
    raw,
    rounds::{Done, Meter, Target, pair},
    usage,
};
use model::{Id, Name};
use runtime::{CompleteAsked, Folder, Key, Site};
use serde_json::Map;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// A client at a desk: makes a paper, hands it in, approves it twice; the second approval posts.
///
/// Each of the two who approve takes the task that the answer to his last one named. So that
/// there always is one, a paper more than needed is on its way at each of them.
#[derive(Clone)]
pub struct Client {
    desk: usize,
    made: u64,
    /// The task of the manager, and of finance.
    tasks: [Id; 2],
}

/// Something that takes the four commands of a cycle.
pub trait Door: Clone + Send + Sync + 'static {
    /// Makes the `n`th paper of a desk and hands it in.
    fn hand_in(&self, desk: usize, n: u64) -> impl Future<Output = Outcome> + Send;
    /// Approves as `who` at the desk (0: the manager, 1: finance); gives his next task.
    fn approve(
        &self,
        desk: usize,
        who: usize,
        task: Id,
    ) -> impl Future<Output = Outcome<Option<Id>>> + Send;
    /// The task that waits for one of the two.
    fn waiting(&self, desk: usize, who: usize) -> impl Future<Output = Outcome<Option<Id>>> + Send;
}

impl Client {
    /// A client with a paper at each of its two approvers.
    pub async fn start(door: &impl Door, desk: usize) -> Outcome<Self> {
        door.hand_in(desk, 0).await?;
        door.hand_in(desk, 1).await?;
        let first = wanted(door.waiting(desk, 0).await?)?;
        let second = wanted(door.approve(desk, 0, first).await?)?;
        let booked = wanted(door.waiting(desk, 1).await?)?;
        Ok(Self {
            desk,
            made: 2,
            tasks: [second, booked],
        })
    }
    async fn cycle(&mut self, door: &impl Door) -> Outcome {
        door.hand_in(self.desk, self.made).await?;
        self.made += 1;
        for who in 0..2 {
            self.tasks[who] = wanted(door.approve(self.desk, who, self.tasks[who]).await?)?;
        }
        Ok(())
    }
}

fn wanted(task: Option<Id>) -> Outcome<Id> {
    task.ok_or_else(|| anyhow::anyhow!("nobody has a task where one was expected"))
}

/// Clients at their desks.
pub async fn clients(door: &impl Door, count: usize) -> Outcome<Vec<Client>> {
    let each = (0..count).map(|desk| Client::start(door, desk));
    futures::future::try_join_all(each).await
}

/// Runs cycles with some of the clients for a while. `door` names the door of a client.
pub async fn run<D: Door>(
    clients: &mut [Client],
    door: impl Fn(usize) -> D,
    span: Duration,
    cpu: impl Fn() -> Duration,
) -> Outcome<Done> {
    let meter = Meter::start(cpu);
    let began = Instant::now();
    let each = clients.iter().cloned().enumerate().map(|(n, mut client)| {
        let door = door(n);
        tokio::spawn(async move {
            let mut done = 0;
            while began.elapsed() < span {
                client.cycle(&door).await?;
                done += 1;
            }
            Outcome::Ok((client, done))
        })
    });
    let (mut done, mut back) = (0, vec![]);
    for client in futures::future::join_all(each).await {
        let (client, n) = client??;
        back.push(client);
        done += n;
    }
    clients.clone_from_slice(&back);
    Ok(meter.stop(done))
}

/// The engine in this process.
#[derive(Clone)]
pub struct Direct {
    pub site: Site,
    pub world: Arc<World>,
}

impl Direct {
    fn key(&self) -> Key {
        Key::fresh(&runtime::Clock::System)
    }
}

impl Door for Direct {
    async fn hand_in(&self, desk: usize, n: u64) -> Outcome {
        let clerk = &self.world.desks[desk].clerk;
        let values = self.world.values(desk, n);
        let (site, form) = (&self.site, paper());
        let made = site.create(clerk, &self.key(), &form, values).await;
        let made = made.map_err(told)?;
        let sent = site
            .submit(clerk, &self.key(), &form, made.id, made.version, Map::new())
            .await;
        sent.map_err(told).map(|_| ())
    }
    async fn approve(&self, desk: usize, who: usize, task: Id) -> Outcome<Option<Id>> {
        let desk = &self.world.desks[desk];
        let caller = [&desk.manager, &desk.finance][who];
        let asked = CompleteAsked {
            outcome: Some(Name::known("approve")),
            opinion: String::new(),
            values: Map::new(),
            version: None,
        };
        let done = self.site.complete(caller, &self.key(), task, asked).await;
        Ok(done.map_err(told)?.next)
    }
    async fn waiting(&self, desk: usize, who: usize) -> Outcome<Option<Id>> {
        let desk = &self.world.desks[desk];
        let caller = [&desk.manager, &desk.finance][who];
        let page = self
            .site
            .tasks(caller, Folder::Todo, "", None, Some(1))
            .await;
        Ok(page.map_err(told)?.rows.first().and_then(|row| row.id))
    }
}

/// S1.
pub async fn direct(place: &Place) -> Outcome {
    let (site, world) = place.site("s1", None).await?;
    let world = Arc::new(world);
    let door = Direct { site, world };
    let mut all = clients(&door, DESKS).await?;
    let raw = raw::Sqlite::open(&place.at("s1-raw.db"))?;
    for count in [1, 8, DESKS] {
        let mut rounds = vec![];
        for _ in 0..place.rounds {
            let limit = raw.run(count, place.span).await?;
            let cpu = || usage::cpu(std::process::id());
            let engine = run(&mut all[..count], |_| door.clone(), place.span, cpu).await?;
            rounds.push((limit, engine));
        }
        let name = format!("S1 {count} clients");
        println!("{}", pair(&name, &rounds, Target::AtLeast(0.30)));
    }
    raw.close()
}

/// S2.
pub async fn over_http(place: &Place) -> Outcome {
    let (site, world) = place.site("s2", Some(PASSWORD)).await?;
    let server = Server::start(place, "s2", site, world).await?;
    let doors = server.log_in(DESKS).await?;
    let mut all = vec![];
    for (desk, door) in doors.iter().enumerate() {
        all.push(Client::start(door, desk).await?);
    }
    let raw = raw::Sqlite::open(&place.at("s2-raw.db"))?;
    let mut rounds = vec![];
    for _ in 0..place.rounds {
        let limit = raw.run(DESKS, place.span).await?;
        let cpu = || usage::cpu(server.pid()) + usage::cpu(std::process::id());
        let engine = run(&mut all, |n| doors[n].clone(), place.span, cpu).await?;
        rounds.push((limit, engine));
    }
    let name = format!("S2 {DESKS} clients");
    println!("{}", pair(&name, &rounds, Target::AtLeast(0.25)));
    server.stop()?;
    raw.close()
}
