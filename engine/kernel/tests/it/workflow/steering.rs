//! What changes who sits in a ballot, and what is done to a whole instance: each beyond the public
//! cases, where its rules meet others.

use super::stage::{Stage, user};
use chrono::TimeDelta;
use kernel::workflow::{
    About, Auto, Cmd, Event, Op, Origin, SeatNow, Substitute, TaskNow, Who, allowed,
};
use model::{Id, Status, workflow::How};
use serde_json::{Value, json};

/// Two approvals in a row; `more` changes the first.
fn two(seats: &str, more: Value) -> Stage {
    let may = json!({ "add_seat": {}, "drop_seat": {}, "transfer": {}, "delegate": {}, "take_back": {},
                      "return": { "to": "any", "then": "rerun" }, "remind": {} });
    let mut a = json!({ "kind": "approval", "seats": [seats], "may": may,
                        "outcomes": { "approve": "b", "reject": "no" } });
    for (key, value) in more.as_object().unwrap() {
        a[key] = value.clone();
    }
    Stage::new(json!({
        "begin": { "kind": "start", "next": "a" },
        "a": a,
        "b": { "kind": "approval", "seats": ["= sun"], "may": may,
               "outcomes": { "approve": "yes", "reject": "no" } },
        "yes": { "kind": "end" },
        "no": { "kind": "end" }
    }))
}

fn delegate(s: &Stage, who: &str, to: &str) -> Cmd {
    Cmd::Delegate {
        seat: s.seat("a", who),
        to: user(to),
        opinion: None,
    }
}

fn drop(s: &Stage, who: &str, whom: &str) -> Cmd {
    Cmd::DropSeat {
        seat: s.seat("a", who),
        who: user(whom),
        opinion: None,
    }
}

fn take_back(s: &Stage, who: &str) -> Cmd {
    Cmd::TakeBack {
        seat: s.seat("a", who),
        opinion: None,
    }
}

fn away(of: &str, by: &str, successor: bool) -> (Id, Substitute) {
    let substitute = Substitute {
        user: user(by),
        person: None,
        successor,
    };
    (user(of), substitute)
}

#[test]
fn advice_is_no_vote_and_moves_nothing() {
    let mut s = two("= li, wang", json!({ "pass": { "percent": 50 } }));
    s.start("zhou");
    s.does("li", delegate(&s, "li", "ana"));
    // Half of two seats: ana's yes is advice, so it does not decide.
    s.act("ana", "a", "").at(&["a/li", "a/wang"]);
    s.does("li", delegate(&s, "li", "ben"));
    let seat = s.seat("a", "ben");
    let back = Cmd::Return {
        seat,
        to: None,
        opinion: None,
    };
    assert_eq!(s.refused("ben", back), "only_advises");
    let add = Cmd::AddSeat {
        seat,
        how: How::Parallel,
        users: vec![user("cai")],
        opinion: None,
    };
    assert_eq!(s.refused("ben", add), "only_advises");
    assert_eq!(
        s.refused("ben", delegate(&s, "ben", "ben")),
        "delegation_circle"
    );
    assert_eq!(
        s.refused("ben", delegate(&s, "ben", "wang")),
        "already_seated"
    );
    // The fellow decides meanwhile: whoever waits and whoever advises are no longer asked.
    s.act("wang", "a", "").at(&["b/sun"]);
    let left = s.state.seats.iter().filter(|x| x.undecided()).count();
    assert_eq!(left, 1);
}

#[test]
fn calling_off_the_advice_gives_the_seat_back() {
    let mut s = two("= li", json!({ "due": "P1D" }));
    s.start("zhou");
    s.does("li", delegate(&s, "li", "ana")).at(&["a/ana"]);
    s.now += TimeDelta::hours(30);
    s.does("li", drop(&s, "li", "ana")).at(&["a/li"]);
    let due = s.state.seats[0].due.unwrap();
    assert_eq!(due, s.now + TimeDelta::hours(24), "his clock stood still");
    assert_eq!(s.refused("li", drop(&s, "li", "li")), "last_seat");
    assert_eq!(s.refused("li", drop(&s, "li", "eva")), "no_seat_of");
}

#[test]
fn dropping_who_comes_next_opens_the_one_after() {
    let mut s = two("= li, wang, zhao", json!({ "order": "in_turn" }));
    s.start("zhou").at(&["a/li"]);
    s.does("li", drop(&s, "li", "wang"));
    s.act("li", "a", "").at(&["a/zhao"]);
    let mut s = two("= li, wang, zhao", json!({ "order": "in_turn" }));
    s.start("zhou");
    s.does("li", drop(&s, "li", "li")).at(&["a/wang"]);
}

#[test]
fn only_the_last_to_decide_takes_it_back() {
    let mut s = two("= li, wang", json!({}));
    s.start("zhou").act("li", "a", "");
    assert_eq!(s.refused("li", take_back(&s, "li")), "not_passed_on");
    s.act("wang", "a", "").at(&["b/sun"]);
    assert_eq!(s.refused("li", take_back(&s, "li")), "did_not_decide");
    let list = allowed(
        &s.def,
        &s.state,
        Some(s.seat("a", "wang")),
        Who {
            user: user("wang"),
            person: None,
            takes: false,
            steers: false,
        },
    );
    assert!(list.iter().any(|o| o.op == Op::TakeBack && o.allowed));
    // The node is entered again, and with it every seat.
    s.does("wang", take_back(&s, "wang"))
        .at(&["a/li", "a/wang"]);
    s.act("li", "a", "")
        .act("wang", "a", "")
        .act("sun", "b", "")
        .ended(Status::Approved);
    assert_eq!(s.refused("wang", take_back(&s, "wang")), "instance_ended");
}

#[test]
fn two_seats_of_one_holder_are_one_task() {
    let mut s = two("= li, wang, zhao", json!({}));
    s.start("zhou");
    let hand = Cmd::HandOver {
        from: user("li"),
        to: user("wang"),
    };
    assert_eq!(s.refused("li", hand.clone()), "may_not_steer");
    s.does("admin", hand).at(&["a/wang", "a/wang", "a/zhao"]);
    s.act("wang", "a", "").at(&["a/zhao"]);
    assert_eq!(s.effects.tasks_closed.len(), 2);
    s.act("zhao", "a", "").at(&["b/sun"]);
    let none = Cmd::HandOver {
        from: user("eva"),
        to: user("wang"),
    };
    assert_eq!(s.refused("admin", none), "nothing_to_hand_over");
    // Nobody gets what he could never act on: it is his own record.
    let own = Cmd::HandOver {
        from: user("sun"),
        to: user("zhou"),
    };
    assert_eq!(s.refused("admin", own), "starter_may_not");
}

#[test]
fn whoever_stands_in_acts_on_behalf_unless_he_succeeds() {
    let mut s = two("= li, wang", json!({}));
    s.away = [away("li", "ana", false), away("wang", "ben", true)].into();
    s.start("zhou").at(&["a/ana", "a/ben"]);
    let of: Vec<_> = s.state.seats.iter().map(|x| x.on_behalf).collect();
    assert_eq!(of, [Some(user("li")), None]);
    // Not the starter of the record, where he may not decide on his own.
    let mut s = two("= li", json!({ "own": "refuse" }));
    s.away = [away("li", "zhou", false)].into();
    s.start("zhou").at(&["a/li"]);
    // In turn it counts who is away when the turn comes.
    let mut s = two("= li, wang", json!({ "order": "in_turn" }));
    s.start("zhou");
    s.away = [away("wang", "ana", false)].into();
    s.act("li", "a", "").at(&["a/ana"]);
    assert_eq!(s.state.seats[1].on_behalf, Some(user("wang")));
}

#[test]
fn separation_of_duties_counts_whom_somebody_stood_in_for() {
    let mut s = Stage::new(json!({
        "begin": { "kind": "start", "next": "a" },
        "a": { "kind": "approval", "seats": ["= li"], "outcomes": { "approve": "b", "reject": "no" } },
        "b": { "kind": "approval", "seats": ["= li, ana, wang"], "not_same_as": ["a"],
               "outcomes": { "approve": "yes", "reject": "no" } },
        "yes": { "kind": "end" }, "no": { "kind": "end" }
    }));
    s.away = [away("li", "ana", false)].into();
    s.start("zhou").at(&["a/ana"]);
    s.act("ana", "a", "").at(&["b/wang"]);
}

#[test]
fn the_same_people_as_at_another_node() {
    let mut s = Stage::new(json!({
        "begin": { "kind": "start", "next": "a" },
        "a": { "kind": "approval", "seats": ["role:clerk"],
               "outcomes": { "approve": "b", "reject": "no" } },
        "b": { "kind": "fill", "seats": ["same_as:a", "same_as:begin"], "next": "yes" },
        "yes": { "kind": "end" }, "no": { "kind": "end" }
    }));
    s.roles.insert("clerk".into(), vec!["ana", "ben"]);
    s.start("zhou").act("ben", "a", "").at(&["b/ben", "b/zhou"]);
}

#[test]
fn a_seat_is_picked_by_chance_turn_or_load() {
    let picked = |how: &str, set: &dyn Fn(&mut Stage)| {
        let mut s = Stage::new(json!({
            "begin": { "kind": "start", "next": "a" },
            "a": { "kind": "approval", "seats": ["role:clerk"], "pick": how,
                   "outcomes": { "approve": "yes", "reject": "no" } },
            "yes": { "kind": "end" }, "no": { "kind": "end" }
        }));
        s.roles.insert("clerk".into(), vec!["ana", "ben", "cai"]);
        set(&mut s);
        s.start("zhou");
        s.open()[0].clone()
    };
    let load =
        |s: &mut Stage| s.loads = [(user("ana"), 2), (user("ben"), 1), (user("cai"), 1)].into();
    assert_eq!(picked("shortest", &load), "a/ben");
    let turn = |s: &mut Stage| {
        let now = s.now;
        s.given = [(user("ana"), now), (user("ben"), now - TimeDelta::hours(1))].into();
    };
    assert_eq!(
        picked("turn", &turn),
        "a/cai",
        "who never had one comes first"
    );
    let nothing = |_: &mut Stage| {};
    let first = picked("random", &nothing);
    assert_eq!(
        first,
        picked("random", &nothing),
        "the same instance, the same chance"
    );
    assert!(["a/ana", "a/ben", "a/cai"].contains(&&*first));
}

#[test]
fn claimed_and_put_back() {
    let mut s = two("role:clerk", json!({}));
    s.roles.insert("clerk".into(), vec!["ana", "ben"]);
    s.start("zhou").at(&["a/role:clerk"]);
    let seat = s.state.seats[0].id;
    assert_eq!(s.refused("eva", Cmd::Claim { seat }), "not_holder");
    s.does("ana", Cmd::Claim { seat }).at(&["a/ana"]);
    assert_eq!(s.refused("ana", Cmd::Claim { seat }), "already_claimed");
    assert_eq!(s.refused("ben", Cmd::Unclaim { seat }), "not_holder");
    s.does("ana", Cmd::Unclaim { seat }).at(&["a/role:clerk"]);
    assert_eq!(s.refused("ana", Cmd::Unclaim { seat }), "not_holder");
    s.act("ben", "a", "").at(&["b/sun"]);
    let mut own = two("= li", json!({}));
    own.start("zhou");
    let seat = own.state.seats[0].id;
    assert_eq!(own.refused("li", Cmd::Unclaim { seat }), "not_a_role_seat");
}

#[test]
fn a_ladder_is_climbed_step_by_step() {
    let ladder = json!({
        "nudge": { "after": "PT1H", "do": "remind" },
        "help": { "after": "PT2H", "do": "add_seat", "to": ["= ana"] },
        "up": { "after": "PT3H", "do": "transfer" },
        "over": { "after": "PT4H", "do": "reject" }
    });
    let mut s = two("= li", json!({ "ladder": ladder, "due": "P1D" }));
    s.above = [("li", "boss")].into();
    s.start("zhou");
    let fire = |s: &mut Stage| {
        let next = s
            .state
            .timers
            .iter()
            .min_by_key(|t| (t.at, t.id))
            .unwrap()
            .clone();
        s.now = next.at;
        s.does("admin", Cmd::Fire { timer: next.id });
    };
    fire(&mut s);
    assert_eq!(s.effects.notices[0].about, About::Reminder);
    fire(&mut s);
    s.at(&["a/ana", "a/li"]);
    assert_eq!(s.state.seats[1].origin, Origin::Overdue);
    // The one who was added has a ladder of his own; only the first one's goes on here.
    s.act("ana", "a", "");
    fire(&mut s);
    s.at(&["a/boss"]);
    fire(&mut s);
    let done = s.state.seats[0].done().unwrap();
    assert_eq!((done.auto, done.by), (Some(Auto::Overdue), None));
    s.ended(Status::Rejected);
}

#[test]
fn a_step_for_nobody_still_tells_somebody() {
    let ladder = json!({ "up": { "after": "PT3H", "do": "transfer" } });
    let mut s = two("= li", json!({ "ladder": ladder }));
    s.start("zhou");
    let timer = s.state.timers[0].clone();
    s.now = timer.at;
    s.does("admin", Cmd::Fire { timer: timer.id }).at(&["a/li"]);
    assert_eq!(s.effects.notices[0].to, [user("li")]);
}

#[test]
fn a_parked_seat_keeps_its_place_on_the_ladder() {
    let ladder = json!({ "nudge": { "after": "PT1H", "do": "remind" }, "up": { "after": "PT5H", "do": "approve" } });
    let mut s = two("= li", json!({ "ladder": ladder }));
    s.start("zhou");
    s.now += TimeDelta::hours(2);
    let nudge = s.state.timers[0].id;
    s.does("admin", Cmd::Fire { timer: nudge });
    s.does("li", delegate(&s, "li", "ana"));
    s.now += TimeDelta::hours(10);
    s.act("ana", "a", "").at(&["a/li"]);
    assert_eq!(s.state.timers.len(), 1, "the nudge has been");
    assert_eq!(s.state.timers[0].at, s.now + TimeDelta::hours(3));
}

#[test]
fn a_suspended_instance_stands_still_and_goes_on() {
    let mut s = Stage::new(json!({
        "begin": { "kind": "start", "next": "split" },
        "split": { "kind": "parallel_gateway", "branches": { "one": { "to": "a" }, "two": { "to": "wait" } } },
        "a": { "kind": "approval", "seats": ["role:clerk"], "due": "P1D", "may": { "suspend": { "comment": "required" } },
               "outcomes": { "approve": "met", "reject": "no" } },
        "wait": { "kind": "timer", "for": "PT1H", "next": "met" },
        "met": { "kind": "parallel_gateway", "join": "all", "next": "yes" },
        "yes": { "kind": "end" }, "no": { "kind": "terminate", "status": "rejected" }
    }));
    s.roles.insert("clerk".into(), vec!["ana", "ben"]);
    s.start("zhou");
    let seat = s.state.seats[0].id;
    s.does("ana", Cmd::Claim { seat });
    let silent = Cmd::Suspend { opinion: None };
    assert_eq!(s.refused("ben", silent.clone()), "may_not_steer");
    assert_eq!(s.refused("ana", silent), "opinion_required");
    s.now += TimeDelta::minutes(20);
    let why = Some("an audit".to_string());
    s.does("ana", Cmd::Suspend { opinion: why }).at(&[]);
    assert_eq!(s.effects.tasks_changed[0].now, TaskNow::Parked);
    assert!(s.state.timers.is_empty());
    for cmd in [Cmd::Withdraw, Cmd::Suspend { opinion: None }] {
        assert_eq!(s.refused("zhou", cmd), "suspended");
    }
    assert_eq!(s.refused("ben", Cmd::Resume), "may_not_steer");
    s.now += TimeDelta::hours(50);
    s.does("ana", Cmd::Resume).at(&["a/ana"]);
    assert_eq!(s.refused("ana", Cmd::Resume), "not_suspended");
    let mut left: Vec<_> = s.state.timers.iter().map(|t| t.at - s.now).collect();
    left.sort();
    assert_eq!(
        left,
        [TimeDelta::minutes(40), TimeDelta::minutes(24 * 60 - 20)]
    );
}

#[test]
fn terminated_the_record_is_closed_and_people_are_told() {
    let mut s = two("= li, wang", json!({}));
    s.start("zhou");
    s.does("li", delegate(&s, "li", "ana"));
    s.does("admin", Cmd::Suspend { opinion: None });
    s.does("admin", Cmd::Terminate { opinion: None })
        .ended(Status::Closed);
    assert!(s.state.suspended.is_none());
    let told = &s.effects.notices[0];
    assert_eq!((&told.about, told.to.len()), (&About::Terminated, 4));
    assert_eq!(
        s.refused("admin", Cmd::Terminate { opinion: None }),
        "instance_ended"
    );
}

#[test]
fn after_a_jump_it_can_go_back_where_it_came_from() {
    let mut s = two("= li", json!({}));
    s.start("zhou").act("li", "a", "").at(&["b/sun"]);
    let jump = |to: &str| Cmd::Jump {
        to: super::stage::n(to),
        opinion: None,
    };
    assert_eq!(s.refused("admin", jump("yes")), "not_a_target");
    assert_eq!(s.refused("admin", jump("nowhere")), "not_a_target");
    s.does("admin", jump("a")).at(&["a/li"]);
    // From the node that was jumped to, back to what lies before it.
    s.act("li", "a", "")
        .back("sun", "b", "begin")
        .at(&["begin/zhou"]);
    s.does("admin", jump("b")).at(&["b/sun"]);
    s.back("sun", "b", "begin").at(&["begin/zhou"]);
}

#[test]
fn a_jump_clears_what_stood_still() {
    let mut s = Stage::unjudged(&json!({
        "begin": { "kind": "start", "next": "split" },
        "split": { "kind": "exclusive_gateway", "branches": { "one": { "when": "= x", "to": "met" }, "two": { "to": "a" } } },
        "a": { "kind": "approval", "seats": ["= li"], "outcomes": { "approve": "met", "reject": "yes" } },
        "met": { "kind": "parallel_gateway", "join": "all", "next": "yes" },
        "yes": { "kind": "end" }
    }));
    s.start("zhou").act("li", "a", "");
    assert_eq!(s.state.incident.as_ref().unwrap().code, "stuck");
    let jump = Cmd::Jump {
        to: super::stage::n("a"),
        opinion: None,
    };
    s.does("admin", jump).at(&["a/li"]);
    assert!(s.state.incident.is_none() && s.state.tokens.is_empty());
}

#[test]
fn a_veto_and_weights() {
    let mut s = two("= li, wang, zhao", json!({ "pass": "any", "veto": 2 }));
    s.start("zhou")
        .act("li", "a", "reject")
        .at(&["a/wang", "a/zhao"]);
    s.act("wang", "a", "reject").ended(Status::Rejected);
    let mut s = two(
        "= li",
        json!({
            "seats": [{ "who": "= li", "weight": 60 }, { "who": "= wang, zhao", "weight": 20 }],
            "pass": { "percent": 50, "of": "weights", "strict": true }
        }),
    );
    s.start("zhou")
        .act("wang", "a", "")
        .act("zhao", "a", "")
        .at(&["a/li"]);
    s.act("li", "a", "reject").ended(Status::Rejected);
}

#[test]
fn an_empty_node_passes_only_where_nobody_was_found() {
    let mut s = two("= nobody", json!({ "empty": "pass" }));
    s.start("zhou").at(&["b/sun"]);
    let mut s = two("= zhou", json!({ "empty": "pass", "own": "refuse" }));
    assert_eq!(s.refused("zhou", Cmd::Start), "nobody_to_ask");
}

#[test]
fn withdrawn_only_before_somebody_acts() {
    let mut nodes = json!({
        "begin": { "kind": "start", "next": "a" },
        "a": { "kind": "approval", "seats": ["= li, wang"], "may": { "return": {} },
               "outcomes": { "approve": "yes", "reject": "yes" } },
        "yes": { "kind": "end" }
    });
    nodes["a"]["may"]["return"]["then"] = json!("rerun");
    let mut s = Stage::withdrawn(&nodes, "before_first_act");
    s.start("zhou").act("li", "a", "");
    assert_eq!(s.refused("zhou", Cmd::Withdraw), "already_acted");
    // Sent back to him, nobody has acted on what he now holds.
    s.back("wang", "a", "begin")
        .does("zhou", Cmd::Withdraw)
        .ended(Status::Withdrawn);
}

#[test]
fn an_opinion_where_the_record_asks_for_one() {
    let mut s = two("= li", json!({ "opinion": "= worth" }));
    s.start("zhou");
    s.holds.insert("worth a word".into());
    assert_eq!(s.refused("li", s.acting("li", "a", "")), "opinion_required");
    s.holds.clear();
    s.act("li", "a", "").at(&["b/sun"]);
}

#[test]
fn nobody_is_told_twice() {
    let mut s = Stage::new(json!({
        "begin": { "kind": "start", "next": "tell" },
        "tell": { "kind": "notify", "to": ["= ana, ben"], "message": "m", "once": true, "next": "a" },
        "a": { "kind": "approval", "seats": ["= li"], "may": { "copy": {} },
               "outcomes": { "approve": "again", "reject": "yes" } },
        "again": { "kind": "notify", "to": ["= ben, cai"], "message": "m", "once": true, "next": "yes" },
        "yes": { "kind": "end" }
    }));
    s.start("zhou");
    let copy = |who: &str| Cmd::Copy {
        seat: s.seat("a", "li"),
        users: vec![user(who)],
        opinion: None,
    };
    let (again, fresh) = (copy("ana"), copy("eva"));
    assert_eq!(s.refused("li", again), "already_copied");
    s.does("li", fresh)
        .act("li", "a", "")
        .ended(Status::Approved);
    assert_eq!(s.effects.notices[0].to, [user("cai")]);
}

#[test]
fn what_is_offered_is_what_is_done() {
    let mut s = two("= li, wang", json!({}));
    s.start("zhou");
    let ops = |s: &Stage, who: &str, steers: bool| -> Vec<(Op, bool)> {
        let seat = s.seat("a", who);
        let who = Who {
            user: user(who),
            person: None,
            takes: false,
            steers,
        };
        let list = allowed(&s.def, &s.state, Some(seat), who);
        list.iter().map(|o| (o.op, o.allowed)).collect()
    };
    use Op::*;
    let of_li = ops(&s, "li", false);
    for op in [DropSeat, Delegate, AddSeat] {
        assert!(of_li.contains(&(op, true)), "{op:?}: {of_li:?}");
    }
    assert!(
        !of_li
            .iter()
            .any(|(op, _)| matches!(op, Jump | Suspend | Terminate | Claim))
    );
    let steered = ops(&s, "admin", true);
    for op in [Jump, Suspend, Terminate] {
        assert!(steered.contains(&(op, true)), "{op:?}: {steered:?}");
    }
    s.does("li", delegate(&s, "li", "ana"));
    let of_ana = ops(&s, "ana", false);
    for op in [AddSeat, Return] {
        assert!(of_ana.contains(&(op, false)), "{op:?}: {of_ana:?}");
    }
    s.does("admin", Cmd::Suspend { opinion: None });
    assert!(ops(&s, "admin", true).contains(&(Resume, true)));
    let told: Vec<String> = s.told();
    assert_eq!(told[0], "suspended");
    assert!(s.state.seats.iter().any(|x| x.now == SeatNow::Suspended));
    assert!(matches!(s.log.last(), Some(Event::SeatChanged { .. })));
}
