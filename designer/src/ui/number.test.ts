import { describe, expect, it } from "vitest";
import { group, groupInTitle, isNegative, percentText, readNumber, readPercent, sum, tidy } from "./number";

describe("group", () => {
  it.each([["0", "0"], ["1234.50", "1,234.50"], ["-1234567.00", "−1,234,567.00"], ["-0.00", "0.00"], ["999", "999"], ["12 pcs", "12 pcs"], ["100000000000000000000.01", "100,000,000,000,000,000,000.01"]])("%s → %s", (a, b) => expect(group(a)).toBe(b));
});
describe("tidy", () => {
  it.each([["27.800000", 2, "27.80"], ["4.00", 0, "4"], ["0.1300", 0, "0.13"], ["1.2345", 2, "1.2345"], ["10", 2, "10"]])("%s keeping %i → %s", (a, n, b) => expect(tidy(a, n)).toBe(b));
});
describe("readNumber", () => {
  it.each([
    ["1,234.5", 2, "1234.50"], ["１２．５", 2, "12.50"], ["−3", 0, "-3"], ["(1,000)", 2, "-1000.00"], ["¥ 12", 2, "12.00"], [".5", 1, "0.5"], ["13%", 4, "0.1300"], ["007", 0, "7"], ["-0", 2, "0.00"], ["1.50", 1, "1.5"], ["5.", 0, "5"], ["250%", 2, "2.50"],
  ])("%s at scale %i → %s", (a, s, b) => expect(readNumber(a, s)).toEqual({ value: b }));
  it("keeps every digit of a large number", () => expect(readNumber("12345678901234567890.123456", 6)).toEqual({ value: "12345678901234567890.123456" }));
  it("refuses digits that would be lost", () => expect(readNumber("1.005", 2)).toEqual({ wrong: "too_many_digits", digits: 2 }));
  it.each(["", "abc", "1.2.3", "1e5", "--1"])("refuses %s", (a) => expect(readNumber(a, 2)).toEqual({ wrong: "not_a_number" }));
});
describe("percent", () => {
  it.each([["0.1300", "13%"], ["0.13", "13%"], ["1", "100%"], ["0.0525", "5.25%"], ["-0.005", "−0.5%"], ["12.5", "1,250%"], ["0", "0%"], ["0.00", "0%"], ["", ""]])("%s → %s", (a, b) => expect(percentText(a)).toBe(b));
  it.each([["13", "0.1300"], ["13%", "0.1300"], ["13 ％", "0.1300"], ["5.25", "0.0525"], ["0", "0.0000"], ["100", "1.0000"]])("%s means %s", (a, b) => expect(readPercent(a, 4)).toEqual({ value: b }));
  it("keeps two digits fewer", () => expect(readPercent("5.255", 4)).toEqual({ wrong: "too_many_digits", digits: 4 }));
});
describe("sum", () => {
  it("is exact", () => expect(sum(["0.1", "0.2", "0.30"])).toBe("0.60"));
  it("handles signs and gaps", () => expect(sum(["-1.5", null, undefined, "1", "x"])).toBe("-0.5"));
  it("of nothing is 0", () => expect(sum([])).toBe("0"));
});
it("knows a negative from a negative zero", () => expect([isNegative("-1"), isNegative("-0.00"), isNegative("1")]).toEqual([true, false, false]));
it("groups only amounts in a title", () => expect(groupInTitle("PO-202611-0001 · 2026 · 30306.60")).toBe("PO-202611-0001 · 2026 · 30,306.60"));
