// link: another record, found by its key or name; the server searches.
import { get, query } from "../api/client";
import type { Link } from "../api/types";
import { at, onLink } from "../app/route";
import { Picker, type PickOption } from "../ui/Picker";
import type { EditProps, FieldContext, FieldKind, ShowProps } from "./types";
import { asLink, boxProps, linkText } from "./types";

/** Targets that fit the typed text, under the field's own filter; recent ones first when nothing is typed. */
export async function lookUp(to: string, typed: string, ctx: FieldContext): Promise<Link[]> {
  return get<Link[]>(`/lookup/${to}${query({ q: typed, limit: 20, for: ctx.form, field: ctx.path, values: JSON.stringify(ctx.asked(ctx.line)) })}`);
}
const option = (l: Link): PickOption => ({ id: l.id, text: linkText(l), extra: l.key && !l.title?.includes(l.key) ? l.key : undefined });

function Show({ value, def, cell }: ShowProps) {
  const l = asLink(value);
  if (!l) return <span className="ink4">{cell ? "" : "—"}</span>;
  if (cell || !l.title || !def.to || def.to.includes(".")) return <span className="cut" title={linkText(l)}>{linkText(l)}</span>;
  return <a href={at.record(def.to, l.id)} onClick={onLink} className="cut">{linkText(l)}</a>;
}
function Edit(p: EditProps) {
  const l = asLink(p.value);
  return (
    <Picker
      {...boxProps(p)}
      value={l ? option(l) : null}
      load={async (typed) => (await lookUp(p.def.to ?? "", typed, p.ctx)).map(option)}
      onPick={(o) => p.onChange(o ? { id: o.id, title: o.text, key: o.extra ?? null } : null)}
    />
  );
}

export const link: FieldKind = {
  width: 150,
  grow: 1,
  wide: () => false,
  text: (v) => {
    const l = asLink(v);
    return l ? linkText(l) : "";
  },
  Show,
  Edit,
  parse: (typed) => (typed === "" ? { value: null } : { find: typed }),
};
