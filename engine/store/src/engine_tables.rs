//! The engine's own tables. A step once released is never changed, only followed by another.

/// Every step so far, in order.
pub(crate) const STEPS: &[&str] = &[FIRST, UPLOADS, NUMBERS];

const UPLOADS: &str = r#"
-- Who sent which file, so that a hash alone opens nothing.
create table upload(
  "user" {id} not null, hash {text} not null, size {int} not null, at {moment} not null,
  primary key("user", hash)){clustered};
create index upload_hash on upload(hash);
"#;

const NUMBERS: &str = r#"
-- The catalogue's number with which a revision came, and with which an instance began.
alter table package add column number {int};
update package set number = (select count(*) from package q
  where q.published_at < package.published_at
  or q.published_at = package.published_at and (q.name < package.name
    or q.name = package.name and q.revision <= package.revision));
alter table instance add column catalogue {int};
update instance set catalogue = coalesce((select max(p.number) from package p
  where substr(instance.workflow, 1, length(p.name) + 1) = p.name || '/'
  and p.revision <= instance.revision), 0);
"#;

const FIRST: &str = r#"
-- What the tables of forms and ledgers really look like.
create table shape(
  tab {text} not null, col {text} not null, kind {text} not null, retired {bool} not null,
  primary key(tab, col)){clustered};
create table site(key {text} primary key, value {text} not null){clustered};
create table package(
  name {text} not null, revision {int} not null, version {text} not null, hash {text} not null,
  published_at {moment} not null, published_by {id},
  primary key(name, revision)){clustered};
create table package_file(
  name {text} not null, revision {int} not null, path {text} not null, body {bytes} not null,
  primary key(name, revision, path));

create table "user"(
  id {id} primary key, login {text} not null, name {text} not null, person {id},
  language {text} not null, password {text}, active {bool} not null, epoch {int} not null,
  created_at {moment} not null){clustered};
create unique index user_login on "user"(login);
create index user_person on "user"(person);
create table user_role(
  "user" {id} not null, role {text} not null, within {id} not null,
  primary key("user", role, within)){clustered};
create index user_role_role on user_role(role, within);
create table session(
  hash {bytes} primary key, "user" {id} not null, epoch {int} not null, csrf {text} not null,
  agent {text} not null, created_at {moment} not null, seen_at {moment} not null,
  until {moment} not null){clustered};
create index session_of on session("user");
create table token(
  id {id} primary key, hash {bytes} not null, "user" {id} not null, epoch {int} not null,
  name {text} not null, created_at {moment} not null, seen_at {moment}, until {moment}){clustered};
create unique index token_hash on token(hash);
create index token_of on token("user");
create table login_attempt(
  key {text} not null, at {moment} not null, id {id} not null,
  primary key(key, at, id)){clustered};
create table idempotency(
  "user" {id} not null, key {text} not null, hash {bytes} not null, status {int}, body {text},
  at {moment} not null,
  primary key("user", key));

create table instance(
  id {id} primary key, workflow {text} not null, revision {int} not null, form {text} not null,
  record {id} not null, record_version {int} not null, status {text} not null, rev {int} not null,
  state {text} not null, started_by {id} not null, started_at {moment} not null,
  ended_at {moment}){clustered};
create index instance_record on instance(record);
create table task(
  id {id} primary key, instance {id} not null, form {text} not null, record {id} not null,
  node {text} not null, attempt {int} not null, seat {text} not null, role {text}, within {id},
  holder {id}, status {text} not null, opened_at {moment} not null, due_at {moment},
  done_at {moment}, outcome {text}, opinion {text}, acted_by {id}, title {text} not null,
  started_by {id} not null){clustered};
create index task_instance on task(instance);
create index task_holder on task(holder, opened_at) where status = 'open';
create index task_role on task(role, opened_at) where status = 'open' and holder is null;
create index task_acted on task(acted_by, done_at) where acted_by is not null;
create table event(
  instance {id} not null, seq {int} not null, at {moment} not null, actor {id}, on_behalf_of {id},
  kind {text} not null, payload {text} not null, hash {bytes} not null, prev {bytes} not null,
  primary key(instance, seq)){clustered};
create table participant(
  principal {text} not null, form {text} not null, record {id} not null,
  primary key(principal, form, record)){clustered};

create table job(
  id {id} primary key, kind {text} not null, subject {text}, payload {text} not null,
  due_at {moment} not null, attempts {int} not null, lease {id}, dead {bool} not null,
  error {text}, created_at {moment} not null){clustered};
create index job_due on job(due_at) where dead = false;
create index job_subject on job(subject) where subject is not null;
create table outbox(
  id {id} primary key, kind {text} not null, subject {text}, payload {text} not null,
  due_at {moment} not null, attempts {int} not null, lease {id}, dead {bool} not null,
  error {text}, created_at {moment} not null){clustered};
create index outbox_due on outbox(due_at) where dead = false;
create index outbox_subject on outbox(subject, id) where subject is not null;
create table notice(
  id {id} primary key, "user" {id} not null, at {moment} not null, kind {text} not null,
  form {text}, record {id}, args {text} not null, read_at {moment}){clustered};
create index notice_user on notice("user", id);
create table stream(
  id {id} primary key, at {moment} not null, principal {text} not null, kind {text} not null,
  form {text}, record {id}){clustered};
create index stream_at on stream(at);

create table series(
  series {text} not null, per {text} not null, next {int} not null,
  primary key(series, per)){clustered};
create table change(
  record {id} not null, version {int} not null, form {text} not null, at {moment} not null,
  "by" {id} not null, act {text} not null, diff {text} not null,
  primary key(record, version)){clustered};
create table comment(
  id {id} primary key, form {text} not null, record {id} not null, at {moment} not null,
  "by" {id} not null, body {text} not null, mentions {text} not null){clustered};
create index comment_record on comment(record, id);
create table view(
  id {id} primary key, "user" {id} not null, form {text} not null, name {text} not null,
  body {text} not null, shared {bool} not null, position {int} not null){clustered};
create index view_form on view(form);
create table file(
  hash {text} primary key, size {int} not null, media {text} not null,
  created_at {moment} not null, "by" {id} not null){clustered};
create table file_use(
  record {id} not null, hash {text} not null, form {text} not null, field {text} not null,
  primary key(record, hash, field)){clustered};
create index file_use_hash on file_use(hash);

create table posting(
  id {id} primary key, form {text} not null, record {id} not null, version {int} not null,
  kind {text} not null, reverses {id}, date {date} not null, seq {int} not null,
  rules {text} not null, ledgers {text} not null, hash {bytes} not null, at {moment} not null, "by" {id} not null){clustered};
create unique index posting_once on posting(record, version, kind);
create table audit(
  id {id} primary key, at {moment} not null, actor {id}, on_behalf_of {id}, act {text} not null,
  form {text}, record {id}, version {int}, detail {text} not null, block {int}){clustered};
create index audit_open on audit(id) where block is null;
create index audit_record on audit(record) where record is not null;
create table audit_block(
  block {int} primary key, at {moment} not null, rows {int} not null, prev {bytes} not null,
  hash {bytes} not null){clustered};
{search}
{insert_only:event}
{insert_only:posting}
{insert_only:change}
"#;
