import { describe, expect, it } from "vitest";
import type { TaskRow } from "../../api/types";
import { tellingFact, titleParts } from "./rows";

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
