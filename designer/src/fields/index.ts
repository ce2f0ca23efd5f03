// The closed list of kinds. A new kind is one file here and one line below; the compiler asks for it.
import type { FieldDef, Kind, Value } from "../api/types";
import { attachment } from "./attachment";
import { choice } from "./choice";
import { choices } from "./choices";
import { date } from "./date";
import { image } from "./image";
import { lines } from "./lines";
import { link } from "./link";
import { moment } from "./moment";
import { money } from "./money";
import { month } from "./month";
import { number } from "./number";
import { quantity } from "./quantity";
import { rich } from "./rich";
import { sequence } from "./sequence";
import { switch_ } from "./switch";
import { text } from "./text";
import { isMasked, isUnread, type FieldKind } from "./types";

export const kinds: Record<Kind, FieldKind> = { attachment, choice, choices, date, image, lines, link, moment, money, month, number, quantity, rich, sequence, switch: switch_, text };

/** A value as one line of plain text, in the reader's language. */
export function say(value: Value, def: FieldDef): string {
  if (value === null || value === undefined) return "";
  if (isMasked(value)) return "•••";
  if (isUnread(value)) return value.unread;
  return kinds[def.kind].text(value, def);
}
export * from "./types";
