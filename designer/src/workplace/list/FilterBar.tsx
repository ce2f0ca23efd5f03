// The filter as a sentence of chips, and the small form that adds or changes one condition.
import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { ListFilter, Plus, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { get, query } from "../../api/client";
import type { Definition, FieldDef, Kind, Link, Sheet } from "../../api/types";
import { kinds, say } from "../../fields";
import { DayBox } from "../../ui/Calendar";
import { Picker } from "../../ui/Picker";
import { Popover } from "../../ui/Popover";
import { needsValue, opsFor, type Condition, type Op } from "./filter";

const statuses = ["draft", "submitted", "approved", "posted", "rejected", "withdrawn", "reversed", "closed"];
export const kindAt = (def: Definition, field: string): Kind | "status" => (field === "status" ? "status" : (def.fields[field]?.kind ?? "text"));
const labelAt = (def: Definition, field: string, t: (k: string) => string) => (field === "status" ? t("list.status") : (def.fields[field]?.label ?? field));

interface BarProps { def: Definition; list: Condition[]; onChange: (list: Condition[]) => void }
export function FilterBar({ def, list, onChange }: BarProps) {
  const { t } = useTranslation();
  const add = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  return (
    <div className="row wrap filter-words">
      <ListFilter size={15} className="ink3" />
      {list.map((c, i) => (
        <span key={i} className="row" style={{ gap: 6 }}>
          {i > 0 && <span className="ink3">{t("filter.and")}</span>}
          <Chip def={def} condition={c} onChange={(n) => onChange(n ? list.map((x, j) => (j === i ? n : x)) : list.filter((_, j) => j !== i))} />
        </span>
      ))}
      <button ref={add} type="button" className="bare" aria-expanded={open} onClick={() => setOpen(!open)}><Plus size={14} />{t("filter.add")}</button>
      {open && <Popover anchor={add.current} onClose={() => setOpen(false)} className="filter-form" label={t("filter.add")}><ConditionForm def={def} begun={null} onDone={(c) => (setOpen(false), onChange([...list, c]))} /></Popover>}
    </div>
  );
}

function Chip({ def, condition: c, onChange }: { def: Definition; condition: Condition; onChange: (c: Condition | null) => void }) {
  const { t } = useTranslation();
  const self = useRef<HTMLSpanElement>(null);
  const [open, setOpen] = useState(false);
  const label = labelAt(def, c.field, t);
  return (
    <span ref={self} className="chip">
      <button type="button" className="cut" onClick={() => setOpen(!open)} style={{ display: "inline-flex", gap: 4, color: "inherit" }}>
        <span>{label}</span><b>{t(`filter.${c.op}`)}</b>{needsValue(c.op) && <span className="cut"><Values def={def} c={c} /></span>}
      </button>
      <button type="button" aria-label={t("filter.remove", { name: label })} onClick={() => onChange(null)}><X size={12} /></button>
      {open && <Popover anchor={self.current} onClose={() => setOpen(false)} className="filter-form" label={label}><ConditionForm def={def} begun={c} onDone={(n) => (setOpen(false), onChange(n))} /></Popover>}
    </span>
  );
}

function Values({ def, c }: { def: Definition; c: Condition }) {
  const { t } = useTranslation();
  const kind = kindAt(def, c.field);
  const field = def.fields[c.field];
  if (kind === "link") return <>{c.value.map((id, i) => <span key={id}>{i > 0 && t("filter.or")}<LinkName to={field?.to ?? ""} id={id} /></span>)}</>;
  return <>{c.value.map((v) => word(kind, field, v, t)).join(t("filter.or"))}</>;
}
function word(kind: Kind | "status", field: FieldDef | undefined, v: string, t: (k: string) => string): string {
  if (kind === "status") return t(`status.${v}`);
  if (kind === "choice") return field?.options?.find((o) => o.name === v)?.label ?? v;
  if (kind === "switch") return t(v === "true" ? "word.yes" : "word.no");
  return field && isNumber(kind) ? say(v, field) : v;
}
const isNumber = (kind: Kind | "status") => kind === "money" || kind === "number" || kind === "quantity";
function LinkName({ to, id }: { to: string; id: string }) {
  const q = useQuery({ queryKey: ["title", to, id], queryFn: () => get<Sheet>(`/records/${to}/${id}`), staleTime: Infinity, retry: false, enabled: !to.includes(".") });
  return <>{q.data?.record.title ?? "…"}</>;
}

function ConditionForm({ def, begun, onDone }: { def: Definition; begun: Condition | null; onDone: (c: Condition) => void }) {
  const { t } = useTranslation();
  const fields = [...(def.workflow ? ["status"] : []), ...Object.keys(def.fields).filter((n) => opsFor(def.fields[n]!.kind).length > 0 && def.fields[n]!.look !== "masked" && def.fields[n]!.from !== "live")];
  const [field, setField] = useState<string | null>(begun?.field ?? null);
  const kind = field ? kindAt(def, field) : null;
  const [op, setOp] = useState<Op>(begun?.op ?? "is");
  const [value, setValue] = useState<string[]>(begun?.value ?? []);
  const options = fields.map((n) => ({ id: n, text: labelAt(def, n, t) }));
  const ready = field && (!needsValue(op) || value.some((v) => v !== ""));
  const box = useRef<HTMLDivElement>(null);
  // Once the field is known its value is what is typed next.
  useEffect(() => {
    if (field !== (begun?.field ?? null)) box.current?.querySelector<HTMLElement>("input")?.focus();
  }, [field]);
  return (
    <form onSubmit={(e) => (e.preventDefault(), ready && onDone({ field, op, value: needsValue(op) ? value.filter((v) => v !== "") : [] }))}>
      <Picker label={t("filter.field")} autoFocus={!begun} openAtOnce={!begun} placeholder={t("filter.field")} clearable={false} value={field ? { id: field, text: labelAt(def, field, t) } : null}
        load={(typed) => options.filter((o) => o.text.toLowerCase().includes(typed.toLowerCase()))}
        onPick={(o) => o && (setField(o.id), setOp(opsFor(kindAt(def, o.id))[0] ?? "is"), setValue([]))} />
      {field && kind && (
        <>
          <div className="seg wrap">{opsFor(kind).map((o) => <button key={o} type="button" aria-pressed={o === op} onClick={() => setOp(o)}>{t(`filter.${o}`)}</button>)}</div>
          {needsValue(op) && <div ref={box}><ValueBox def={def} field={field} kind={kind} value={value} onChange={setValue} /></div>}
        </>
      )}
      <div className="row"><span className="grow" /><Button size="small" type="primary" htmlType="submit" disabled={!ready}>{t("filter.apply")}</Button></div>
    </form>
  );
}

function ValueBox({ def, field, kind, value, onChange }: { def: Definition; field: string; kind: Kind | "status"; value: string[]; onChange: (v: string[]) => void }) {
  const { t } = useTranslation();
  const f = def.fields[field];
  const label = t("filter.value");
  if (kind === "status" || kind === "choice" || kind === "switch") {
    const options = kind === "status" ? statuses.map((s) => ({ name: s, label: t(`status.${s}`) })) : kind === "switch" ? [{ name: "true", label: t("word.yes") }, { name: "false", label: t("word.no") }] : (f?.options ?? []);
    const toggle = (n: string) => onChange(kind === "switch" ? [n] : value.includes(n) ? value.filter((x) => x !== n) : [...value, n]);
    return <div className="tick-list">{options.map((o) => <label key={o.name} className="check"><input type={kind === "switch" ? "radio" : "checkbox"} checked={value.includes(o.name)} onChange={() => toggle(o.name)} />{o.label}</label>)}</div>;
  }
  if (kind === "link") return <LinkValues to={f?.to ?? ""} value={value} onChange={onChange} />;
  if (kind === "date" || kind === "moment") return <DayBox label={label} value={value[0]?.slice(0, 10) ?? null} onChange={(d) => onChange(d ? [kind === "moment" ? `${d}T00:00:00Z` : d] : [])} />;
  if (kind === "month") return <DayBox of="month" label={label} value={value[0] ?? null} onChange={(d) => onChange(d ? [d] : [])} />;
  if (f && isNumber(kind)) return <NumberBox def={f} label={label} value={value[0] ?? ""} onChange={(v) => onChange(v ? [v] : [])} />;
  return <input className="box" aria-label={label} placeholder={label} value={value[0] ?? ""} onChange={(e) => onChange([e.target.value])} />;
}

/** A number typed as its field is typed: grouped, or in percent. */
function NumberBox({ def, label, value, onChange }: { def: FieldDef; label: string; value: string; onChange: (v: string) => void }) {
  const [typed, setTyped] = useState(value ? say(value, def) : "");
  const take = (text: string) => {
    setTyped(text);
    const read = kinds[def.kind].parse(text, def);
    onChange("value" in read && typeof read.value === "string" ? read.value : "");
  };
  return <input className="box" inputMode="decimal" aria-label={label} placeholder={label} value={typed} onChange={(e) => take(e.target.value)} />;
}

function LinkValues({ to, value, onChange }: { to: string; value: string[]; onChange: (v: string[]) => void }) {
  const { t } = useTranslation();
  const load = async (typed: string) => (await get<Link[]>(`/lookup/${to}${query({ q: typed, limit: 20 })}`)).map((l) => ({ id: l.id, text: l.title ?? l.key ?? l.id }));
  return (
    <>
      {value.length > 0 && <div className="quick">{value.map((id) => <span key={id} className="chip"><LinkName to={to} id={id} /><button type="button" aria-label={t("filter.remove", { name: "" })} onClick={() => onChange(value.filter((x) => x !== id))}><X size={12} /></button></span>)}</div>}
      <Picker label={t("filter.value")} placeholder={t("filter.value")} value={null} load={load} onPick={(o) => o && !value.includes(o.id) && onChange([...value, o.id])} />
    </>
  );
}
