//! The rows an honest engine must write for one approval cycle, and nothing else: what the raw
//! limit is measured with.
//!
//! Handing in writes a document of twenty columns, five lines, an instance and a task; a decision
//! closes a task, adds to the history and opens the next; the last decision also changes the
//! document and writes five entries and five balances.

/// Tables and the indexes that reading them needs; the same text for both databases.
pub const TABLES: &str = "
    create table doc(
      id bigint primary key, site bigint not null, form bigint not null, number text not null,
      status text not null, version bigint not null, made_by bigint not null,
      made_at bigint not null, changed_at bigint not null, title text, partner bigint,
      total bigint, currency text, day text, due text, note text, department text,
      priority bigint, place text, more text);
    create index doc_list on doc(form, status, made_at);
    create table doc_line(
      id bigint primary key, doc bigint not null, n bigint not null, part bigint not null,
      quantity bigint, price bigint, discount bigint, amount bigint);
    create index doc_line_doc on doc_line(doc);
    create table run(
      id bigint primary key, doc bigint not null, workflow bigint not null,
      status text not null, node text not null, began_at bigint not null);
    create index run_doc on run(doc);
    create table todo(
      id bigint primary key, run bigint not null, node text not null, holder bigint not null,
      status text not null, opened_at bigint not null, done_at bigint);
    create index todo_inbox on todo(holder, status);
    create table past(
      id bigint primary key, run bigint not null, doc bigint not null, who bigint not null,
      act text not null, at bigint not null, said text);
    create index past_doc on past(doc);
    create table entry(
      id bigint primary key, doc bigint not null, n bigint not null, part bigint not null,
      account bigint not null, quantity bigint not null, amount bigint not null,
      at bigint not null);
    create index entry_part on entry(part, account, at);
    create table balance(
      part bigint not null, account bigint not null, quantity bigint not null,
      amount bigint not null, primary key(part, account));
";

pub const DOC: &str = "insert into doc values ($1, 1, 7, $2, 'pending', 1, 42, $3, $3, \
    'Purchase of parts', 77, 14250, 'EUR', '2026-11-22', '2026-12-22', $4, 'production', 2, \
    'main', $5)";
pub const LINE: &str = "insert into doc_line values ($1, $2, $3, $4, 2, 1500, 5, 2850)";
pub const RUN: &str = "insert into run values ($1, $1, 3, 'running', 'manager', $2)";
pub const WAITING: &str = "insert into todo values ($1, $2, $3, $4, 'open', $5, null)";
pub const DECIDED: &str =
    "update todo set status = 'done', done_at = $1 where id = $2 and status = 'open'";
pub const PAST: &str = "insert into past values ($1, $2, $2, 42, 'approve', $3, 'ok')";
pub const DOC_DONE: &str = "update doc set status = 'posted', version = version + 1, \
    changed_at = $1 where id = $2 and version = 1";
pub const ENTRY: &str = "insert into entry values ($1, $2, $3, $4, 1, 2, 2850, $5)";
pub const BALANCE: &str = "insert into balance values ($1, 1, 2, 2850) \
    on conflict(part, account) do update set quantity = balance.quantity + excluded.quantity, \
    amount = balance.amount + excluded.amount";

/// PostgreSQL gets the rows of a table in one statement. The balances come in the order of their
/// key, or two of them could wait for each other.
pub const LINES_AT_ONCE: &str = "insert into doc_line \
    select $1 + i, $2, i, p, 2, 1500, 5, 2850 from unnest($3::bigint[]) with ordinality u(p, i)";
pub const ENTRIES_AT_ONCE: &str = "insert into entry \
    select $1 + i, $2, i, p, 1, 2, 2850, $4 from unnest($3::bigint[]) with ordinality u(p, i)";
pub const BALANCES_AT_ONCE: &str = "insert into balance \
    select p, 1, 2, 2850 from unnest($1::bigint[]) u(p) order by p \
    on conflict(part, account) do update set quantity = balance.quantity + excluded.quantity, \
    amount = balance.amount + excluded.amount";

/// The settings a site's writer has, so that both sides flush and cache alike.
pub const SETTINGS: &str = "
    pragma journal_mode = wal; pragma synchronous = full; pragma temp_store = memory;
    pragma cache_size = -32768; pragma mmap_size = 0; pragma wal_autocheckpoint = 8000;
    pragma journal_size_limit = 67108864;";

/// A page of the list of S5 as somebody would write it by hand: rows of a scope, one partner,
/// the latest first. The names are those of the tables a site makes from the package.
pub const PAGE: &str = "select t.* from f_trial__paper t \
    where t.created_by = $1 and t.partner = $2 order by t.date desc, t.id desc limit 50";

pub const NOTE: &str = "A line of remark text as a person would type it in a form";
pub const MORE: &str = r#"{"colour":"blue","reference":"PO-2026-000123","site":"north"}"#;
