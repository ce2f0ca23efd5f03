//! Proof of the proof: each fault that `verify` claims to find is planted past the store, found
//! and named, on both databases. The numbers are those of page 6.

use crate::{
    house::{BOTH, On},
    lab::{Lab, key, lab, together, user},
};
use runtime::Clock;
use serde_json::json;

/// A fault: what it is, the table it is in, how it gets there, and the check that finds it.
type Fault = (&'static str, &'static str, &'static str, &'static str);

/// All of them. After each, its table is put back as it was.
const FAULTS: &[Fault] = &[
    // I1, I2: what was answered is there, once.
    (
        "I1 a key without an answer",
        "idempotency",
        "update idempotency set body = null, status = null where key = (select max(key) from idempotency)",
        "keys",
    ),
    (
        "I1 an answered command without its effect",
        "audit",
        "delete from audit where id = (select id from audit where act = 'submit' order by id limit 1)",
        "keys",
    ),
    (
        "I2 a command that was done twice",
        "audit",
        "update audit set version = 1 where id = (select id from audit where act = 'submit' order by id limit 1)",
        "keys",
    ),
    // I5: balances are the fold.
    (
        "I5 a balance that is more than its entries",
        "b_lab__stock",
        "update b_lab__stock set on_hand = on_hand + 1",
        "balances",
    ),
    (
        "I5 a balance that is gone",
        "b_lab__stock",
        "delete from b_lab__stock",
        "balances",
    ),
    (
        "I5 a balance that forgot its last day",
        "b_lab__stock",
        "update b_lab__stock set _date = '2020-01-01'",
        "balances",
    ),
    (
        "I5 a balance that forgot its place in the order",
        "b_lab__stock",
        "update b_lab__stock set _seq = _seq - 1",
        "balances",
    ),
    (
        "I5 a month with another turnover",
        "p_lab__work",
        "update p_lab__work set hours__in = hours__in + 1",
        "turnover",
    ),
    (
        "I5 a month that is gone",
        "p_lab__work",
        "delete from p_lab__work",
        "turnover",
    ),
    // I6: postings have exactly their entries.
    (
        "I6 an entry that is gone",
        "e_lab__work",
        "delete from e_lab__work",
        "postings",
    ),
    (
        "I6 an entry of another day of the month",
        "e_lab__work",
        "update e_lab__work set _date = '2026-03-30'",
        "postings",
    ),
    (
        "I6 an entry of another rule",
        "e_lab__stock",
        "update e_lab__stock set _rule = 'other'",
        "postings",
    ),
    (
        "I6 a posting that was written otherwise",
        "posting",
        "update posting set seq = seq, hash = (select hash from posting where kind = 'reverse') where kind = 'post'",
        "postings",
    ),
    (
        "I6 a reversal of nothing",
        "posting",
        "update posting set reverses = null where kind = 'reverse'",
        "postings",
    ),
    (
        "I6 a record that stands although it was reversed",
        "f_lab__issue",
        "update f_lab__issue set status = 'posted' where status = 'reversed'",
        "postings",
    ),
    (
        "I6 a record reversed without a reversal",
        "f_lab__memo",
        "update f_lab__memo set status = 'reversed' where status = 'posted'",
        "postings",
    ),
    (
        "I6 entries without their posting",
        "posting",
        "delete from posting where kind = 'post'",
        "foreign_keys",
    ),
    // I7: whatever lives has a reason to.
    (
        "I7 a timer that no work stands for",
        "job",
        "delete from job",
        "waiting",
    ),
    (
        "I7 a flow whose tasks are gone",
        "task",
        "delete from task where status = 'open'",
        "waiting",
    ),
    (
        "I7 a flow that is said to be over",
        "instance",
        "update instance set ended_at = started_at where ended_at is null",
        "waiting",
    ),
    (
        "I7 an incident that nobody is told of",
        "instance",
        "update instance set status = 'running' where status = 'incident'",
        "replay",
    ),
    // I8: one completion a task.
    (
        "I8 a task open after it was done",
        "task",
        "update task set status = 'open', done_at = null where status = 'done'",
        "completions",
    ),
    (
        "I8 a task done without the flow",
        "task",
        "update task set status = 'done', done_at = opened_at where status = 'open'",
        "completions",
    ),
    (
        "I8 a task completed by somebody else",
        "task",
        "update task set acted_by = started_by where status = 'done'",
        "completions",
    ),
    (
        "I8 a task without the time it was done at",
        "task",
        "update task set done_at = null where status = 'done'",
        "completions",
    ),
    // I9: the audit is whole.
    (
        "I9 a row of the audit with another story",
        "audit",
        "update audit set detail = '{}' where block = 1 and act = 'create'",
        "audit",
    ),
    (
        "I9 a sealed row that is gone",
        "audit",
        "delete from audit where block = 1 and act = 'create'",
        "audit",
    ),
    (
        "I9 a row that is gone before it was sealed",
        "audit",
        "delete from audit where block is null",
        "audit",
    ),
    (
        "I9 a row that never happened",
        "audit",
        "update audit set version = 77 where block is null",
        "audit",
    ),
    (
        "I9 a block with another hash",
        "audit_block",
        "update audit_block set hash = prev",
        "audit",
    ),
    (
        "I9 a chain whose end is gone",
        "audit_block",
        "delete from audit_block where block = (select max(block) from audit_block)",
        "audit",
    ),
    (
        "I9 a change behind the audit's back",
        "change",
        "insert into change(record, version, form, at, \"by\", act, diff) select record, 99, form, at, \"by\", act, diff from change where act = 'submit'",
        "audit",
    ),
    // I11: numbers.
    (
        "I11 a number that was left out",
        "f_lab__memo",
        "update f_lab__memo set number = null where number = 'M-0001'",
        "series",
    ),
    (
        "I11 a counter that ran ahead",
        "series",
        "update series set next = next + 1 where series = 'lab/memo/number'",
        "series",
    ),
    // I13: versions and events.
    (
        "I13 a version that was left out",
        "f_lab__memo",
        "update f_lab__memo set version = version + 1",
        "versions",
    ),
    (
        "I13 a record written by somebody else",
        "f_lab__memo",
        "update f_lab__memo set updated_by = id",
        "versions",
    ),
    (
        "I13 a change that is gone",
        "change",
        "delete from change where version = 1",
        "versions",
    ),
    (
        "I13 a history that is gone",
        "change",
        "delete from change",
        "versions",
    ),
    (
        "I13 an event that is gone",
        "event",
        "delete from event where seq = 2",
        "events",
    ),
    (
        "I13 an end that never came",
        "event",
        "delete from event where kind = 'ended'",
        "replay",
    ),
    (
        "I13 an event of somebody else",
        "event",
        "update event set actor = instance where seq = 1",
        "events",
    ),
    (
        "I13 an event that says something else",
        "event",
        "update event set payload = (select payload from event where seq = 2 limit 1) where seq = 1",
        "events",
    ),
    (
        "I13 a state that events do not lead to",
        "instance",
        "update instance set state = (select state from instance where ended_at is null and status = 'running' limit 1)",
        "replay",
    ),
    // I14: what belongs together.
    (
        "I14 lines without their record",
        "f_lab__issue",
        "delete from f_lab__issue",
        "foreign_keys",
    ),
    (
        "I14 links that lead nowhere",
        "f_lab__item",
        "delete from f_lab__item",
        "foreign_keys",
    ),
    (
        "I14 tasks without their instance",
        "instance",
        "delete from instance",
        "foreign_keys",
    ),
    (
        "I14 a file nobody knows",
        "file",
        "delete from file",
        "foreign_keys",
    ),
];

/// Statements past the store, as of a stranger with a shell.
async fn raw(lab: &Lab, sql: &str) {
    let Some(url) = &lab.options.database else {
        let file = lab.options.data.join(store::FILE);
        let c = rusqlite::Connection::open(file).unwrap();
        c.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
        c.execute_batch("pragma synchronous = off").unwrap();
        let guards: Vec<String> = c
            .prepare("select name from sqlite_schema where type = 'trigger' and sql like '%raise%'")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        for guard in guards {
            c.execute_batch(&format!("drop trigger \"{guard}\""))
                .unwrap();
        }
        return c
            .execute_batch(sql)
            .unwrap_or_else(|e| panic!("{sql}: {e}"));
    };
    use sqlx::{Connection, Executor};
    let mut c = sqlx::PgConnection::connect(url).await.unwrap();
    // Whoever owns the database can switch its guards off.
    let sql = format!(
        "set search_path = {}; set session_replication_role = replica; {sql}",
        lab.options.schema
    );
    let done = c.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(sql.clone())));
    done.await.unwrap_or_else(|e| panic!("{sql}: {e}"));
}

/// A site in which there is something of everything.
async fn lived(on: On) -> Lab {
    let lab = lab(on).await;
    let boss = user(&lab.site, "boss", &["approver"]).await;
    let bolt = lab.item("bolt", "10").await;
    let lines = json!([{ "item": bolt, "quantity": "2" }]);
    let issue = lab
        .submitted("issue", json!({ "lines": lines.clone() }))
        .await;
    let (form, why) = (issue.form.clone(), "");
    let site = &lab.site;
    site.reverse(&lab.clerk, &key(), &form, issue.id, issue.version, why)
        .await
        .unwrap();
    let proof = site
        .upload(&lab.clerk, "proof.txt", "seen".into())
        .await
        .unwrap();
    let memo = lab.submitted("memo", json!({ "proof": [proof] })).await;
    let task = lab.task(&boss, &memo).await.unwrap();
    lab.complete(&boss, task, "approve").await.unwrap();
    lab.submitted("memo", json!({})).await;
    lab.submitted("wait", json!({})).await;
    lab.submitted("circle", json!({ "again": true })).await;
    // Two blocks of the audit, and rows in none.
    for _ in 0..2 {
        seal(&lab).await;
        lab.submitted("memo", json!({})).await;
    }
    lab.create("memo", json!({})).await;
    lab
}

/// Lets the engine seal the audit.
async fn seal(lab: &Lab) {
    let site = lab.site.at(Clock::fixed("2026-03-02".parse().unwrap(), 99));
    let jobs = site.spawn_jobs();
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    jobs.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_planted_fault_is_found_and_named() {
    together(BOTH.map(planted)).await;
}

async fn planted(on: On) {
    let lab = lived(on).await;
    lab.verified().await;
    for (what, table, plant, check) in FAULTS {
        let plant = format!("create table kept as select * from {table}; {plant};");
        raw(&lab, &plant).await;
        let found = lab.wrong().await;
        assert!(
            found.iter().any(|code| code == check),
            "{on:?}: {what}: not {check} but {found:?}"
        );
        let mend = format!(
            "delete from {table}; insert into {table} select * from kept; drop table kept;"
        );
        raw(&lab, &mend).await;
    }
    // Nothing but the faults was ever wrong.
    lab.verified().await;
}

/// I12: a file that is gone, and one with other bytes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_changed_or_is_gone_is_named() {
    for on in BOTH {
        let lab = lab(on).await;
        let proof = lab
            .site
            .upload(&lab.clerk, "proof.txt", "seen".into())
            .await
            .unwrap();
        let hash = proof.hash.to_string();
        lab.create("memo", json!({ "proof": [proof] })).await;
        lab.verified().await;
        let file = lab
            .options
            .data
            .join("blobs")
            .join(&hash[..2])
            .join(&hash[2..]);
        for fault in [Some("sewn"), None] {
            match fault {
                Some(bytes) => std::fs::write(&file, bytes).unwrap(),
                None => std::fs::remove_file(&file).unwrap(),
            }
            let verified = lab.site.verify().await.unwrap();
            let blobs = verified.checks.iter().find(|c| c.code == "blobs").unwrap();
            assert!(!blobs.ok && blobs.say.contains(&hash), "{blobs:?}");
            assert_eq!(lab.wrong().await, ["blobs"]);
        }
    }
}

/// I11: two records with one number, which an index of ours would have refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_given_twice_is_named() {
    for on in BOTH {
        let lab = lab(on).await;
        for _ in 0..2 {
            lab.create("ask", json!({ "unit": lab.create("unit", json!({ "code": uuid::Uuid::new_v4().to_string() })).await.id })).await;
        }
        lab.verified().await;
        raw(
            &lab,
            "drop index i_f_lab__ask__number; update f_lab__ask set number = 'A-0001';",
        )
        .await;
        assert_eq!(lab.wrong().await, ["series"]);
    }
}

/// I14: pages of the file that are not what SQLite wrote.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_database_file_is_told() {
    let lab = lab(On::Sqlite).await;
    lab.create("memo", json!({ "text": "kept" })).await;
    let options = lab.options.clone();
    let file = options.data.join(store::FILE);
    let page: i64 = {
        let c = rusqlite::Connection::open(&file).unwrap();
        c.execute_batch("pragma wal_checkpoint(truncate)").unwrap();
        let sql = "select rootpage from sqlite_schema where name = 'change'";
        c.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    let dir = lab.close().await;
    let mut bytes = std::fs::read(&file).unwrap();
    let size = usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
    let start = (usize::try_from(page).unwrap() - 1) * size;
    // What kind of page it is, and where its rows are.
    bytes[start..start + 16].fill(0xFF);
    std::fs::write(&file, bytes).unwrap();
    let site = runtime::Site::open(options).await.unwrap();
    let verified = site.verify().await.unwrap();
    let wrong: Vec<_> = verified.checks.iter().filter(|c| !c.ok).collect();
    assert_eq!(
        (wrong.len(), &*wrong[0].code),
        (1, "integrity"),
        "{wrong:?}"
    );
    site.close().await;
    drop(dir);
}
