//! The stage of stories that goes through the page: what people do is done in a browser, by a
//! player that is told each step as a line of JSON. What a page does not offer is asked over HTTP,
//! because the server must refuse it too, and says why.

use super::over_http::OverHttp;
use chrono::{DateTime, Utc};
use futures::{FutureExt, future::BoxFuture};
use model::{
    Decimal, Id, Name, Ref,
    story::{BalanceIs, Held},
    workflow::How,
};
use runtime::{
    Error, Steer,
    story::{Act, OpenTask, Seen, Stage, Trouble},
    view::{Done, HandedOver},
};
use serde_json::{Map, Value, json};
use std::{
    net::SocketAddr,
    path::Path,
    process::Stdio,
    sync::{Mutex as Plain, PoisonError},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    sync::Mutex,
};

/// A stage in a browser, on top of one over HTTP.
pub struct InBrowser<'h> {
    http: &'h OverHttp<'h>,
    player: Mutex<Player>,
    /// What the clocks of the pages show.
    moment: Plain<DateTime<Utc>>,
}

/// The program that drives the browser.
struct Player {
    child: Child,
    steps: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

/// What came of a step.
enum Came {
    Done(Ref, Id),
    Refused(Trouble),
    /// The page offers no way to do it.
    Absent(String),
}

/// The answer of a step: done, or trouble that the story may expect.
type Answer<'a, T> = BoxFuture<'a, Result<Result<T, Trouble>, Error>>;

fn failed(cause: impl ToString) -> Error {
    Error::BadRequest {
        code: "browser".into(),
        at: cause.to_string(),
        with: vec![],
    }
}

impl<'h> InBrowser<'h> {
    /// Starts the player, a script for Node.js, on the site that `http` asks.
    pub fn new(http: &'h OverHttp<'h>, player: &Path, address: SocketAddr) -> Result<Self, Error> {
        let mut child = Command::new("node")
            .arg(player)
            .arg(format!("http://{address}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|cause| failed(format_args!("cannot start Node.js: {cause}")))?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (steps, answers) = pipes.ok_or_else(|| failed("the player cannot be heard"))?;
        let answers = BufReader::new(answers).lines();
        Ok(Self {
            http,
            player: Mutex::new(Player {
                child,
                steps,
                answers,
            }),
            moment: Plain::default(),
        })
    }

    /// Lets the player close its browser.
    pub async fn leave(self) -> Result<(), Error> {
        let Player {
            mut child, steps, ..
        } = self.player.into_inner();
        drop(steps);
        child.wait().await.map_err(failed)?;
        Ok(())
    }

    async fn step(&self, by: Id, act: &str, mut step: Value) -> Result<Came, Error> {
        let (login, password) = self.http.login(by).await?;
        step["do"] = act.into();
        step["login"] = login.into();
        step["password"] = password.into();
        let moment = *self.moment.lock().unwrap_or_else(PoisonError::into_inner);
        step["moment"] = moment.timestamp_millis().into();
        let mut player = self.player.lock().await;
        let line = format!("{step}\n");
        player
            .steps
            .write_all(line.as_bytes())
            .await
            .map_err(failed)?;
        let line = player.answers.next_line().await.map_err(failed)?;
        let line = line.ok_or_else(|| failed("the player has ended"))?;
        let mut answer: Value = serde_json::from_str(&line).map_err(failed)?;
        if let Some(why) = answer["failed"].as_str() {
            return Err(failed(why));
        }
        if let Some(why) = answer["absent"].as_str() {
            return Ok(Came::Absent(why.into()));
        }
        let refused = answer["refused"].take();
        if !refused.is_null() {
            let status = refused["status"].as_u64().unwrap_or_default();
            let status = u16::try_from(status).unwrap_or_default();
            return Ok(Came::Refused(OverHttp::trouble(status, &refused["body"])));
        }
        let done = &mut answer["done"];
        let form = serde_json::from_value(done["form"].take()).map_err(failed)?;
        let id = serde_json::from_value(done["id"].take()).map_err(failed)?;
        Ok(Came::Done(form, id))
    }

    /// Does something on the page; what it does not offer must be refused over HTTP.
    async fn command(
        &self,
        by: Id,
        act: &str,
        step: Value,
        over_http: Answer<'_, Done>,
    ) -> Result<Result<Done, Trouble>, Error> {
        let (form, id) = match self.step(by, act, step).await? {
            Came::Done(form, id) => (form, id),
            Came::Refused(trouble) => return Ok(Err(trouble)),
            Came::Absent(why) => {
                return match over_http.await? {
                    Err(trouble) => Ok(Err(trouble)),
                    Ok(_) => Err(failed(format_args!(
                        "the page does not offer what the server allows: {why}"
                    ))),
                };
            }
        };
        let status = match act {
            // Nothing is left to have a status.
            "delete" => "draft".into(),
            _ => self.http.status(&form, id).await?,
        };
        Ok(Ok(Done {
            form,
            id,
            version: 1,
            status,
            number: None,
            next: None,
            replayed: false,
        }))
    }

    async fn record(
        &self,
        by: Id,
        act: &str,
        (form, id): (&Ref, Id),
        over_http: Answer<'_, Done>,
    ) -> Result<Result<Done, Trouble>, Error> {
        let step = json!({ "form": form, "id": id });
        self.command(by, act, step, over_http).await
    }
}

/// An operation on a task as the player is told it; none, of one that it does not know.
fn operation(task: Id, act: &Act) -> Option<Value> {
    let how = |how: &How| match how {
        How::Before => "before",
        How::After => "after",
        How::Parallel => "parallel",
    };
    let mut step = match act {
        Act::Complete {
            outcome,
            opinion,
            values,
        } => {
            json!({ "op": "complete", "outcome": outcome, "opinion": opinion, "values": values })
        }
        Act::Transfer { to, opinion } => {
            json!({ "op": "transfer", "users": [to], "opinion": opinion })
        }
        Act::Return { to, opinion } => json!({ "op": "return", "to": to, "opinion": opinion }),
        Act::AddSeat {
            users,
            how: at,
            opinion,
        } => json!({ "op": "add_seat", "users": users, "how": how(at), "opinion": opinion }),
        Act::Claim
        | Act::Unclaim
        | Act::DropSeat { .. }
        | Act::Delegate { .. }
        | Act::TakeBack { .. } => return None,
        Act::Remind => json!({ "op": "remind" }),
        Act::Copy { users, opinion } => json!({ "op": "copy", "users": users, "opinion": opinion }),
    };
    step["task"] = json!(task);
    Some(step)
}

impl Stage for InBrowser<'_> {
    fn name(&self) -> &'static str {
        "browser"
    }
    fn user<'a>(
        &'a self,
        login: &'a str,
        person: &'a str,
        roles: &'a [Held],
    ) -> BoxFuture<'a, Result<Id, Error>> {
        self.http.user(login, person, roles)
    }
    fn given<'a>(
        &'a self,
        form: &'a Ref,
        values: Map<String, Value>,
    ) -> BoxFuture<'a, Result<Id, Error>> {
        self.http.given(form, values)
    }
    fn opening<'a>(&'a self, balance: &'a BalanceIs) -> BoxFuture<'a, Result<(), Error>> {
        self.http.opening(balance)
    }
    fn move_to(&self, moment: DateTime<Utc>) {
        *self.moment.lock().unwrap_or_else(PoisonError::into_inner) = moment;
        self.http.move_to(moment);
    }
    fn run_due<'a>(&'a self) -> BoxFuture<'a, Result<(), Error>> {
        self.http.run_due()
    }
    fn create<'a>(&'a self, by: Id, form: &'a Ref, values: Map<String, Value>) -> Answer<'a, Done> {
        let step = json!({ "form": form, "values": values });
        let over_http = self.http.create(by, form, values);
        self.command(by, "create", step, over_http).boxed()
    }
    fn change<'a>(
        &'a self,
        by: Id,
        form: &'a Ref,
        id: Id,
        values: Map<String, Value>,
    ) -> Answer<'a, Done> {
        let step = json!({ "form": form, "id": id, "values": values });
        let over_http = self.http.change(by, form, id, values);
        self.command(by, "change", step, over_http).boxed()
    }
    fn submit<'a>(&'a self, by: Id, form: &'a Ref, id: Id) -> Answer<'a, Done> {
        let over_http = self.http.submit(by, form, id);
        self.record(by, "submit", (form, id), over_http).boxed()
    }
    fn withdraw<'a>(&'a self, by: Id, form: &'a Ref, id: Id) -> Answer<'a, Done> {
        let over_http = self.http.withdraw(by, form, id);
        self.record(by, "withdraw", (form, id), over_http).boxed()
    }
    fn reverse<'a>(&'a self, by: Id, form: &'a Ref, id: Id) -> Answer<'a, Done> {
        let over_http = self.http.reverse(by, form, id);
        self.record(by, "reverse", (form, id), over_http).boxed()
    }
    fn delete<'a>(&'a self, by: Id, form: &'a Ref, id: Id) -> Answer<'a, Done> {
        let over_http = self.http.delete(by, form, id);
        self.record(by, "delete", (form, id), over_http).boxed()
    }
    fn make<'a>(&'a self, by: Id, form: &'a Ref, id: Id, make: &'a Ref) -> Answer<'a, Done> {
        let step = json!({ "form": form, "id": id, "make": make });
        let over_http = self.http.make(by, form, id, make);
        self.command(by, "make", step, over_http).boxed()
    }
    fn act<'a>(&'a self, by: Id, task: Id, act: Act) -> Answer<'a, Done> {
        let step = operation(task, &act);
        let over_http = self.http.act(by, task, act);
        match step {
            Some(step) => self.command(by, "task", step, over_http).boxed(),
            None => over_http,
        }
    }
    fn steer<'a>(
        &'a self,
        by: Id,
        form: &'a Ref,
        id: Id,
        steer: Steer,
        reason: &'a str,
    ) -> Answer<'a, Done> {
        self.http.steer(by, form, id, steer, reason)
    }
    fn hand_over<'a>(&'a self, by: Id, from: Id, to: Id) -> Answer<'a, HandedOver> {
        self.http.hand_over(by, from, to)
    }
    fn preview<'a>(&'a self, by: Id, form: &'a Ref, id: Id) -> Answer<'a, Vec<String>> {
        self.http.preview(by, form, id)
    }
    /// The page must show the record as the server does; the values are read over HTTP, where
    /// they have all their digits.
    fn see<'a>(&'a self, by: Id, form: &'a Ref, id: Id) -> Answer<'a, Seen> {
        async move {
            let step = json!({ "form": form, "id": id });
            let came = self.step(by, "see", step).await?;
            let seen = self.http.see(by, form, id).await?;
            match (came, &seen) {
                (Came::Absent(why), Ok(_)) => Err(failed(why)),
                _ => Ok(seen),
            }
        }
        .boxed()
    }
    fn settings<'a>(&'a self, form: &'a Ref) -> BoxFuture<'a, Result<Option<Id>, Error>> {
        self.http.settings(form)
    }
    fn open_tasks<'a>(
        &'a self,
        form: &'a Ref,
        id: Id,
    ) -> BoxFuture<'a, Result<Vec<OpenTask>, Error>> {
        self.http.open_tasks(form, id)
    }
    fn done_task<'a>(
        &'a self,
        id: Id,
        node: &'a str,
        by: Id,
    ) -> BoxFuture<'a, Result<Option<Id>, Error>> {
        self.http.done_task(id, node, by)
    }
    fn status<'a>(&'a self, form: &'a Ref, id: Id) -> BoxFuture<'a, Result<String, Error>> {
        self.http.status(form, id)
    }
    fn balance<'a>(
        &'a self,
        balance: &'a BalanceIs,
    ) -> BoxFuture<'a, Result<Vec<(Name, Decimal)>, Error>> {
        self.http.balance(balance)
    }
}
