// link: another record, found by its key or name; the server searches.
import { get, query } from "../api/client";
import type { Link } from "../api/types";
import { at, onLink } from "../app/route";
import { meant, Picker, type PickOption } from "../ui/Picker";
import type { EditProps, FieldContext, FieldKind, ShowProps } from "./types";
import { asLink, boxProps, isUnread, linkText } from "./types";

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
const linked = (o: PickOption): Link => ({ id: o.id, title: o.text, key: o.extra ?? null });

/** The one target that a text means, if there is one. */
export async function lookUpOne(to: string, text: string, ctx: FieldContext): Promise<Link | null> {
  const hits = (await lookUp(to, text, ctx).catch(() => [])).map((l) => ({ ...option(l), key: l.key ?? undefined }));
  const hit = hits.find((h) => h.key === text) ?? meant(hits, text);
  return hit ? linked(hit) : null;
}

function Edit(p: EditProps) {
  const l = asLink(p.value);
  // What was typed stays as it is until the server has found what it means, or for good.
  const keep = async (text: string) => {
    p.onChange({ unread: text });
    const hit = await lookUpOne(p.def.to ?? "", text, p.ctx);
    const now = p.ctx.values()[p.ctx.path.split(".").at(-1)!];
    if (hit && isUnread(now) && now.unread === text) p.onChange(hit);
  };
  return (
    <Picker
      {...boxProps(p)}
      value={l ? option(l) : null}
      load={async (typed) => (await lookUp(p.def.to ?? "", typed, p.ctx)).map(option)}
      onPick={(o) => p.onChange(o && linked(o))}
      onUnread={(text) => void keep(text)}
      unread={isUnread(p.value) ? p.value.unread : undefined}
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
