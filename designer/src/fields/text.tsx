// text: one line or several; phone, e-mail and address are formats of it.
import type { EditProps, FieldKind, ShowProps } from "./types";
import { asText } from "./types";

const many = (lines: number | undefined, format: string | undefined) => (lines ?? 1) > 1 || format === "address";
const modes: Record<string, "tel" | "email"> = { phone: "tel", email: "email" };

function Show({ value, def, cell }: ShowProps) {
  const s = asText(value);
  if (!s) return <span className="ink4">{cell ? "" : "—"}</span>;
  if (!cell && def.format === "phone") return <a href={`tel:${s}`}>{s}</a>;
  if (!cell && def.format === "email") return <a href={`mailto:${s}`}>{s}</a>;
  return <span className={cell ? "cut" : "lines-kept"}>{s}</span>;
}

function Edit(p: EditProps) {
  const shared = {
    id: p.id,
    "aria-label": p.label,
    "aria-invalid": p.invalid,
    "aria-describedby": p.describedBy,
    autoFocus: p.autoFocus,
    value: asText(p.value),
    maxLength: typeof p.def.max === "number" ? p.def.max : undefined,
    onChange: (e: { target: { value: string } }) => p.onChange(e.target.value === "" ? null : e.target.value),
  };
  if (!p.cell && many(p.def.lines, p.def.format)) return <textarea {...shared} className="area" rows={p.def.lines ?? 2} />;
  const mode = modes[p.def.format ?? ""];
  return <input {...shared} className={p.cell ? "cell-editor" : "box"} inputMode={mode} type={mode ?? "text"} autoComplete="off" />;
}

export const text: FieldKind = {
  width: 140,
  grow: 1,
  wide: (def) => many(def.lines, def.format),
  text: (v) => asText(v),
  Show,
  Edit,
  parse: (typed, def) => {
    const max = typeof def.max === "number" ? def.max : Infinity;
    return [...typed].length > max ? { wrong: "field.too_long", with: { max } } : { value: typed === "" ? null : typed };
  },
};
