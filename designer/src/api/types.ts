// The nouns of the HTTP API, as http.md says them. Numbers are strings with their exact digits.

export type Status = "draft" | "submitted" | "approved" | "posted" | "rejected" | "withdrawn" | "reversed" | "closed" | "returned";
export type Look = "edit" | "read" | "masked" | "hidden";
export type Kind =
  | "text" | "rich" | "number" | "money" | "quantity" | "date" | "month" | "moment" | "switch"
  | "choice" | "choices" | "link" | "lines" | "sequence" | "attachment" | "image";

export interface Link { id: string; title: string | null; key?: string | null }
export interface FileRef { hash: string; name: string; size: number; media: string }
export interface Masked { masked: true }
/** What was typed or pasted and is no value of its field. It stands where the value would, and never leaves the browser. */
export interface Unread { unread: string }
export type Line = { id: string } & { [field: string]: Value };
export type Value = string | boolean | string[] | Link | FileRef[] | Line[] | Masked | Unread | null | undefined;
export type Values = Record<string, Value>;

export interface Option { name: string; label: string; colour?: string }
export interface FieldDef {
  label: string;
  help?: string;
  kind: Kind;
  look: Look;
  typed: boolean;
  from: "default" | "copy" | "computed" | "live" | null;
  required: boolean | "depends";
  after_post?: boolean;
  lines?: number;
  max?: number | string;
  min?: number | string;
  format?: string;
  scale?: number;
  unit?: string;
  options?: Option[];
  to?: string;
  to_label?: string;
  fields?: Record<string, FieldDef>;
}
export interface Section { name: string; label: string; rows: string[][] }
export interface Make { make: string; label: string; to: string; to_label: string }
export type FormKind = "catalog" | "tree" | "document" | "settings";
export interface Definition {
  form: string;
  label: string;
  module: string;
  module_label: string;
  kind: FormKind;
  key: string | null;
  workflow: boolean;
  revision: number;
  may: string[];
  fields: Record<string, FieldDef>;
  layout: Section[];
  list: string[];
  makes: Make[];
}
export interface FormHead { form: string; label: string; module: string; module_label: string; kind: FormKind; may: string[] }

export interface MenuItem { name: string; label: string; form?: string; ledger?: string; register?: string; items?: MenuItem[] }
export interface View { id: string; name: string; query: ListQuery; shared: boolean; own?: boolean }
export interface ListQuery { filter?: Filter; sort?: string; columns?: string[]; q?: string }
export type Test = string | boolean | string[] | { [op: string]: string | boolean | string[] };
export type Filter = Record<string, Test>;

export interface Settings {
  density?: "28" | "32" | "40";
  theme?: "light" | "dark" | "auto";
  pinned?: { label: string; path: string }[];
  nav?: Record<string, boolean>;
}
export interface Me {
  user: { id: string; login: string; name: string; language: string; person: { id: string; title: string; form: string } | null; department?: string | null; branch?: string | null };
  csrf: string;
  roles: { role: string; label: string; within?: string | null }[];
  admin: boolean;
  menu: MenuItem[];
  counts: { todo: number; mine: number; drafts: number; copied: number };
  site: { name: string; version: string; demo: boolean };
  languages: string[];
  settings: Settings;
}
export interface Health { status: string; demo?: boolean; logins?: { login: string; says: string }[] }

export interface LookNow { look: Look; required: boolean; shown: boolean }
export interface Finding { code: string; at: string; level: "refuse" | "warn"; say: string; check?: string }
export interface Act {
  act: "edit" | "submit" | "withdraw" | "reverse" | "delete" | "make" | "jump" | "suspend" | "resume" | "terminate" | "take_back";
  make?: string; label: string; allowed: boolean; why?: string | null;
  comment?: "required" | "optional"; targets?: { node: string; label: string }[]; task?: string;
}
export interface Waiting { node: string; kind?: string; label: string; since: string; people: string[]; late: boolean }
export interface Person { id?: string; name: string }
export interface RecordBody {
  /** A new record has none yet. */
  id: string | null; form: string; version: number; status: Status; title: string | null;
  created_at?: string; created_by?: Person; updated_at?: string; updated_by?: Person | null;
  parent: Link | null; values: Values;
}
export interface Sheet {
  record: RecordBody;
  looks: Record<string, LookNow>;
  findings: Finding[];
  acts: Act[];
  tasks: TaskRow[];
  at: Waiting[];
  suspended?: { by: Person; at: string };
}
export interface ListRow {
  id: string; version: number; status: Status; title: string | null; at: string[];
  values: Values; created_by: Person; created_at: string; updated_at: string;
}
export interface Page<T> { rows: T[]; next: string | null }
export interface Count { count: number; more: boolean }

export interface TaskRow {
  id: string | null; form: string; form_label: string;
  record: { id: string; title: string | null; status: Status; version?: number };
  node: string | null; label: string | null; opened_at: string | null; due_at: string | null; late: boolean;
  started_by: Person | null; outcome?: string | null; amount?: string | null;
  facts: { label: string; value: Value }[]; bulk: boolean;
  steps?: string[]; waits?: string[];
}
export interface Operation {
  op: "complete" | "claim" | "unclaim" | "return" | "transfer" | "delegate" | "add_seat" | "drop_seat" | "take_back" | "remind" | "copy";
  outcome?: string; label: string; comment?: "required" | "optional" | "none"; allowed: boolean; why?: string | null;
  targets?: { node: string; label: string }[]; then?: "resume" | "rerun"; how?: string[]; users?: Person[];
}
export interface TaskBody { id: string; node: string; label: string; opened_at: string; due_at: string | null; state: string; operations: Operation[] }
export interface TaskSheet { task: TaskBody; sheet: Sheet }

export interface Seat { task?: string; who: string | null; role?: string | null; state: string; outcome?: string | null; opinion?: string | null; at?: string | null; since?: string | null }
export interface Step { node: string; label: string; kind: string; attempt: number; state: "done" | "open" | "returned" | "cancelled" | "expected"; entered?: string | null; left?: string | null; seats: Seat[] }
export interface FlowView { status: Status; started_by: Person | null; started_at: string | null; ended_at: string | null; steps: Step[] }
export interface PreviewNode { node: string; label: string; kind: string; people: { name: string; role?: string }[]; why?: string | null; certain?: boolean }
export interface Preview { path: PreviewNode[]; findings: Finding[] }
export interface Change { at: string; label: string; line?: number | string | null; old: Value; new: Value }
export interface HistoryRow { version: number; at: string; by: Person | null; act: string; act_label?: string; outcome?: string; opinion?: string | null; changes: Change[] }
export interface Comment { id: string; at: string; by: Person; text: string }
export interface PersonRow { user: string; name: string; department?: string | null; position?: string | null }
export interface Notice { id: string; at: string; say: string; body?: string; form: string | null; record: string | null; read: boolean }

export interface Dimension { label: string; kind: Kind; to?: string }
export interface Measure { label: string; kind: Kind; scale?: number; computed: boolean }
export interface LedgerDef { ledger: string; label: string; dimensions: Record<string, Dimension>; attributes: Record<string, Dimension>; measures: Record<string, Measure>; constraints: { name: string; say: string }[] }
export interface LedgerHead { ledger: string; label: string; module: string; module_label: string }
export type KeyValue = Link | string | null;
export type Sums = Record<string, string>;
export interface BalanceRow { key: Record<string, KeyValue>; measures: Sums }
export interface TurnoverRow { key: Record<string, KeyValue>; opening: Sums; in: Sums; out: Sums; closing: Sums }
export interface Entry { id: string; date: string; posted_at: string; form: string | null; form_label: string | null; record: { id: string; title: string | null } | null; kind: string; key: Record<string, KeyValue>; attributes: Record<string, KeyValue>; measures: Sums }

export interface ProblemBody { status: number; code: string; title: string; at?: string; findings?: Finding[]; with?: Record<string, unknown>; theirs?: Sheet; changed?: string[] }
