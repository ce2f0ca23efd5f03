// money: a number that always shows all digits of its currency.
import { numberKind } from "./number";
import type { FieldKind } from "./types";

export const money: FieldKind = numberKind((def) => def.scale ?? 2, 116);
