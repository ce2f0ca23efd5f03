// What a table of lines can do without a screen: set cells, add, remove, sum.
import { newKey } from "../../api/client";
import type { FieldDef, Line, Value } from "../../api/types";
import { sum } from "../../ui/number";
import { asLink } from "../types";

export const linesOf = (v: Value): Line[] => (Array.isArray(v) ? v.filter((x): x is Line => typeof x === "object" && x !== null && "id" in x && !("hash" in x)) : []);

/** A line that the server has not seen yet; its own id is given when it is kept. */
export const newLine = (): Line => ({ id: `new:${newKey()}` });
export const isNewLine = (id: string): boolean => id.startsWith("new:");

export const setCell = (rows: Line[], id: string, field: string, value: Value): Line[] => rows.map((r) => (r.id === id ? { ...r, [field]: value } : r));

/** The foot of a column: sums only like units, and only amounts and quantities. */
export function footOf(rows: Line[], name: string, def: FieldDef): string | null {
  if (def.kind !== "money" && def.kind !== "quantity") return null;
  if (def.kind === "quantity") {
    const units = new Set(rows.map((r) => (def.unit ? (asLink(r[def.unit])?.id ?? "") : "")));
    if (def.unit && units.size > 1) return null;
    if (!def.unit) return null;
  }
  const cells = rows.map((r) => r[name]).filter((v): v is string => typeof v === "string");
  return cells.length ? sum(cells) : null;
}
