// The to-do list as a person reads it: by how urgent it is; whose it is and what it is about.
import type { TaskRow } from "../../api/types";
import { dueBand, type DueBand } from "../../ui/day";
import { group, sum } from "../../ui/number";

export const bands: DueBand[] = ["late", "today", "soon", "later", "none"];
export interface Band { band: DueBand; rows: TaskRow[] }

export function byDue(rows: TaskRow[]): Band[] {
  return bands.map((band) => ({ band, rows: rows.filter((r) => dueBand(r.due_at, r.late) === band) })).filter((b) => b.rows.length);
}

/** "PO-1 · Huadong Bearings · 30306.60" → key, name, without the amount that is shown beside. */
export function titleParts(row: TaskRow): { key: string; name: string } {
  const parts = (row.record.title ?? "").split(" · ").filter((p) => !/^-?[\d,]+\.\d{2,}$/.test(p));
  if (parts.length < 2) return { key: "", name: parts[0] ?? row.form_label };
  return { key: parts[0]!, name: parts.slice(1).join(" · ") };
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
