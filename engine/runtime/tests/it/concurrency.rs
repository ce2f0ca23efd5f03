//! What breaks under concurrency (4.7), a test for each case that exists: the numbers are the
//! page's. Each ends with everything recomputed.

use crate::{
    house::BOTH,
    lab::{Lab, key, lab, together, user},
};
use chrono::TimeDelta;
use runtime::{Caller, Clock, view::Done};
use serde_json::json;
use std::collections::BTreeMap;

/// People who want to decide the same task.
const CROWD: usize = 64;
/// Tasks they decide on each database.
const TASKS: usize = 500;

/// How often each answer was given.
fn counted(all: impl IntoIterator<Item = String>) -> BTreeMap<String, usize> {
    let mut out = BTreeMap::new();
    for one in all {
        *out.entry(one).or_default() += 1;
    }
    out
}

fn word(said: crate::lab::Said) -> String {
    said.map_or_else(|code| code, |_| "done".into())
}

async fn crowd(lab: &Lab, role: &str, size: usize) -> Vec<Caller> {
    let mut out = vec![];
    for n in 0..size {
        out.push(user(&lab.site, &format!("{role}{n}"), &[role]).await);
    }
    out
}

/// Case 2, and 64 clients at once on one task.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_crowd_exactly_one_completes_a_task() {
    for on in BOTH {
        let lab = lab(on).await;
        let people = crowd(&lab, "approver", CROWD).await;
        let memos = together((0..TASKS).map(|_| {
            let lab = lab.clone();
            async move { lab.submitted("memo", json!({ "hours": "2.5" })).await }
        }))
        .await;
        for (memo, task) in lab.tasks(&people[0]).await {
            let answers = together(people.iter().cloned().map(|by| {
                let lab = lab.clone();
                async move { word(lab.complete(&by, task, "approve").await) }
            }))
            .await;
            let expected = [("already_done".into(), CROWD - 1), ("done".into(), 1)];
            assert_eq!(counted(answers), BTreeMap::from(expected), "{on:?} {memo}");
        }
        for memo in &memos {
            assert_eq!(lab.status(memo).await, "posted");
            assert_eq!(lab.acts(memo).await, ["complete", "submit", "create"]);
        }
        lab.verified().await;
    }
}

/// Issues against a stock that is not enough for all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn issues_commit_exactly_those_that_fit() {
    for on in BOTH {
        let lab = lab(on).await;
        let (bolt, nut) = (lab.item("bolt", "37").await, lab.item("nut", "90").await);
        let mut issues = vec![];
        for n in 0..64 {
            // In either order: who locks as the lines stand would wait in a circle.
            let mut lines = vec![
                json!({ "item": bolt, "quantity": "1" }),
                json!({ "item": nut, "quantity": "2" }),
            ];
            if n % 2 == 0 {
                lines.reverse();
            }
            issues.push(lab.create("issue", json!({ "lines": lines })).await);
        }
        let answers = together(issues.iter().cloned().map(|issue| {
            let lab = lab.clone();
            async move { word(lab.submit(&issue).await) }
        }))
        .await;
        let expected = [("constraint_broken".into(), 27), ("done".into(), 37)];
        assert_eq!(counted(answers), BTreeMap::from(expected), "{on:?}");
        assert_eq!(lab.on_hand(bolt).await, "0");
        assert_eq!(lab.on_hand(nut).await, "\"16\"");
        let mut numbers = vec![];
        for issue in &issues {
            let sheet = lab.site.sheet(&lab.clerk, &issue.form, issue.id).await;
            let record = sheet.unwrap().record;
            match record.status.as_str() {
                "posted" => numbers.push(record.values["number"].as_str().unwrap().to_owned()),
                status => assert_eq!((status, record.version), ("draft", 1)),
            }
        }
        numbers.sort();
        let expected: Vec<_> = (1..=37).map(|n| format!("I-{n:04}")).collect();
        assert_eq!(numbers, expected, "without a gap");
        lab.verified().await;
    }
}

/// Case 1: branches that end together never each see the other as not done.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn case_1_a_join_is_never_lost() {
    for on in BOTH {
        let lab = lab(on).await;
        let mut people = vec![];
        for role in ["approver", "second", "third"] {
            people.push(user(&lab.site, role, &[role]).await);
        }
        for _ in 0..20 {
            let fork = lab.submitted("fork", json!({})).await;
            let mut tasks = vec![];
            for by in &people {
                tasks.push((by.clone(), lab.task(by, &fork).await.unwrap()));
            }
            let answers = together(tasks.into_iter().map(|(by, task)| {
                let lab = lab.clone();
                async move { word(lab.complete(&by, task, "approve").await) }
            }))
            .await;
            assert_eq!(counted(answers), BTreeMap::from([("done".into(), 3)]));
            let last = lab.task(&people[0], &fork).await;
            let last = last.expect("the node after the join is entered");
            lab.complete(&people[0], last, "approve").await.unwrap();
            assert_eq!(lab.status(&fork).await, "approved");
        }
        lab.verified().await;
    }
}

/// Case 3: the timer fires while the person decides; one of them ends the flow.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn case_3_a_timer_and_a_click_end_it_once() {
    for on in BOTH {
        let lab = lab(on).await;
        let boss = user(&lab.site, "boss", &["approver"]).await;
        let clock = Clock::fixed("2026-03-03".parse().unwrap(), 12);
        let later = lab.site.at(clock);
        let mut ends = vec![];
        for n in 0..20 {
            let wait = lab.submitted("wait", json!({})).await;
            let task = lab.task(&boss, &wait).await.unwrap();
            let (site, click) = (later.clone(), lab.clone());
            let by = boss.clone();
            // Either may come first.
            let pause = |n: u64| tokio::time::sleep(std::time::Duration::from_millis(n));
            let timer = tokio::spawn(async move {
                pause(n % 4).await;
                site.run_due_once().await.unwrap()
            });
            let click = tokio::spawn(async move {
                pause((20 - n) % 3).await;
                word(click.complete(&by, task, "approve").await)
            });
            timer.await.unwrap();
            let (said, status) = (click.await.unwrap(), lab.status(&wait).await);
            let fits = match &*said {
                "done" => status == "approved",
                "already_done" => status == "closed",
                _ => false,
            };
            assert!(fits, "{on:?} {said} {status}");
            ends.push(status);
            // What was left over of the loser is gone.
            assert_eq!(lab.task(&boss, &wait).await, None);
            assert_eq!(later.run_due_once().await.unwrap(), 0);
        }
        lab.verified().await;
    }
}

/// Case 4: workers whose clocks differ by more than a lease take the same timers from each other;
/// each fires once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn case_4_a_timer_fires_once_whoever_lost_its_lease() {
    for on in BOTH {
        let lab = lab(on).await;
        user(&lab.site, "boss", &["approver"]).await;
        let mut waits = vec![];
        for _ in 0..24 {
            waits.push(lab.submitted("wait", json!({})).await);
        }
        let start = Clock::fixed("2026-03-03".parse().unwrap(), 13).now();
        let workers = (0..4).map(|n| {
            let clock = Clock::fixed("2026-03-03".parse().unwrap(), 20 + n);
            clock.move_to(start + TimeDelta::seconds(61 * n as i64));
            let site = lab.site.at(clock);
            async move {
                // Who comes too late is told so, and that is no failure of the work.
                let _ = site.run_due_once().await;
            }
        });
        together(workers.collect::<Vec<_>>()).await;
        // A worker may have given work back that it could not do: later it is done.
        let clock = Clock::fixed("2026-03-04".parse().unwrap(), 30);
        lab.site.at(clock).run_due_once().await.unwrap();
        for wait in &waits {
            assert_eq!(lab.status(wait).await, "closed");
            assert_eq!(lab.acts(wait).await, ["timer", "submit", "create"]);
        }
        lab.verified().await;
    }
}

/// Case 5: a start sent again, at once and afterwards, is one start.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn case_5_a_start_sent_again_is_one_start() {
    for on in BOTH {
        let lab = lab(on).await;
        let boss = user(&lab.site, "boss", &["approver"]).await;
        for _ in 0..6 {
            let memo = lab.create("memo", json!({})).await;
            let key = key();
            let answers = together((0..16).map(|_| {
                let (lab, memo, key) = (lab.clone(), memo.clone(), key.clone());
                async move { lab.submit_by(&memo, &key).await }
            }))
            .await;
            let versions: Vec<_> = answers.into_iter().map(|a| a.unwrap().version).collect();
            assert_eq!(versions, [2; 16], "{on:?}");
            let again = lab.submit_by(&memo, &key).await.unwrap();
            assert!(again.replayed);
            assert_eq!(lab.acts(&memo).await, ["submit", "create"]);
            let tasks = lab.tasks(&boss).await;
            assert_eq!(tasks.iter().filter(|t| t.0 == memo.id).count(), 1);
        }
        lab.verified().await;
    }
}

/// Case 6: the deciding vote and an added seat at the same moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn case_6_the_last_vote_and_an_added_seat() {
    for on in BOTH {
        let lab = lab(on).await;
        let mut people = vec![];
        for role in ["approver", "second", "third"] {
            people.push(user(&lab.site, role, &[role]).await);
        }
        let guest = user(&lab.site, "guest", &[]).await;
        for _ in 0..20 {
            let vote = lab.submitted("vote", json!({})).await;
            let mut tasks = vec![];
            for by in &people {
                tasks.push(lab.task(by, &vote).await.unwrap());
            }
            lab.complete(&people[0], tasks[0], "approve").await.unwrap();
            let (a, b) = (lab.clone(), lab.clone());
            let (second, third) = (people[1].clone(), people[2].clone());
            let (votes, adds) = (tasks[1], tasks[2]);
            let last = tokio::spawn(async move { a.complete(&second, votes, "approve").await });
            let who = vec![guest.user.id];
            let added = tokio::spawn(async move { word(b.add_seats(&third, adds, who).await) });
            last.await.unwrap().unwrap();
            match &*added.await.unwrap() {
                // Two of four are not enough: it goes on, and the guest decides.
                "done" => {
                    assert_eq!(lab.status(&vote).await, "submitted");
                    let task = lab.task(&guest, &vote).await.unwrap();
                    lab.complete(&guest, task, "approve").await.unwrap();
                }
                "already_done" => assert_eq!(lab.task(&guest, &vote).await, None),
                other => panic!("{on:?}: {other}"),
            }
            assert_eq!(lab.status(&vote).await, "approved");
            assert_eq!(lab.task(&people[2], &vote).await, None);
        }
        lab.verified().await;
    }
}

/// Votes on one ballot, all at once: nobody is sent away because others were faster.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn votes_on_one_ballot_all_count() {
    for on in BOTH {
        let lab = lab(on).await;
        let people = crowd(&lab, "approver", 24).await;
        let chair = user(&lab.site, "chair", &["second"]).await;
        user(&lab.site, "third", &["third"]).await;
        let vote = lab.submitted("vote", json!({})).await;
        let task = lab.task(&chair, &vote).await.unwrap();
        let others = people.iter().map(|p| p.user.id).collect();
        lab.add_seats(&chair, task, others).await.unwrap();
        // 27 seats; 60 % are 17 votes.
        // Besides his own seat everybody may take the one of the role.
        let last = lab.tasks(&people[23]).await;
        let mut tasks = vec![];
        for by in people.iter().take(16) {
            let mine = lab.tasks(by).await;
            let own = mine.into_iter().find(|t| !last.contains(t));
            tasks.push((by.clone(), own.unwrap().1));
        }
        let answers = together(tasks.into_iter().map(|(by, task)| {
            let lab = lab.clone();
            async move { word(lab.complete(&by, task, "approve").await) }
        }))
        .await;
        assert_eq!(
            counted(answers),
            BTreeMap::from([("done".into(), 16)]),
            "{on:?}"
        );
        assert_eq!(lab.status(&vote).await, "submitted");
        lab.complete(&chair, task, "approve").await.unwrap();
        assert_eq!(lab.status(&vote).await, "approved");
        lab.verified().await;
    }
}

/// Case 7: one branch sends everything back while the other is done. Whichever comes first, the
/// round begins again whole, and nothing of the first one counts in the second.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn case_7_a_return_against_a_sibling_that_is_done() {
    for on in BOTH {
        let lab = lab(on).await;
        let mut people = vec![];
        for role in ["approver", "second", "third"] {
            people.push(user(&lab.site, role, &[role]).await);
        }
        let [boss, left, right] = &people[..] else {
            unreachable!("three people")
        };
        let approve = async |by: &Caller, of: &Done| {
            let task = lab.task(by, of).await.expect("a task");
            lab.complete(by, task, "approve").await.unwrap();
        };
        for _ in 0..20 {
            let round = lab.submitted("round", json!({})).await;
            approve(boss, &round).await;
            let back = lab.task(left, &round).await.unwrap();
            let on = lab.task(right, &round).await.unwrap();
            let (a, b) = (lab.clone(), lab.clone());
            let (left_by, right_by) = (left.clone(), right.clone());
            let back = tokio::spawn(async move { a.send_back(&left_by, back, "first").await });
            let sibling =
                tokio::spawn(async move { word(b.complete(&right_by, on, "approve").await) });
            back.await.unwrap().unwrap();
            let sibling = sibling.await.unwrap();
            assert!(["done", "already_done"].contains(&&*sibling), "{sibling}");
            assert_eq!(lab.task(left, &round).await, None);
            assert_eq!(lab.task(right, &round).await, None);
            approve(boss, &round).await;
            approve(left, &round).await;
            // The vote of the first round joins nothing.
            assert_eq!(lab.task(boss, &round).await, None);
            approve(right, &round).await;
            approve(boss, &round).await;
            assert_eq!(lab.status(&round).await, "approved");
        }
        lab.verified().await;
    }
}

/// Case 9: a record edited after it was looked at is not submitted as it was seen.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn case_9_a_record_edited_since_the_preview_is_not_submitted() {
    for on in BOTH {
        let lab = lab(on).await;
        user(&lab.site, "boss", &["approver"]).await;
        for _ in 0..10 {
            let memo = lab.create("memo", json!({ "text": "seen" })).await;
            let preview = lab.site.preview(&lab.clerk, &memo.form, memo.id).await;
            assert!(!preview.unwrap().path.is_empty());
            let (a, b) = (lab.clone(), lab.clone());
            let (one, two) = (memo.clone(), memo.clone());
            let edit =
                tokio::spawn(async move { word(a.change(&one, json!({ "text": "new" })).await) });
            let submit = tokio::spawn(async move { word(b.submit(&two).await) });
            let answers = [edit.await.unwrap(), submit.await.unwrap()];
            let sheet = lab.site.sheet(&lab.clerk, &memo.form, memo.id).await;
            let record = sheet.unwrap().record;
            let found = (
                answers[0].as_str(),
                answers[1].as_str(),
                record.status.as_str(),
                record.values["text"].as_str().unwrap(),
            );
            let fits = matches!(
                found,
                ("done", "stale_version", "draft", "new")
                    | ("stale_version", "done", "submitted", "seen")
            );
            assert!(fits, "{on:?} {found:?}");
            assert_eq!(record.version, 2);
        }
        lab.verified().await;
    }
}

/// Case 10: whoever holds the office when it is submitted decides, not who held it in the preview.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn case_10_people_are_those_of_the_submit_not_of_the_preview() {
    for on in BOTH {
        let lab = lab(on).await;
        let unit = lab.create("unit", json!({ "code": "north" })).await.id;
        user(&lab.site, "old", &["head@north"]).await;
        let ask = lab.create("ask", json!({ "unit": unit })).await;
        let preview = lab.site.preview(&lab.clerk, &ask.form, ask.id).await;
        let preview = serde_json::to_string(&preview.unwrap()).unwrap();
        assert!(preview.contains("\"old\""), "{preview}");
        lab.site.set_active("old", false).await.unwrap();
        let new = user(&lab.site, "new", &["head@north"]).await;
        lab.submit(&ask).await.unwrap();
        let task = lab.task(&new, &ask).await.expect("the new head's task");
        lab.complete(&new, task, "approve").await.unwrap();
        assert_eq!(lab.status(&ask).await, "approved");
        lab.verified().await;
    }
}

/// Case 11: seats that pass by themselves in a circle end in an incident, and nothing hangs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn case_11_a_circle_of_passing_seats_ends_in_an_incident() {
    for on in BOTH {
        let lab = lab(on).await;
        let once = lab.submitted("circle", json!({})).await;
        assert_eq!(once.status, "approved");
        let circle = lab.submitted("circle", json!({ "again": true })).await;
        assert_eq!(circle.status, "submitted");
        let flow = lab.site.flow(&lab.clerk, &circle.form, circle.id).await;
        let flow = serde_json::to_string(&flow.unwrap()).unwrap();
        assert!(flow.contains("\"self\""), "{flow}");
        lab.verified().await;
    }
}
