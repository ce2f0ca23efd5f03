//! How many two-approval flows a second the workflow kernel runs in memory (10.4, S12): start,
//! approve, approve, each a command of its own, and what each means for the shell.

use chrono::Utc;
use kernel::workflow::{
    Answer, Answers, Ask, Cmd, Def, Env, Life, Outcome, SeatSpec, State, What, effects, step,
};
use model::{Id, Name, Ref, Workflow, name};
use std::time::{Duration, Instant};

const FLOW: &str = r#"{
  "label": "Two approvals",
  "nodes": {
    "submitted": { "kind": "start", "next": "first" },
    "first": { "kind": "approval", "seats": ["= x"], "outcomes": { "approve": "second", "reject": "no" } },
    "second": { "kind": "approval", "seats": ["= x"], "outcomes": { "approve": "yes", "reject": "no" } },
    "yes": { "kind": "end", "status": "approved" },
    "no": { "kind": "end", "status": "rejected" }
  }
}"#;

fn main() {
    let home = Name::known("bench");
    let mut flow: Workflow = name::reading(&home, || serde_json::from_str(FLOW)).expect("a flow");
    flow.name = Ref::new(&home, &Name::known("flow"));
    let def = Def::compile(&flow).expect("a sound flow");
    let user = |n: u8| Id::at(u64::from(n), [n; 10]);
    let mut answers = Answers::default();
    for (node, n) in [("first", 1), ("second", 2)] {
        let what = What::Seats {
            node: Name::known(node),
        };
        let seats = vec![SeatSpec::user(user(n), None)];
        answers.put(Ask { set: 0, what }, Answer::Seats(seats));
    }
    let now = Utc::now();
    let run = |events: &mut usize, digest: bool, n: u64| {
        let mut state = State::new(Id::at(n, [7; 10]));
        for (actor, seat) in [(9, None), (1, Some(0)), (2, Some(1))] {
            let cmd = match seat {
                None => Cmd::Start,
                Some(at) => Cmd::Act {
                    seat: state.seats[at].id,
                    outcome: None,
                    opinion: None,
                },
            };
            let env = Env {
                now,
                actor: user(actor),
                person: None,
                answers: &answers,
            };
            match step(&def, &state, &cmd, &env) {
                Ok(Outcome::Done(done)) => {
                    if digest {
                        std::hint::black_box(effects(&state, &done.state, &done.events));
                    }
                    *events += done.events.len();
                    state = done.state;
                }
                other => panic!("{other:?}"),
            }
        }
        assert!(matches!(state.life, Life::Ended(_)));
    };
    for digest in [false, true] {
        let mut rates: Vec<f64> = Vec::new();
        let mut events = 0;
        for _ in 0..5 {
            let (begun, mut flows) = (Instant::now(), 0u64);
            while begun.elapsed() < Duration::from_millis(400) {
                for n in 0..1_000 {
                    run(&mut events, digest, n);
                }
                flows += 1_000;
            }
            rates.push(flows as f64 / begun.elapsed().as_secs_f64());
        }
        rates.sort_by(f64::total_cmp);
        let what = if digest { "with effects" } else { "steps only" };
        println!(
            "{what}: {:.0} flows/s (from {:.0} to {:.0})",
            rates[2], rates[0], rates[4]
        );
    }
}
