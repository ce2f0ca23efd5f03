// Which part of a ledger: chips "dimension is value", each found by its name.
import { Plus, X } from "lucide-react";
import { useRef, useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { get, query } from "../../api/client";
import type { LedgerDef, Link, Sheet } from "../../api/types";
import { Picker } from "../../ui/Picker";
import { Popover } from "../../ui/Popover";
import { readFilter } from "../list/filter";

export function LedgerFilter({ def, filter, onChange }: { def: LedgerDef; filter: string | null; onChange: (f: string | null) => void }) {
  const { t } = useTranslation();
  const now = readFilter(filter) as Record<string, string | string[]>;
  const self = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  const [dim, setDim] = useState<string | null>(null);
  const links = Object.entries(def.dimensions).filter(([, d]) => d.kind === "link" && d.to && !d.to.includes("."));
  const put = (next: Record<string, string | string[]>) => onChange(Object.keys(next).length ? JSON.stringify(next) : null);
  const load = async (typed: string) => (await get<Link[]>(`/lookup/${def.dimensions[dim!]!.to}${query({ q: typed, limit: 20 })}`)).map((l) => ({ id: l.id, text: l.title ?? l.key ?? l.id }));
  return (
    <>
      {Object.entries(now).map(([d, v]) => (
        <span key={d} className="chip">{def.dimensions[d]?.label} <b>{t("filter.is")}</b> {[v].flat().map((id) => <Name key={id} to={def.dimensions[d]?.to ?? ""} id={id} />)}
          <button type="button" aria-label={t("filter.remove", { name: def.dimensions[d]?.label })} onClick={() => put(Object.fromEntries(Object.entries(now).filter(([k]) => k !== d)))}><X size={12} /></button>
        </span>
      ))}
      <button ref={self} type="button" className="bare" aria-expanded={open} onClick={() => (setOpen(!open), setDim(null))}><Plus size={14} />{t("filter.add")}</button>
      {open && (
        <Popover anchor={self.current} onClose={() => setOpen(false)} className="filter-form" label={t("filter.add")}>
          <div className="seg wrap">{links.map(([n, d]) => <button key={n} type="button" aria-pressed={dim === n} onClick={() => setDim(n)}>{d.label}</button>)}</div>
          {dim && <Picker key={dim} label={def.dimensions[dim]!.label} autoFocus placeholder={t("filter.value")} value={null} load={load} onPick={(o) => o && (setOpen(false), put({ ...now, [dim]: o.id }))} />}
        </Popover>
      )}
    </>
  );
}
function Name({ to, id }: { to: string; id: string }) {
  const q = useQuery({ queryKey: ["title", to, id], queryFn: () => get<Sheet>(`/records/${to}/${id}`), staleTime: Infinity, retry: false });
  return <>{q.data?.record.title ?? "…"}</>;
}
