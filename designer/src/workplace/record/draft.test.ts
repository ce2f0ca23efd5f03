import { describe, expect, it } from "vitest";
import type { FieldDef, Line, Sheet, Values } from "../../api/types";
import { same } from "../../fields/types";
import { adopt, clashes, emptyDraft, isBlankLine, payload, rebase, shown, tableState, typed, withTable } from "./draft";

const field = (kind: FieldDef["kind"], more: Partial<FieldDef> = {}): FieldDef => ({ label: kind, kind, look: "edit", typed: true, from: null, required: false, ...more });
const fields = {
  name: field("text"),
  partner: field("link", { to: "a/b" }),
  total: field("money", { typed: false, from: "computed" }),
  rows: field("lines", { fields: { item: field("link", { to: "a/i" }), count: field("quantity"), price: field("number"), sum: field("money", { typed: false }) } }),
};
const link = (id: string) => ({ id, title: id.toUpperCase(), key: null });
const base: Values = { name: "x", partner: link("p1"), total: "3.00", rows: [{ id: "l1", item: link("i1"), count: "1", price: "3.00", sum: "3.00" }, { id: "l2", item: link("i2"), count: "2", price: "0.00" }] as Line[] };
const rows = (v: Values) => v.rows as Line[];
const edit = (values: Values, d = emptyDraft(4)) => Object.entries(values).reduce((x, [n, v]) => typed(x, shown(base, null, x, fields)[n], n, v, fields[n as keyof typeof fields]), d);

describe("payload", () => {
  it("sends links by id and only what was typed", () => expect(payload(base, edit({ partner: link("p2") }), fields, false)).toEqual({ partner: "p2" }));
  it("sends a known line whole, a new line as typed, drops blank ones", () => {
    const d = edit({ rows: [{ ...rows(base)[0]!, count: "5" }, rows(base)[1]!, { id: "new:1", item: link("i3") }, { id: "new:2" }] as Line[] });
    expect(payload(base, d, fields, false)).toEqual({ rows: [{ id: "l1", item: "i1", count: "5", price: "3.00" }, { id: "l2", item: "i2", count: "2", price: "0.00" }, { item: "i3" }] });
    expect((payload(base, d, fields, true).rows as unknown[]).length).toBe(4);
  });
  it("keeps the stored value of a cell that was only worked out again", () => {
    const worked: Values = { ...base, rows: [{ ...rows(base)[0]!, price: "9.99" }, rows(base)[1]!] as Line[] };
    const now = shown(base, worked, emptyDraft(4), fields);
    const d = typed(emptyDraft(4), now.rows, "rows", [{ ...rows(now)[0]!, count: "7" }, rows(now)[1]!] as Line[], fields.rows);
    expect((payload(base, d, fields, false).rows as Line[])[0]).toEqual({ id: "l1", item: "i1", count: "7", price: "3.00" });
  });
});
describe("text that is no value", () => {
  const wrong = edit({ name: { unread: "n" }, rows: [{ ...rows(base)[0]!, count: { unread: "1o0" } }, rows(base)[1]!] as Line[] });
  it("stands where it was typed, whatever the server worked out without it", () => {
    const worked: Values = { ...base, name: "default", rows: [{ ...rows(base)[0]!, count: "1" }, rows(base)[1]!] as Line[] };
    const v = shown(base, worked, wrong, fields);
    expect([v.name, rows(v)[0]!.count]).toEqual([{ unread: "n" }, { unread: "1o0" }]);
  });
  it("changes nothing that is kept", () => expect(payload(base, wrong, fields, false)).toEqual({ rows: [{ id: "l1", item: "i1", count: "1", price: "3.00" }, { id: "l2", item: "i2", count: "2", price: "0.00" }] }));
  it("counts as nothing while it is worked out", () => expect(payload(base, wrong, fields, true)).toEqual({ name: null, rows: [{ id: "l1", item: "i1", count: null, price: "3.00" }, { id: "l2", item: "i2", count: "2", price: "0.00" }] }));
});
describe("a table taken back", () => {
  it("leaves other fields as they are and forgets what was worked out meanwhile", () => {
    const first = edit({ rows: [{ ...rows(base)[0]!, count: "5" }, rows(base)[1]!] as Line[] });
    const second = edit({ name: "y", rows: [{ ...rows(base)[0]!, count: "7", price: "2" }] as Line[] }, first);
    const back = withTable(second, "rows", tableState(first, "rows"));
    expect([back.values.name, payload(base, back, fields, true).rows]).toEqual(["y", [{ id: "l1", item: "i1", count: "5", price: "3.00" }, { id: "l2", item: "i2", count: "2", price: "0.00" }]]);
  });
  it("is untouched again at its beginning", () => {
    const began = emptyDraft(4);
    const d = withTable(edit({ rows: [] }), "rows", tableState(began, "rows"));
    expect([d.values, d.touched]).toEqual([{}, {}]);
  });
});
it("knows a line in which nobody has typed", () => {
  const d = edit({ rows: [...rows(base), { id: "new:1" }, { id: "new:2", count: "1" }] as Line[] });
  expect(["l1", "new:1", "new:2"].map((l) => isBlankLine(d, "rows", l))).toEqual([false, true, false]);
});
describe("shown", () => {
  it("lays typing over what the server worked out", () => {
    const d = edit({ rows: [{ ...rows(base)[0]!, count: "5" }, rows(base)[1]!] as Line[] });
    const worked: Values = { ...base, total: "15.00", rows: [{ ...rows(base)[0]!, count: "4", sum: "15.00" }, rows(base)[1]!] as Line[] };
    const v = shown(base, worked, d, fields);
    expect([v.total, rows(v)[0]!.count, rows(v)[0]!.sum]).toEqual(["15.00", "5", "15.00"]);
  });
});
it("leads ids of new lines back by their place", () => {
  const d = edit({ rows: [rows(base)[0]!, { id: "new:1", count: "2" }] as Line[] });
  const answer: Sheet = { record: { id: null, form: "f", version: 0, status: "draft", title: null, parent: null, values: { rows: [rows(base)[0]!, { id: "srv", count: "2.00" }] as Line[] } }, looks: { "rows/srv/count": { look: "read", required: false, shown: true } }, findings: [{ code: "c", at: "rows/srv/count", level: "warn", say: "" }], acts: [], tasks: [], at: [] };
  const a = adopt(answer, d, fields);
  expect([rows(a.record.values)[1]!.id, Object.keys(a.looks)[0], a.findings[0]!.at]).toEqual(["new:1", "rows/new:1/count", "rows/new:1/count"]);
});
describe("conflict", () => {
  const theirs: Values = { ...base, name: "theirs", partner: link("p9"), rows: [{ ...rows(base)[0]!, count: "8" }, rows(base)[1]!, { id: "l3", item: link("i9") }] as Line[] };
  it("asks only where both changed the same thing differently", () => {
    const d = edit({ name: "mine", rows: [{ ...rows(base)[0]!, count: "5", price: "4.00" }, rows(base)[1]!] as Line[] });
    expect(clashes(base, theirs, d, fields).map((c) => c.key)).toEqual(["name", "rows/l1/count"]);
  });
  it("merges the rest, keeps their new line, and gives up what was chosen", () => {
    const d = edit({ name: "mine", rows: [{ ...rows(base)[0]!, count: "5", price: "4.00" }, { id: "new:1", count: "1" }] as Line[] });
    const next = rebase(base, theirs, d, fields, 7, new Set(["name", "rows/l1/count"]));
    expect(next.version).toBe(7);
    expect(next.values.name).toBe(undefined);
    expect(rows(next.values).map((r) => [r.id, r.count, r.price])).toEqual([["l1", "8", "4.00"], ["l3", undefined, undefined], ["new:1", "1", undefined]]);
  });
});
it("knows sameness", () => expect([same(link("a"), { id: "a", title: "other" }), same(null, undefined), same("", []), same("1", "1.0")]).toEqual([true, true, true, false]));
