// Text that is no value of its field: where it stands, and why it is none. It is kept and marked until it is mended.
import i18next from "i18next";
import type { FieldDef, Finding, Value, Values } from "../api/types";
import { linesOf } from "./table/rows";
import { isUnread, type Parsed } from "./types";

/** How a kind reads a text. */
type Read = (text: string, def: FieldDef) => Parsed;

/** Why a text is no value of its field, as a sentence that repeats it. */
function why(text: string, got: Parsed): string {
  const says = "wrong" in got ? i18next.t(got.wrong, got.with ?? {}) : i18next.t("field.no_one_fits");
  return i18next.t("field.unread", { text, why: says });
}

/** A finding for each place that holds such text; it refuses, as the server would if it were sent. */
export function unreadFindings(values: Values, fields: Record<string, FieldDef>, read: Read): Finding[] {
  const out: Finding[] = [];
  const look = (at: string, value: Value, def: FieldDef | undefined) => {
    if (def && isUnread(value)) out.push({ code: "unread", at, level: "refuse", say: why(value.unread, read(value.unread, def)) });
  };
  // In the order of the form, so that the first one is the uppermost.
  for (const [name, def] of Object.entries(fields)) {
    const value = values[name];
    look(name, value, def);
    if (def.kind === "lines") for (const line of linesOf(value)) for (const [c, v] of Object.entries(line)) look(`${name}/${line.id}/${c}`, v, def.fields?.[c]);
  }
  return out;
}
