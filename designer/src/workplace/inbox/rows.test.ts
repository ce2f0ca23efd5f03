import { describe, expect, it } from "vitest";
import type { TaskRow } from "../../api/types";
import { afterLeaving, byDue, inOrder, step, tellingFact, titleParts } from "./rows";

const row = (title: string, facts: string[]) => ({
  form_label: "Purchase order", amount: "12.00", started_by: { name: "Li Na" }, record: { title },
  facts: facts.map((value) => ({ value })),
}) as unknown as TaskRow;
const told = (r: TaskRow) => tellingFact(r, titleParts(r));

describe("a line of the inbox", () => {
  it("says nothing twice: neither key, name, amount nor who began it", () => {
    expect(told(row("PO-1 · Bearings Ltd · 12.00", ["PO-1", "Bearings Ltd", "12.00", "Li Na"]))).toBe("");
  });
  it("adds the first word it does not show yet", () => {
    expect(told(row("PO-1 · Bearings Ltd", ["PO-1", "2026-11-20", "Nanjing"]))).toBe("Nanjing");
  });
});

describe("the order of the inbox", () => {
  const day = 86_400_000;
  const due = (id: string, days: number | null) => ({ id, late: days !== null && days < 0, due_at: days === null ? null : new Date(Date.now() + days * day).toISOString() }) as unknown as TaskRow;
  const rows = inOrder(byDue([due("none", null), due("far", 20), due("late1", -1), due("soon", 2), due("late9", -9), due("none2", null), due("far9", 9)]));
  it("is that of the screen: by urgency, what is late the longest first, the rest as it came", () => {
    expect(rows.map((r) => r.id)).toEqual(["late9", "late1", "soon", "far9", "far", "none", "none2"]);
  });
  it("is the way of the keys and of what comes after a decision", () => {
    expect([step(rows, null, 1)?.id, step(rows, "late1", 1)?.id, step(rows, "late9", -1)?.id, afterLeaving(rows, "late9")?.id, afterLeaving(rows, "none2")?.id]).toEqual(["late9", "soon", "late9", "late1", "none"]);
  });
});
