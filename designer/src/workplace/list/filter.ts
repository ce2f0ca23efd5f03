// Filters in words: a row of conditions ⇄ the filter that the server understands. Pure.
import type { Filter, Kind, Test } from "../../api/types";

export type Op = "is" | "not" | "like" | "at_least" | "at_most" | "above" | "below" | "empty" | "filled";
export interface Condition { field: string; op: Op; value: string[] }

/** Which tests make sense for a kind; the first is the one offered. */
export function opsFor(kind: Kind | "status"): Op[] {
  switch (kind) {
    case "text": case "rich": case "sequence": return ["like", "is", "empty", "filled"];
    case "number": case "money": case "quantity": return ["at_least", "at_most", "is", "empty", "filled"];
    case "date": case "month": case "moment": return ["at_least", "at_most", "is", "empty", "filled"];
    case "choice": case "link": return ["is", "not", "empty", "filled"];
    case "status": return ["is", "not"];
    case "switch": return ["is"];
    case "choices": return ["empty", "filled"];
    case "lines": case "attachment": case "image": return [];
  }
}
export const needsValue = (op: Op): boolean => op !== "empty" && op !== "filled";

const one = (field: string, op: string, v: string | boolean | string[]): Condition[] => {
  if (op === "empty") return [{ field, op: v === false ? "filled" : "empty", value: [] }];
  const list = Array.isArray(v) ? v : [String(v)];
  return [{ field, op: (op === "in" ? "is" : op) as Op, value: list }];
};

export function conditions(filter: Filter): Condition[] {
  return Object.entries(filter).flatMap(([field, test]) => {
    if (typeof test !== "object" || Array.isArray(test)) return one(field, "is", test);
    return Object.entries(test).flatMap(([op, v]) => one(field, op, v));
  });
}

/** Conditions → filter. Several tests of one field stand side by side; two "is" of one field are "one of". */
export function filterOf(list: Condition[], isSwitch: (field: string) => boolean = () => false): Filter {
  const tests: Record<string, Record<string, string | boolean | string[]>> = {};
  for (const c of list) {
    const t = (tests[c.field] ??= {});
    if (c.op === "empty") t.empty = true;
    else if (c.op === "filled") t.empty = false;
    else if (c.op === "is" || c.op === "not") {
      const key = c.op === "is" ? "in" : "not";
      t[key] = [...new Set([...((t[key] as string[] | undefined) ?? []), ...c.value])];
    } else if (c.value[0] !== undefined) t[c.op] = c.value[0];
  }
  const out: Filter = {};
  for (const [field, t] of Object.entries(tests)) {
    const keys = Object.keys(t);
    if (keys.length === 1 && keys[0] === "in") {
      const values = t.in as string[];
      out[field] = isSwitch(field) ? values[0] === "true" : values.length === 1 ? values[0]! : values;
    } else if (keys.length) out[field] = t as Test;
  }
  return out;
}

export function readFilter(text: string | null): Filter {
  if (!text) return {};
  try {
    const f = JSON.parse(text) as unknown;
    return typeof f === "object" && f !== null && !Array.isArray(f) ? (f as Filter) : {};
  } catch {
    return {};
  }
}

/** "date,-total" → what a column shows, and what a click on it makes of it: up, down, none. */
export type Sort = { field: string; down: boolean } | null;
export const readSort = (s: string | null): Sort => (s ? { field: s.replace(/^-/, ""), down: s.startsWith("-") } : null);
export const writeSort = (s: Sort): string => (s ? (s.down ? "-" : "") + s.field : "");
export const nextSort = (s: Sort, field: string): Sort => (s?.field !== field ? { field, down: false } : s.down ? null : { field, down: true });
