// lines: a table inside a record. On a desk a grid with keyboard entry, on a phone a list of cards.
import { useNarrow } from "../app/theme";
import { LineCards } from "./table/LineCards";
import { LineGrid } from "./table/LineGrid";
import { linesOf } from "./table/rows";
import type { EditProps, FieldKind, ShowProps } from "./types";

function Show({ value, cell, ...rest }: ShowProps) {
  if (cell) return <span className="ink2">{linesOf(value).length}</span>;
  return <Edit {...rest} value={value} label={rest.def.label} onChange={() => undefined} ctx={{ ...rest.ctx, still: true }} />;
}
function Edit(p: EditProps) {
  return useNarrow() ? <LineCards {...p} /> : <LineGrid {...p} />;
}

export const lines: FieldKind = { width: 64, end: true, wide: () => true, text: (v) => String(linesOf(v).length), Show, Edit, parse: () => ({ wrong: "field.no_paste" }) };
