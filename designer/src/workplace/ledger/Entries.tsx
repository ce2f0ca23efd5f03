// Under a balance: the entries that make it, each a way to its record, with what was there before each day.
import { ShieldCheck, X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useBalance, useEntries } from "../../api/queries";
import type { Entry, KeyValue, LedgerDef } from "../../api/types";
import { at, go, onLink } from "../../app/route";
import { addDays, addMonths, shortDay, dayOf } from "../../ui/day";
import { Grid, type Column } from "../../ui/grid/Grid";
import { isNegative, isZero, sum, groupInTitle } from "../../ui/number";
import { Bones, Empty, Trouble } from "../../ui/parts";
import { readFilter } from "../list/filter";
import { amount, keyId, keyText } from "./LedgerPage";

interface Props { def: LedgerDef; picked: Record<string, KeyValue>; by: string[]; filter: string | null; from: string; to: string; onClose: () => void }
interface Line { id: string; entry: Entry | null; date: string; after: Record<string, string> }

export function Entries({ def, picked, by, filter, from: begin, to, onClose }: Props) {
  const { t } = useTranslation();
  const [earlier, setEarlier] = useState<string | null>(null);
  const from = earlier ?? begin;
  const own = JSON.stringify({ ...readFilter(filter), ...Object.fromEntries(by.map((d) => [d, picked[d] === null ? { empty: true } : keyId(picked[d])])) });
  const entries = useEntries(def.ledger, { filter: own, from, to }, true);
  const before = useBalance(def.ledger, { at: addDays(from, -1), by: by.join(","), filter: own }, true);
  const name = by.map((d) => keyText(picked[d])).join(" · ");
  const rows = entries.data?.pages.flatMap((p) => p.rows) ?? [];
  const lines = running(def, rows, before.data?.pages[0]?.rows[0]?.measures ?? {}, from);
  return (
    <section className="entries">
      <header className="row">
        <b className="cut">{name}</b><span className="ink3">{t("ledger.entries", { from: shortDay(from), to: shortDay(to), count: rows.length })}</span><button type="button" className="bare link" onClick={() => setEarlier(addMonths(from, -3))}>{t("ledger.earlier")}</button><span className="grow" />
        <button type="button" className="bare" aria-label={t("act.close")} onClick={onClose}><X size={15} /></button>
      </header>
      {entries.isLoading || before.isLoading ? <Bones rows={5} /> : entries.error ? <Trouble error={entries.error} onRetry={() => void entries.refetch()} /> : (
        <Grid<Line> fill label={name} rows={lines} columns={columns(def, t)} rowKey={(l) => l.id} rowHeight={32} rowClass={(l) => (l.entry ? "" : "bandrow")} onOpen={(l) => l.entry?.form && l.entry.record && go(at.record(l.entry.form, l.entry.record.id))} onEnd={() => entries.hasNextPage && void entries.fetchNextPage()} empty={<Empty title={t("ledger.no_entries")} />} />
      )}
      <div className="why-rules ink3 small">{def.constraints.map((c) => <span key={c.name}><ShieldCheck size={13} /> {t("ledger.rule", { say: c.say })}</span>)}</div>
    </section>
  );
}

/** Entries oldest first, each with the balance after it; the opening balance stands above them. */
function running(def: LedgerDef, rows: Entry[], opening: Record<string, string>, from: string): Line[] {
  const measures = Object.keys(def.measures).filter((m) => !def.measures[m]!.computed);
  const sorted = [...rows].sort((a, b) => (a.date === b.date ? (a.posted_at < b.posted_at ? -1 : 1) : a.date < b.date ? -1 : 1));
  let now: Record<string, string> = Object.fromEntries(measures.map((m) => [m, opening[m] ?? "0"]));
  const out: Line[] = [{ id: "opening", entry: null, date: from, after: now }];
  for (const e of sorted) {
    now = Object.fromEntries(measures.map((m) => [m, sum([now[m], e.measures[m]])]));
    out.push({ id: e.id, entry: e, date: e.date, after: now });
  }
  return out;
}

function columns(def: LedgerDef, t: (k: string, o?: Record<string, unknown>) => string): Column<Line>[] {
  const measures = Object.entries(def.measures).filter(([, m]) => !m.computed);
  const signed = (m: string, text: string | undefined) => (isZero(text) ? <span className="ink4">—</span> : <span className={isNegative(text) ? "bad" : ""}>{isNegative(text) ? "" : "+"}{amount(def, m, text)}</span>);
  return [
    { key: "date", label: t("ledger.day"), width: 90, cell: (l) => shortDay(l.date) },
    { key: "what", label: t("ledger.source"), width: 110, cell: (l) => <span className="cut">{l.entry ? l.entry.form_label : t("ledger.opening")}{l.entry?.kind === "reverse" && <span className="rev"> {t("ledger.reversal")}</span>}</span> },
    { key: "record", label: t("ledger.record"), width: 220, grow: 2, cell: (l) => l.entry?.form && l.entry.record && <a className="cut" href={at.record(l.entry.form, l.entry.record.id)} onClick={onLink} tabIndex={-1}>{groupInTitle(l.entry.record.title ?? l.entry.record.id)}</a> },
    ...measures.flatMap(([m, f]): Column<Line>[] => [
      { key: `d:${m}`, label: f.label, width: 110, grow: 1, end: true, cell: (l) => l.entry && signed(m, l.entry.measures[m]) },
      { key: `a:${m}`, label: t("ledger.after", { name: f.label }), width: 120, grow: 1, end: true, cell: (l) => <b className={isNegative(l.after[m]) ? "bad" : ""}>{amount(def, m, l.after[m]) || "0"}</b> },
    ]),
    { key: "late", label: t("ledger.remark"), width: 130, grow: 1, cell: (l) => l.entry && dayOf(new Date(l.entry.posted_at)) > l.entry.date && <span className="warn cut">{t("ledger.late", { day: shortDay(dayOf(new Date(l.entry.posted_at))) })}</span> },
  ];
}
