// A ledger: its parameters as a sentence, balances or turnover by the chosen dimensions, entries under a row.
import { Lock, Plus } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useBalance, useLedger, useTurnover } from "../../api/queries";
import type { BalanceRow, KeyValue, LedgerDef, Sums, TurnoverRow } from "../../api/types";
import { go, usePlace } from "../../app/route";
import { useNarrow } from "../../app/theme";
import { TopBar } from "../../app/TopBar";
import { DayBox } from "../../ui/Calendar";
import { firstOfMonth, lastOfPreviousMonth, today, addMonths } from "../../ui/day";
import { Grid, type Column } from "../../ui/grid/Grid";
import { fit } from "../../ui/grid/width";
import { group, isNegative, isZero, tidy } from "../../ui/number";
import { Bones, Empty, Trouble } from "../../ui/parts";
import { Popover } from "../../ui/Popover";
import { Entries } from "./Entries";
import { LedgerFilter } from "./LedgerFilter";
import { useUnits, type Units } from "./units";

export const keyText = (v: KeyValue | undefined): string => (v === null || v === undefined ? "—" : typeof v === "string" ? v : (v.title ?? v.key ?? "•••"));
export const keyId = (v: KeyValue | undefined): string => (v && typeof v === "object" ? v.id : (v ?? ""));
export function amount(def: LedgerDef, name: string, text: string | undefined): string {
  const m = def.measures[name];
  if (!text) return "";
  return group(m?.kind === "money" ? text : tidy(text, 0));
}

export function LedgerPage({ ledger }: { ledger: string }) {
  const def = useLedger(ledger);
  if (def.error) return <main className="page"><Trouble error={def.error} onRetry={() => void def.refetch()} /></main>;
  if (!def.data) return <main className="page"><Bones rows={12} /></main>;
  return <Loaded def={def.data} />;
}

function useLedgerState(def: LedgerDef) {
  const { path, search } = usePlace();
  const set = (more: Record<string, string | null>) => {
    const next = new URLSearchParams(search);
    for (const [k, v] of Object.entries(more)) if (v) next.set(k, v); else next.delete(k);
    const s = next.toString();
    go(s ? `${path}?${s}` : path, "replace");
  };
  const all = Object.keys(def.dimensions);
  const by = search.get("by")?.split(",").filter((d) => def.dimensions[d]) ?? all.slice(0, window.innerWidth <= 720 ? 1 : 3);
  const filter = search.get("filter");
  return { set, tab: search.get("tab") === "turnover" ? ("turnover" as const) : ("balance" as const), at: search.get("at") ?? today(), from: search.get("from") ?? firstOfMonth(today()), to: search.get("to") ?? today(), by: by.length ? by : all.slice(0, 1), filter, all };
}

function Loaded({ def }: { def: LedgerDef }) {
  const { t } = useTranslation();
  const narrow = useNarrow();
  const s = useLedgerState(def);
  const [picked, setPicked] = useState<Record<string, KeyValue> | null>(null);
  const filter = s.filter ?? undefined;
  const balance = useBalance(def.ledger, { at: s.at, by: s.by.join(","), filter }, s.tab === "balance");
  const turnover = useTurnover(def.ledger, { from: s.from, to: s.to, by: s.by.join(","), filter }, s.tab === "turnover");
  const q = s.tab === "balance" ? balance : turnover;
  const balanceRows = balance.data?.pages.flatMap((p) => p.rows) ?? [];
  const turnoverRows = turnover.data?.pages.flatMap((p) => p.rows) ?? [];
  const units = useUnits(def, s.by, s.tab === "balance" ? balanceRows : turnoverRows);
  // The server adds up every row; a unit is known of those that are here only.
  const totals = likeOnly(def, balance.data?.pages[0]?.totals ?? {}, units.alike && !balance.hasNextPage);
  const more = () => q.hasNextPage && !q.isFetchingNextPage && void q.fetchNextPage();
  const rowKey = (r: { key: Record<string, KeyValue> }) => s.by.map((d) => keyId(r.key[d])).join("|");
  const empty = <Empty title={t("ledger.none")}>{t("ledger.none_says")}</Empty>;
  const shared = { fill: !picked, most: picked ? 360 : undefined, label: def.label, rowKey, rowHeight: narrow ? 48 : 32, current: picked ? rowKey({ key: picked }) : null, empty, onEnd: more };
  return (
    <main className="page">
      <TopBar title={def.label} {...(narrow ? { back: "/find" } : {})}>
        {!narrow && <span className="chip ink2"><Lock size={12} />{t("ledger.written_by")}</span>}
      </TopBar>
      <div className="tabs" role="tablist">
        {(["balance", "turnover"] as const).map((x) => <button key={x} type="button" role="tab" aria-selected={s.tab === x} onClick={() => (setPicked(null), s.set({ tab: x === "balance" ? null : x }))}>{t(`ledger.${x}`)}</button>)}
      </div>
      <Sentence def={def} s={s} />
      {q.isLoading ? <Bones rows={12} /> : q.error ? <Trouble error={q.error} onRetry={() => void q.refetch()} /> : (
        <div className="ledger">
          {s.tab === "balance" ? (
            <Grid<BalanceRow> {...shared} rows={balanceRows} columns={balanceColumns(def, s.by, balanceRows, totals, units, t)} onOpen={(r) => setPicked(r.key)} />
          ) : (
            <Grid<TurnoverRow> {...shared} rows={turnoverRows} columns={turnoverColumns(def, s.by, turnoverRows, units, t)} onOpen={(r) => setPicked(r.key)} />
          )}
          {picked && <Entries def={def} picked={picked} by={s.by} filter={s.filter} from={s.tab === "turnover" ? s.from : firstOfMonth(s.at)} to={s.tab === "turnover" ? s.to : s.at} onClose={() => setPicked(null)} />}
        </div>
      )}
    </main>
  );
}

type State = ReturnType<typeof useLedgerState>;
function Sentence({ def, s }: { def: LedgerDef; s: State }) {
  const { t } = useTranslation();
  const quick: [string, string][] = [[t("ledger.today"), today()], [t("ledger.last_month"), lastOfPreviousMonth(today())], [t("ledger.last_year"), addMonths(today(), -12)]];
  return (
    <div className="filter-bar row wrap sentence">
      {s.tab === "balance" ? (
        <>
          <span className="ink2">{t("ledger.at")}</span>
          <span className="day"><DayBox label={t("ledger.at")} value={s.at} onChange={(d) => s.set({ at: d && d !== today() ? d : null })} /></span>
          <span className="seg">{quick.map(([label, d]) => <button key={label} type="button" aria-pressed={s.at === d} onClick={() => s.set({ at: d === today() ? null : d })}>{label}</button>)}</span>
        </>
      ) : (
        <>
          <span className="ink2">{t("ledger.from")}</span><span className="day"><DayBox label={t("ledger.from")} value={s.from} onChange={(d) => s.set({ from: d })} /></span>
          <span className="ink2">{t("ledger.to")}</span><span className="day"><DayBox label={t("ledger.to")} value={s.to} onChange={(d) => s.set({ to: d })} /></span>
        </>
      )}
      <span className="ink2">{t("ledger.by")}</span>
      <Dimensions def={def} s={s} />
      <LedgerFilter def={def} filter={s.filter} onChange={(f) => s.set({ filter: f })} />
    </div>
  );
}

function Dimensions({ def, s }: { def: LedgerDef; s: State }) {
  const { t } = useTranslation();
  const self = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  const rest = s.all.filter((d) => !s.by.includes(d));
  return (
    <>
      {s.by.map((d) => <button key={d} type="button" className="chip dim" title={t("ledger.less")} disabled={s.by.length === 1} onClick={() => s.set({ by: s.by.filter((x) => x !== d).join(",") })}>{def.dimensions[d]!.label}</button>)}
      {rest.length > 0 && <button ref={self} type="button" className="bare" aria-expanded={open} onClick={() => setOpen(!open)}><Plus size={14} />{t("ledger.more_dimensions")}</button>}
      {open && <Popover anchor={self.current} onClose={() => setOpen(false)} className="menu" role="menu">{rest.map((d) => <button key={d} type="button" role="menuitem" onClick={() => (setOpen(false), s.set({ by: [...s.by, d].join(",") }))}>{def.dimensions[d]!.label}</button>)}</Popover>}
    </>
  );
}

const Amount = ({ def, name, text, strong }: { def: LedgerDef; name: string; text: string | undefined; strong?: boolean }) =>
  isZero(text) ? <span className="ink4">—</span> : <span className={`${isNegative(text) ? "bad" : ""}${strong ? " strong" : ""}`}>{amount(def, name, text)}</span>;

const keyColumns = <R extends { key: Record<string, KeyValue> }>(def: LedgerDef, by: string[], rows: R[], foot?: string): Column<R>[] =>
  by.map((d, i): Column<R> => ({ key: d, label: def.dimensions[d]!.label, width: fit(def.dimensions[d]!.label, rows.map((r) => keyText(r.key[d])), { least: 60, most: window.innerWidth <= 720 ? 130 : 230 }) + (i === 0 ? 10 : 0), grow: 2, pin: i === 0, cell: (r) => <span className="cut">{keyText(r.key[d])}</span>, text: (r) => keyText(r.key[d]), ...(foot !== undefined ? { foot: i === 0 ? foot : "" } : {}) }));

/** Quantities in several units, or in unknown ones, have no total. */
const likeOnly = (def: LedgerDef, totals: Sums, alike: boolean): Sums => Object.fromEntries(Object.entries(totals).filter(([m]) => alike || def.measures[m]?.kind !== "quantity"));

const unitColumn = <R extends { key: Record<string, KeyValue> }>(units: Units, t: (k: string) => string): Column<R>[] =>
  units.by ? [{ key: "unit", label: t("ledger.unit"), width: 64, cell: (r) => <span className="ink2 cut">{units.of(r)}</span>, text: units.of }] : [];

function balanceColumns(def: LedgerDef, by: string[], rows: BalanceRow[], totals: Sums, units: Units, t: (k: string) => string): Column<BalanceRow>[] {
  return [
    ...keyColumns<BalanceRow>(def, by, rows, Object.keys(totals).length ? t("ledger.total") : undefined),
    ...unitColumn<BalanceRow>(units, t),
    ...Object.entries(def.measures).map(([m, f]): Column<BalanceRow> => ({ key: `m:${m}`, label: f.label, width: 104, grow: 1, end: true, cell: (r) => <Amount def={def} name={m} text={r.measures[m]} strong />, text: (r) => r.measures[m] ?? "", ...(totals[m] === undefined ? {} : { foot: amount(def, m, totals[m]) }) })),
  ];
}

function turnoverColumns(def: LedgerDef, by: string[], rows: TurnoverRow[], units: Units, t: (k: string) => string): Column<TurnoverRow>[] {
  const measures = Object.entries(def.measures);
  const parts = ["opening", "in", "out", "closing"] as const;
  return [
    ...keyColumns<TurnoverRow>(def, by, rows),
    ...unitColumn<TurnoverRow>(units, t),
    ...measures.flatMap(([m, f]) => (f.computed ? parts.filter((p) => p === "opening" || p === "closing") : parts).map((p): Column<TurnoverRow> => ({ key: `${p}:${m}`, label: measures.length > 1 ? `${f.label} · ${t(`ledger.${p}`)}` : t(`ledger.${p}`), width: 116, grow: 1, end: true, cell: (r) => <Amount def={def} name={m} text={r[p]?.[m]} strong={p === "closing"} />, text: (r) => r[p]?.[m] ?? "" }))),
  ];
}
