// quantity: a number with a unit beside it; zeros after the point say nothing and are left out.
import { numberKind } from "./number";
import type { FieldKind } from "./types";

export const quantity: FieldKind = numberKind(() => 0, 96);
