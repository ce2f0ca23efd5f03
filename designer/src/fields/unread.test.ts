import i18next from "i18next";
import { beforeAll, expect, it } from "vitest";
import type { FieldDef, Line } from "../api/types";
import words from "../i18n/en.json";
import { readDay } from "../ui/day";
import { parseNumber } from "./number";
import type { Parsed } from "./types";
import { unreadFindings } from "./unread";

const field = (kind: FieldDef["kind"], more: Partial<FieldDef> = {}): FieldDef => ({ label: kind, kind, look: "edit", typed: true, from: null, required: false, ...more });
const fields = { total: field("money", { scale: 2 }), day: field("date"), rows: field("lines", { fields: { item: field("link", { to: "a/i" }), count: field("quantity", { scale: 0 }) } }) };

function read(text: string, def: FieldDef): Parsed {
  if (def.kind === "link") return { find: text };
  if (def.kind !== "date") return parseNumber(text, def);
  const value = readDay(text);
  return value ? { value } : { wrong: "field.not_a_day" };
}

beforeAll(() => i18next.init({ lng: "en", keySeparator: false, nsSeparator: false, resources: { en: { translation: words } }, interpolation: { escapeValue: false } }));

it("refuses at its place, repeats the text and says why", () => {
  const values = { total: { unread: "12.5.7" }, day: { unread: "2026-13-45" }, rows: [{ id: "l1", count: "1" }, { id: "l2", item: { unread: "Bearing?" }, count: { unread: "1.5" } }] as Line[] };
  expect(unreadFindings(values, fields, read).map((f) => [f.level, f.at, f.say])).toEqual([
    ["refuse", "total", "“12.5.7”: That is not a number"],
    ["refuse", "day", "“2026-13-45”: That is not a date"],
    ["refuse", "rows/l2/item", "“Bearing?”: Nothing fits, or more than one"],
    ["refuse", "rows/l2/count", "“1.5”: At most 0 digits after the point"],
  ]);
});
it("says nothing of values", () => expect(unreadFindings({ total: "1.00", day: null, rows: [] }, fields, read)).toEqual([]));
