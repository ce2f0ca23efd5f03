// choices: any of a few named options.
import { labelOf } from "./choice";
import type { EditProps, FieldKind, ShowProps } from "./types";
import type { Value } from "../api/types";

const names = (v: Value): string[] => (Array.isArray(v) ? v.filter((x): x is string => typeof x === "string") : []);

function Show({ value, def, cell }: ShowProps) {
  const list = names(value);
  if (!list.length) return <span className="ink4">{cell ? "" : "—"}</span>;
  if (cell) return <span className="cut">{list.map((n) => labelOf(def, n)).join("、")}</span>;
  return <span className="row wrap" style={{ gap: 4 }}>{list.map((n) => <span key={n} className="chip">{labelOf(def, n)}</span>)}</span>;
}
function Edit(p: EditProps) {
  const list = names(p.value);
  return (
    <span className={p.cell ? "pop menu choices" : "row wrap"} role="group" aria-label={p.label} style={{ gap: 12, minHeight: 28 }}>
      {p.def.options?.map((o, i) => (
        <label key={o.name} className="check">
          <input type="checkbox" autoFocus={p.autoFocus && i === 0} checked={list.includes(o.name)} onChange={(e) => p.onChange(e.target.checked ? [...list, o.name] : list.filter((n) => n !== o.name))} />
          {o.label}
        </label>
      ))}
    </span>
  );
}

export const choices: FieldKind = {
  width: 140,
  wide: (def) => (def.options?.length ?? 0) > 4,
  text: (v, def) => names(v).map((n) => labelOf(def, n)).join("、"),
  Show,
  Edit,
  parse: (typed, def) => {
    const parts = typed.split(/[、,，;；]/).map((s) => s.trim()).filter(Boolean);
    const hits = parts.map((s) => def.options?.find((o) => o.label === s || o.name === s)?.name);
    return hits.every((h): h is string => !!h) ? { value: hits } : { wrong: "field.no_such_option" };
  },
};
