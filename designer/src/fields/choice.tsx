// choice: one of a few named options.
import type { FieldDef } from "../api/types";
import { meant, Picker, type PickOption } from "../ui/Picker";
import { useNarrow } from "../app/theme";
import type { EditProps, FieldKind, ShowProps } from "./types";
import { asText, boxProps, isUnread } from "./types";

export const labelOf = (def: FieldDef, name: string): string => def.options?.find((o) => o.name === name)?.label ?? name;
export const optionList = (def: FieldDef): PickOption[] => (def.options ?? []).map((o) => ({ id: o.name, text: o.label }));
export function optionsLike(def: FieldDef, typed: string): PickOption[] {
  const want = typed.normalize("NFKC").toLowerCase();
  return optionList(def).filter((o) => o.text.toLowerCase().includes(want) || o.id.startsWith(want));
}

function Show({ value, def, cell }: ShowProps) {
  const s = asText(value);
  if (!s) return <span className="ink4">{cell ? "" : "—"}</span>;
  const colour = def.options?.find((o) => o.name === s)?.colour;
  return <span className="cut">{colour && <i className={`dot ${colour}`} />}{labelOf(def, s)}</span>;
}
function Edit(p: EditProps) {
  const narrow = useNarrow();
  const s = asText(p.value);
  if (narrow && !p.cell) {
    return (
      <select id={p.id} className="box" aria-label={p.label} aria-invalid={p.invalid} aria-describedby={p.describedBy} value={s} onChange={(e) => p.onChange(e.target.value || null)}>
        <option value="" />
        {p.def.options?.map((o) => <option key={o.name} value={o.name}>{o.label}</option>)}
      </select>
    );
  }
  return (
    <Picker
      {...boxProps(p)}
      value={s && !isUnread(p.value) ? { id: s, text: labelOf(p.def, s) } : null}
      load={(typed) => optionsLike(p.def, typed)}
      onPick={(o) => p.onChange(o?.id ?? null)}
      onUnread={(unread) => p.onChange(meant(optionsLike(p.def, unread), unread)?.id ?? { unread })}
      unread={isUnread(p.value) ? p.value.unread : undefined}
    />
  );
}

export const choice: FieldKind = {
  width: 104,
  wide: () => false,
  text: (v, def) => (asText(v) ? labelOf(def, asText(v)) : ""),
  Show,
  Edit,
  parse: (typed, def) => {
    if (typed === "") return { value: null };
    const hit = def.options?.find((o) => o.label === typed || o.name === typed);
    return hit ? { value: hit.name } : { wrong: "field.no_such_option" };
  },
};
