import { expect, it } from "vitest";
import type { Definition } from "../../api/types";
import { allAlike, unitField } from "./units";

it("adds up one known unit only", () => expect([allAlike(["pcs", "pcs"]), allAlike(["pcs", "kg"]), allAlike(["pcs", ""]), allAlike(["", ""]), allAlike([])]).toEqual([true, false, false, false, false]));
it("finds the unit of a form by what its quantities are in", () => {
  const def = (fields: object) => ({ fields }) as unknown as Definition;
  expect([
    unitField(def({ least: { kind: "quantity", unit: "u" }, u: { kind: "link" } })),
    unitField(def({ least: { kind: "quantity", unit: "u" } })),
    unitField(def({ least: { kind: "quantity" }, u: { kind: "link" } })),
    unitField(undefined),
  ]).toEqual(["u", null, null, null]);
});
