import { describe, expect, it } from "vitest";
import { addDays, addMonths, daysBetween, lastOfPreviousMonth, readDay, readMonth, shortDay } from "./day";

const now = "2026-11-24";
describe("readDay", () => {
  it.each([
    ["2026-11-28", "2026-11-28"], ["11-28", "2026-11-28"], ["11/8", "2026-11-08"], ["28", "2026-11-28"], ["20261128", "2026-11-28"], ["+7", "2026-12-01"], ["-24", "2026-10-31"], ["今天", now], ["2026年11月28日", "2026-11-28"], ["１１－２８", "2026-11-28"], ["26-1-2", "2026-01-02"],
  ])("%s → %s", (a, b) => expect(readDay(a, now)).toBe(b));
  it.each(["2026-02-30", "13-01", "abc", "1-2-3-4", ""])("refuses %s", (a) => expect(readDay(a, now)).toBe(null));
});
it("reads months", () => expect([readMonth("2026-3", now), readMonth("12", now), readMonth("13", now)]).toEqual(["2026-03", "2026-12", null]));
it("counts days over a change of clock", () => expect(daysBetween("2026-03-28", "2026-03-30")).toBe(2));
it("goes over months and years", () => expect([addDays("2026-12-31", 1), addMonths("2026-01-31", 1), addMonths("2026-11-24", -12), lastOfPreviousMonth("2026-03-15")]).toEqual(["2027-01-01", "2026-02-28", "2025-11-24", "2026-02-28"]));
it("leaves out this year", () => expect([shortDay("2026-11-28", now), shortDay("2025-11-28", now)]).toEqual(["11-28", "2025-11-28"]));
