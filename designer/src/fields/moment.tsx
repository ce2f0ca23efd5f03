// moment: a point in time, kept in UTC, written in the reader's own clock.
import { clock, dayOf, shortMoment } from "../ui/day";
import type { EditProps, FieldKind, ShowProps } from "./types";
import { asText } from "./types";

function local(iso: string): string {
  const d = new Date(iso);
  return Number.isNaN(d.getTime()) ? "" : `${dayOf(d)}T${clock(iso)}`;
}
function Show({ value, cell }: ShowProps) {
  const s = asText(value);
  return s ? <span title={s}>{shortMoment(s)}</span> : <span className="ink4">{cell ? "" : "—"}</span>;
}
function Edit(p: EditProps) {
  return (
    <input
      type="datetime-local"
      id={p.id}
      className={p.cell ? "cell-editor" : "box"}
      aria-label={p.label}
      aria-invalid={p.invalid}
      aria-describedby={p.describedBy}
      autoFocus={p.autoFocus}
      value={local(asText(p.value))}
      onChange={(e) => p.onChange(e.target.value ? new Date(e.target.value).toISOString().replace(/\.\d+Z$/, "Z") : null)}
    />
  );
}

export const moment: FieldKind = {
  width: 130,
  wide: () => false,
  text: (v) => {
    const s = asText(v);
    return s ? local(s).replace("T", " ") : "";
  },
  Show,
  Edit,
  parse: (typed) => {
    if (typed === "") return { value: null };
    const d = new Date(typed.replace(" ", "T"));
    return Number.isNaN(d.getTime()) ? { wrong: "field.not_a_moment" } : { value: d.toISOString().replace(/\.\d+Z$/, "Z") };
  },
};
