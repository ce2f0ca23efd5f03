//! What use cases answer: plain data, shaped as the HTTP interface shows it.

use model::{Id, Problem, Ref, value::Blob};
use serde::Serialize;
use serde_json::{Map, Value};

/// Somebody, by user.
#[derive(Clone, Debug, Serialize)]
pub struct Who {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
    pub name: String,
}

/// A record named by its title.
#[derive(Clone, Debug, Serialize)]
pub struct Named {
    pub id: Id,
    /// Empty where the caller may not read it.
    pub title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Health {
    pub status: &'static str,
    pub demo: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub logins: Vec<DemoLogin>,
}

#[derive(Clone, Debug, Serialize)]
pub struct DemoLogin {
    pub login: String,
    pub says: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct Me {
    pub user: MeUser,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub csrf: Option<String>,
    pub roles: Vec<HeldRole>,
    pub admin: bool,
    pub menu: Vec<MenuEntry>,
    pub counts: Counts,
    pub site: SiteName,
    pub languages: Vec<&'static str>,
    pub settings: Value,
}

#[derive(Clone, Debug, Serialize)]
pub struct MeUser {
    pub id: Id,
    pub login: String,
    pub name: String,
    pub language: String,
    pub person: Option<Named>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct HeldRole {
    pub role: String,
    pub label: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct MenuEntry {
    pub name: String,
    pub label: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ledger: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub register: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<MenuEntry>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct Counts {
    pub todo: u64,
    pub mine: u64,
    pub drafts: u64,
    pub copied: u64,
}

#[derive(Clone, Debug, Serialize)]
pub struct SiteName {
    pub name: String,
    pub version: &'static str,
    pub demo: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct Person {
    pub user: Id,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct FormEntry {
    pub form: String,
    pub label: String,
    pub module: String,
    pub module_label: String,
    pub kind: &'static str,
    pub may: Vec<model::Verb>,
}

/// A form as the caller may see it.
#[derive(Clone, Debug, Serialize)]
pub struct Definition {
    pub form: String,
    pub label: String,
    pub module: String,
    pub module_label: String,
    pub kind: &'static str,
    pub key: Option<String>,
    pub workflow: bool,
    pub revision: u64,
    pub may: Vec<model::Verb>,
    /// By name, in order; hidden ones are absent.
    pub fields: Map<String, Value>,
    pub layout: Vec<LayoutSection>,
    pub list: Vec<String>,
    pub makes: Vec<MakeEntry>,
    pub schema: Value,
}

#[derive(Clone, Debug, Serialize)]
pub struct LayoutSection {
    pub name: String,
    pub label: String,
    pub rows: Vec<Vec<String>>,
}

#[derive(Clone, Debug, Serialize)]
pub struct MakeEntry {
    pub make: String,
    pub label: String,
    pub to: String,
    pub to_label: String,
}

/// A page of a list.
#[derive(Clone, Debug, Serialize)]
pub struct Page {
    pub rows: Vec<Row>,
    pub next: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Row {
    pub id: Id,
    pub version: u64,
    pub status: String,
    pub title: String,
    /// Labels of the nodes where it waits.
    pub at: Vec<String>,
    pub values: Map<String, Value>,
    pub created_by: Who,
    pub created_at: String,
    pub updated_at: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct Count {
    pub count: u64,
    /// There are more than were counted.
    pub more: bool,
}

/// A record with everything a page needs to show and edit it.
#[derive(Clone, Debug, Serialize)]
pub struct Sheet {
    pub record: RecordView,
    pub looks: Map<String, Value>,
    pub findings: Vec<Finding>,
    pub acts: Vec<Act>,
    pub tasks: Vec<TaskRow>,
    pub at: Vec<Waiting>,
    /// Who stopped what runs for it, while it stands still.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspended: Option<Suspended>,
}

/// Who suspended an instance, and when.
#[derive(Clone, Debug, Serialize)]
pub struct Suspended {
    pub by: Who,
    pub at: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct RecordView {
    pub id: Option<Id>,
    pub form: String,
    pub version: u64,
    pub status: String,
    pub title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<Who>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_by: Option<Who>,
    pub parent: Option<Named>,
    pub values: Map<String, Value>,
}

/// Something about what was filled in; `refuse` stops the command, `warn` does not.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    pub code: String,
    pub at: String,
    pub level: &'static str,
    pub say: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check: Option<String>,
}

/// Something that may be done with a record, or not, and then why not.
#[derive(Clone, Debug, Serialize)]
pub struct Act {
    pub act: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub make: Option<String>,
    pub label: String,
    pub allowed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Of what steers the workflow and of `take_back`: whether a reason must be given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<&'static str>,
    /// Of `jump`: where to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<ReturnTarget>,
    /// Of `take_back`: the task it is done to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<Id>,
}

/// What came of handing everything of a user over.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct HandedOver {
    /// Instances whose tasks went over.
    pub moved: u32,
    /// Instances that stayed: the caller may not steer them, or the other may not decide there.
    pub left: u32,
}

/// Where a record waits.
#[derive(Clone, Debug, Serialize)]
pub struct Waiting {
    pub node: String,
    pub label: String,
    pub kind: &'static str,
    pub since: String,
    pub people: Vec<String>,
    pub late: bool,
}

/// What a command did.
#[derive(Clone, Debug, Serialize, serde::Deserialize)]
pub struct Done {
    pub form: Ref,
    pub id: Id,
    pub version: u64,
    pub status: String,
    pub number: Option<String>,
    /// The caller's next open task.
    pub next: Option<Id>,
    /// The command had been done before; this is its stored answer.
    #[serde(default)]
    pub replayed: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct Preview {
    pub path: Vec<PreviewStep>,
    pub findings: Vec<Finding>,
}

#[derive(Clone, Debug, Serialize)]
pub struct PreviewStep {
    pub node: String,
    pub label: String,
    pub kind: &'static str,
    pub people: Vec<SeatView>,
}

#[derive(Clone, Debug, Serialize)]
pub struct SeatView {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

/// Where a record has been and will go; a record that was never set off has no steps yet.
#[derive(Clone, Debug, Serialize)]
pub struct Flow {
    pub status: String,
    pub started_by: Option<Who>,
    pub started_at: Option<String>,
    pub ended_at: Option<String>,
    pub steps: Vec<FlowStep>,
}

#[derive(Clone, Debug, Serialize)]
pub struct FlowStep {
    pub node: String,
    pub label: String,
    pub kind: &'static str,
    pub attempt: u32,
    pub state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entered: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minutes: Option<i64>,
    pub seats: Vec<FlowSeat>,
}

#[derive(Clone, Debug, Serialize)]
pub struct FlowSeat {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<Id>,
    pub who: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    pub state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opinion: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<String>,
}

/// One line of a record's history.
#[derive(Clone, Debug, Serialize)]
pub struct Change {
    pub version: u64,
    pub at: String,
    pub by: Who,
    pub act: String,
    /// The act in words; of a decided task the outcome.
    pub act_label: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opinion: Option<String>,
    pub changes: Vec<Difference>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    pub at: String,
    pub label: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    pub old: Value,
    pub new: Value,
}

/// Remarks, newest first.
#[derive(Clone, Debug, Serialize)]
pub struct CommentPage {
    pub rows: Vec<Comment>,
    pub next: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Comment {
    pub id: Id,
    pub at: String,
    pub by: Who,
    pub text: String,
}

/// A file with its bytes.
#[derive(Clone, Debug)]
pub struct Download {
    pub blob: Blob,
    pub bytes: bytes::Bytes,
}

/// An answer of a look-up.
#[derive(Clone, Debug, Serialize)]
pub struct Choice {
    pub id: Id,
    pub title: String,
    pub key: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct TaskPage {
    pub rows: Vec<TaskRow>,
    pub next: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct TaskRow {
    pub id: Option<Id>,
    pub form: String,
    pub form_label: String,
    pub record: TaskRecord,
    pub node: String,
    pub label: String,
    pub opened_at: String,
    pub due_at: Option<String>,
    pub late: bool,
    pub started_by: Who,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    pub facts: Vec<Fact>,
    pub bulk: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct TaskRecord {
    pub id: Id,
    pub title: String,
    pub status: String,
    pub version: u64,
}

#[derive(Clone, Debug, Serialize)]
pub struct Fact {
    pub label: String,
    pub value: Value,
}

#[derive(Clone, Debug, Serialize)]
pub struct TaskSheet {
    pub task: TaskView,
    pub sheet: Sheet,
}

#[derive(Clone, Debug, Serialize)]
pub struct TaskView {
    pub id: Id,
    pub node: String,
    pub label: String,
    pub kind: &'static str,
    pub opened_at: String,
    pub due_at: Option<String>,
    pub late: bool,
    pub state: &'static str,
    pub operations: Vec<OperationView>,
}

#[derive(Clone, Debug, Serialize)]
pub struct OperationView {
    pub op: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    pub label: String,
    pub comment: &'static str,
    pub allowed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<ReturnTarget>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub then: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub how: Vec<&'static str>,
    /// Of `drop_seat`: whom.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<Who>,
}

#[derive(Clone, Debug, Serialize)]
pub struct ReturnTarget {
    pub node: String,
    pub label: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct LedgerEntry {
    pub ledger: String,
    pub label: String,
    pub module: String,
    pub module_label: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct LedgerDefinition {
    pub ledger: String,
    pub label: String,
    pub module: String,
    pub module_label: String,
    pub dimensions: Map<String, Value>,
    pub attributes: Map<String, Value>,
    pub measures: Map<String, Value>,
    pub constraints: Vec<ConstraintView>,
}

#[derive(Clone, Debug, Serialize)]
pub struct ConstraintView {
    pub name: String,
    pub say: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct Balances {
    pub rows: Vec<BalanceRow>,
    pub totals: Map<String, Value>,
    pub next: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct BalanceRow {
    pub key: Map<String, Value>,
    pub measures: Map<String, Value>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Turnovers {
    pub rows: Vec<TurnoverRow>,
}

#[derive(Clone, Debug, Serialize)]
pub struct TurnoverRow {
    pub key: Map<String, Value>,
    pub opening: Map<String, Value>,
    #[serde(rename = "in")]
    pub inward: Map<String, Value>,
    #[serde(rename = "out")]
    pub outward: Map<String, Value>,
    pub closing: Map<String, Value>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Entries {
    pub rows: Vec<EntryRow>,
    pub next: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct EntryRow {
    pub id: Id,
    pub date: String,
    pub posted_at: String,
    pub form: Option<String>,
    pub form_label: Option<String>,
    pub record: Option<Named>,
    pub kind: String,
    pub key: Map<String, Value>,
    pub attributes: Map<String, Value>,
    pub measures: Map<String, Value>,
}

#[derive(Clone, Debug, Serialize)]
pub struct SavedView {
    pub id: Id,
    pub name: String,
    pub query: Value,
    pub shared: bool,
    pub own: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct Notices {
    pub rows: Vec<Notice>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Notice {
    pub id: Id,
    pub at: String,
    pub say: String,
    pub body: String,
    pub form: Option<String>,
    pub record: Option<Id>,
    pub read: bool,
}

/// Something changed; who hears it fetches again what he shows.
#[derive(Clone, Debug, Serialize)]
pub struct StreamEvent {
    #[serde(skip)]
    pub id: String,
    pub form: String,
    pub record: Id,
    pub kind: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct PackageEntry {
    pub name: String,
    pub label: String,
    pub version: String,
    pub revision: u64,
    pub published_at: String,
    pub forms: usize,
    pub workflows: usize,
    pub ledgers: usize,
    pub stories: usize,
}

/// What a publish did, or would do.
#[derive(Clone, Debug, Serialize)]
pub struct Published {
    pub dry_run: bool,
    pub packages: Vec<PublishedPackage>,
    /// The statements for the tables, in order.
    pub statements: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct PublishedPackage {
    pub name: String,
    pub version: String,
    pub revision: u64,
    pub unchanged: bool,
}

/// What `verify` found.
#[derive(Clone, Debug, Serialize)]
pub struct Verified {
    pub ok: bool,
    pub checks: Vec<Checked>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Checked {
    pub code: String,
    pub ok: bool,
    pub say: String,
    pub count: u64,
}

#[derive(Clone, Debug, Serialize)]
pub struct BackedUp {
    pub to: String,
    pub files: u64,
    pub bytes: u64,
}

#[derive(Clone, Debug, Serialize)]
pub struct UserEntry {
    pub id: Id,
    pub login: String,
    pub name: String,
    pub admin: bool,
    pub active: bool,
    pub language: String,
}

/// Problems of a package, told in full.
pub type Problems = Vec<Problem>;
