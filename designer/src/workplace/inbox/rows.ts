// The to-do list as a person reads it: by how urgent it is; whose it is and what it is about.
import type { TaskRow, Value } from "../../api/types";
import { dueBand, type DueBand } from "../../ui/day";
import { group, sum } from "../../ui/number";

export const bands: DueBand[] = ["late", "today", "soon", "later", "none"];
export interface Band { band: DueBand; rows: TaskRow[] }

/** Bands by urgency; within a band what is due first comes first, so what is late the longest. */
export function byDue(rows: TaskRow[]): Band[] {
  const due = (r: TaskRow) => (r.due_at ? Date.parse(r.due_at) : Infinity);
  const within = (band: DueBand) => rows.filter((r) => dueBand(r.due_at, r.late) === band).sort((a, b) => (due(a) === due(b) ? 0 : due(a) - due(b)));
  return bands.map((band) => ({ band, rows: within(band) })).filter((b) => b.rows.length);
}
/** The rows one below the other as they stand on the screen: the way of the keys. */
export const inOrder = (of: Band[]): TaskRow[] => of.flatMap((b) => b.rows);

/** A title without the amounts in it, which are shown beside it. */
export const withoutAmounts = (title: string): string => title.split(" · ").filter((p) => !/^-?[\d,]+\.\d{2,}$/.test(p)).join(" · ");

/** "PO-1 · Huadong Bearings · 30306.60" → key, name, without the amount that is shown beside. */
export function titleParts(row: TaskRow): { key: string; name: string } {
  const parts = withoutAmounts(row.record.title ?? "").split(" · ").filter(Boolean);
  if (parts.length < 2) return { key: "", name: parts[0] ?? row.form_label };
  return { key: parts[0]!, name: parts.slice(1).join(" · ") };
}

/** A fact as text; it may be a link, a number or a word. */
export function factText(v: Value): string {
  if (v === null || v === undefined || typeof v === "boolean") return "";
  if (typeof v === "string") return group(v);
  if (Array.isArray(v)) return "";
  return "title" in v ? (v.title ?? "") : "";
}
/** The fact that says most beside the title's parts: words before days and numbers. */
export function tellingFact(row: TaskRow, { key, name }: { key: string; name: string }): string {
  const texts = row.facts.map((f) => factText(f.value)).filter((s) => s && s !== key && !name.includes(s) && s !== amountOf(row));
  return texts.find((s) => !/^[−\d.,:\s-]+$/.test(s) && s !== row.started_by?.name) ?? "";
}
export const amountOf = (row: TaskRow): string => (row.amount ? group(row.amount) : "");
export const totalOf = (rows: TaskRow[]): string => group(sum(rows.map((r) => r.amount)));

/** The row after (or before) the current one; the first when there is none. */
export function step(rows: TaskRow[], current: string | null, by: number): TaskRow | undefined {
  const i = rows.findIndex((r) => r.id === current);
  return i < 0 ? rows[0] : rows[Math.max(0, Math.min(rows.length - 1, i + by))];
}
/** Where to go when this row leaves the list. */
export function afterLeaving(rows: TaskRow[], gone: string): TaskRow | undefined {
  const i = rows.findIndex((r) => r.id === gone);
  return rows[i + 1] ?? rows[i - 1];
}
