import { describe, expect, it } from "vitest";
import { conditions, filterOf, nextSort, readFilter, readSort, writeSort } from "./filter";

describe("filter words", () => {
  it.each([
    [{ status: "submitted" }], [{ total: { at_least: "100", at_most: "500" } }], [{ supplier: ["a", "b"] }], [{ note: { empty: true } }], [{ note: { empty: false } }], [{ status: { not: ["draft"] } }], [{ name: { like: "华东" } }],
  ])("come back as they went: %j", (f) => expect(filterOf(conditions(f))).toEqual(f));
  it("makes two equalities one-of", () => expect(filterOf([{ field: "a", op: "is", value: ["1"] }, { field: "a", op: "is", value: ["2"] }])).toEqual({ a: ["1", "2"] }));
  it("writes a switch as a switch", () => expect(filterOf([{ field: "on", op: "is", value: ["true"] }], () => true)).toEqual({ on: true }));
  it("ignores what is no filter", () => expect([readFilter("nonsense"), readFilter("[1]"), readFilter(null)]).toEqual([{}, {}, {}]));
});
it("turns a column up, down and off", () => {
  const a = nextSort(null, "date");
  const b = nextSort(a, "date");
  expect([writeSort(a), writeSort(b), writeSort(nextSort(b, "date")), readSort("-date")]).toEqual(["date", "-date", "", { field: "date", down: true }]);
});
