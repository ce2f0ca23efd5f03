// The list of a form: views as tabs, the filter in words, columns to choose, keyset paging as one scrolls.
import { Button } from "antd";
import { Plus, Search, Star, X } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { post, remove } from "../../api/client";
import { cache, useCount, useDefinition, useList, useViews } from "../../api/queries";
import type { Definition, ListQuery, ListRow, Me, View } from "../../api/types";
import { at, go, onLink, usePlace } from "../../app/route";
import { useHotkeys } from "../../app/keys";
import { pin } from "../../app/settings";
import { useNarrow } from "../../app/theme";
import { TopBar } from "../../app/TopBar";
import { kinds, say, type FieldContext } from "../../fields";
import { shortMoment } from "../../ui/day";
import { ColumnChooser } from "../../ui/ColumnChooser";
import { Dialog } from "../../ui/Dialog";
import { Grid, type Column } from "../../ui/grid/Grid";
import { fit } from "../../ui/grid/width";
import { Bones, Empty, PersonName, StatusTag, Trouble } from "../../ui/parts";
import { NewRecordPage, RecordPage } from "../record/RecordPage";
import { FilterBar } from "./FilterBar";
import { conditions, filterOf, nextSort, readFilter, readSort, writeSort } from "./filter";
import { ListCards } from "./ListCards";

export function ListPage({ form, me }: { form: string; me: Me }) {
  const def = useDefinition(form);
  if (def.error) return <main className="page"><Trouble error={def.error} onRetry={() => void def.refetch()} /></main>;
  if (!def.data) return <main className="page"><Bones rows={12} /></main>;
  return def.data.kind === "settings" ? <Single form={form} /> : <Loaded def={def.data} me={me} />;
}

/** A form of settings has one record at most: its list is that record. */
function Single({ form }: { form: string }) {
  const list = useList(form, {}, true, 1);
  if (list.error) return <main className="page"><Trouble error={list.error} onRetry={() => void list.refetch()} /></main>;
  if (!list.data) return <main className="page"><Bones rows={8} /></main>;
  const row = list.data.pages[0]?.rows[0];
  return row ? <RecordPage form={form} id={row.id} /> : <NewRecordPage form={form} given={null} />;
}

/** Columns that every list may show beside the form's own fields. */
const own = ["status", "at", "created_by", "created_at"] as const;

function useListState(def: Definition) {
  const { path, search } = usePlace();
  const set = (more: Record<string, string | null>) => {
    const next = new URLSearchParams(search);
    for (const [k, v] of Object.entries(more)) if (v) next.set(k, v); else next.delete(k);
    const s = next.toString();
    go(s ? `${path}?${s}` : path, "replace");
  };
  const standard = [...def.list.slice(0, 1), ...(def.workflow ? ["status"] : []), ...def.list.slice(1), ...(def.workflow ? ["at"] : [])];
  const columns = search.get("columns")?.split(",").filter((n) => def.fields[n] || (own as readonly string[]).includes(n));
  return {
    set,
    view: search.get("view"),
    q: search.get("q") ?? "",
    filter: readFilter(search.get("filter")),
    sort: readSort(search.get("sort")),
    columns: columns?.length ? columns : standard,
    here: search.toString() ? `${path}?${search}` : path,
    query: (): ListQuery => ({ filter: readFilter(search.get("filter")), ...(search.get("sort") ? { sort: search.get("sort")! } : {}), ...(columns?.length ? { columns } : {}), ...(search.get("q") ? { q: search.get("q")! } : {}) }),
  };
}
type ListState = ReturnType<typeof useListState>;

function Loaded({ def, me }: { def: Definition; me: Me }) {
  const { t } = useTranslation();
  const narrow = useNarrow();
  const s = useListState(def);
  const filter = Object.keys(s.filter).length ? JSON.stringify(s.filter) : undefined;
  const fields = s.columns.filter((n) => def.fields[n]);
  const ask = { q: s.q || undefined, filter, sort: writeSort(s.sort) || undefined, columns: [...new Set([...fields, ...(def.key ? [def.key] : [])])].join(",") };
  const list = useList(def.form, ask);
  const count = useCount(def.form, { q: ask.q, filter });
  const rows = useMemo(() => list.data?.pages.flatMap((p) => p.rows) ?? [], [list.data]);
  const may = def.may.includes("create");
  const create = () => go(at.create(def.form));
  useHotkeys({ n: () => may && create(), "/": () => document.querySelector<HTMLInputElement>(".list-search input")?.focus() });
  const total = count.data ? `${count.data.count}${count.data.more ? "+" : ""}` : "";
  const pinned = me.settings.pinned?.some((p) => p.path === s.here) ?? false;
  const narrowed = !!filter || !!s.q;
  const empty = narrowed
    ? <Empty title={t("list.none_fit")} acts={<Button onClick={() => s.set({ filter: null, q: null, view: null })}>{t("list.clear")}</Button>} />
    : <Empty title={t("list.none", { form: def.label })} acts={may ? <Button type="primary" onClick={create}>{t("record.new", { form: def.label })}</Button> : undefined}>{may ? t("list.none_says") : null}</Empty>;
  return (
    <main className="page">
      <TopBar crumbs={narrow ? [] : [{ label: def.module_label }]} title={def.label} count={total} {...(narrow ? { back: "/find" } : {})}>
        <button type="button" className="bare" aria-pressed={pinned} onClick={() => pin(viewName(s, def), s.here)} title={t("list.pin")}><Star size={15} fill={pinned ? "currentColor" : "none"} />{!narrow && t(pinned ? "list.unpin" : "list.pin")}</button>
        {may && <Button type="primary" icon={<Plus size={15} />} onClick={create} aria-label={t("record.new", { form: def.label })}>{narrow ? "" : t("record.new", { form: def.label })}</Button>}
      </TopBar>
      <ViewTabs def={def} state={s} />
      <div className="filter-bar row">
        {!narrow && <FilterBar def={def} list={conditions(s.filter)} onChange={(c) => s.set({ filter: c.length ? JSON.stringify(filterOf(c, (f) => def.fields[f]?.kind === "switch")) : null })} />}
        <span className="grow" />
        <SearchBox value={s.q} onChange={(q) => s.set({ q: q || null })} />
        {!narrow && <ColumnChooser all={choices(def, t)} shown={s.columns} onChange={(c) => s.set({ columns: c.join(",") })} onReset={() => s.set({ columns: null })} />}
      </div>
      {list.isLoading ? <Bones rows={14} /> : list.error ? <Trouble error={list.error} onRetry={() => void list.refetch()} /> : narrow ? (
        <ListCards def={def} rows={rows} empty={empty} more={list.hasNextPage ? () => void list.fetchNextPage() : undefined} />
      ) : (
        <Grid<ListRow> fill label={def.label} rows={rows} columns={columnsOf(def, s, rows, t)} rowKey={(r) => r.id} rowHeight={rowHeight()} onOpen={(r) => go(at.record(def.form, r.id))} onEnd={() => list.hasNextPage && !list.isFetchingNextPage && void list.fetchNextPage()} empty={empty} />
      )}
      {!narrow && <footer className="list-foot row"><span className="ink2">{t("list.shown", { shown: rows.length, total: total || rows.length })}</span>{list.isFetchingNextPage && <span className="ink3">{t("state.loading")}</span>}<span className="grow" /></footer>}
    </main>
  );
}

const rowHeight = () => parseInt(getComputedStyle(document.documentElement).getPropertyValue("--row"), 10) || 32;
const viewName = (s: ListState, def: Definition) => {
  const view = cache.getQueryData<View[]>(["views", def.form])?.find((v) => v.id === s.view);
  return view ? `${view.name} · ${def.label}` : s.q ? `${def.label} · ${s.q}` : def.label;
};

function choices(def: Definition, t: (k: string) => string): { name: string; label: string }[] {
  const fields = Object.entries(def.fields).filter(([, f]) => f.kind !== "lines" && f.look !== "hidden").map(([name, f]) => ({ name, label: f.label }));
  return [...fields, ...own.filter((n) => def.workflow || (n !== "status" && n !== "at")).map((name) => ({ name, label: t(`list.${name}`) }))];
}

const unsortable = new Set(["lines", "attachment", "image", "rich", "choices"]);
function columnsOf(def: Definition, s: ListState, rows: ListRow[], t: (k: string) => string): Column<ListRow>[] {
  const ctx: FieldContext = { form: def.form, record: null, path: "", values: () => ({}), look: () => ({ look: "read", required: false, shown: true }), findings: () => [], asked: () => ({}), still: true };
  const sortable = (n: string) => ({ sort: s.sort?.field === n ? (s.sort.down ? ("desc" as const) : ("asc" as const)) : null, onSort: () => s.set({ sort: writeSort(nextSort(s.sort, n)) || null }) });
  return s.columns.map((n, i): Column<ListRow> => {
    const base = { key: n, pin: i === 0 };
    if (n === "status") return { ...base, label: t("list.status"), width: 104, ...sortable("status"), cell: (r) => <StatusTag status={r.status} /> };
    if (n === "at") return { ...base, label: t("list.at"), width: 130, grow: 1, cell: (r) => <span className="ink2 cut">{r.at.join("、")}</span> };
    if (n === "created_by") return { ...base, label: t("list.created_by"), width: 110, cell: (r) => <PersonName name={r.created_by.name} /> };
    if (n === "created_at") return { ...base, label: t("list.created_at"), width: 120, ...sortable("created_at"), cell: (r) => <span className="ink2">{shortMoment(r.created_at)}</span> };
    const f = def.fields[n]!;
    const kind = kinds[f.kind];
    const first = i === 0 || n === def.key;
    return {
      ...base, label: f.label, end: kind.end ?? false, width: fit(f.label, rows.map((r) => say(r.values[n], f)), { least: 44, most: i === 0 ? 220 : 190, extra: s.sort?.field === n ? 14 : 0 }) + (i === 0 ? 10 : 0),
      ...(kind.grow ? { grow: kind.grow } : {}),
      ...(unsortable.has(f.kind) || f.from === "live" || f.look === "masked" ? {} : sortable(n)),
      cell: (r) => (first ? <a href={at.record(def.form, r.id)} onClick={onLink} className="cut" tabIndex={-1}>{say(r.values[n], f) || r.title || t("list.nameless")}</a> : masked(r.values[n]) ? <span className="ink3">•••</span> : <kind.Show def={f} value={r.values[n]} ctx={{ ...ctx, record: r.id, path: n, values: () => r.values }} cell />),
      text: (r) => say(r.values[n], f),
    };
  });
}
const masked = (v: unknown) => typeof v === "object" && v !== null && "masked" in v;

function SearchBox({ value, onChange }: { value: string; onChange: (q: string) => void }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState<string | null>(null);
  const settle = () => (typed !== null && typed !== value && onChange(typed.trim()), setTyped(null));
  return (
    <span className="list-search box row">
      <Search size={14} className="ink3" />
      <input className="grow" type="search" aria-label={t("list.search")} placeholder={t("list.search")} value={typed ?? value} onChange={(e) => setTyped(e.target.value)} onBlur={settle} onKeyDown={(e) => e.key === "Enter" && !e.nativeEvent.isComposing && settle()} />
    </span>
  );
}

function ViewTabs({ def, state: s }: { def: Definition; state: ListState }) {
  const { t } = useTranslation();
  const views = useViews(def.form);
  const [naming, setNaming] = useState(false);
  const [name, setName] = useState("");
  const open = (v: View | null) => s.set({ view: v?.id ?? null, filter: v?.query.filter ? JSON.stringify(v.query.filter) : null, sort: v?.query.sort ?? null, columns: v?.query.columns?.join(",") ?? null, q: v?.query.q ?? null });
  const save = async () => {
    const v = await post<View>(`/views/${def.form}`, { name: name.trim(), query: s.query() });
    await cache.invalidateQueries({ queryKey: ["views", def.form] });
    setNaming(false);
    setName("");
    s.set({ view: v.id });
  };
  const drop = async (v: View) => {
    await remove(`/views/${def.form}/${v.id}`);
    await cache.invalidateQueries({ queryKey: ["views", def.form] });
    if (s.view === v.id) open(null);
  };
  const quick: [string, string][] = def.workflow ? [["submitted", t("list.view_running")], ["draft", t("list.view_drafts")]] : [];
  const current = s.view ?? "";
  return (
    <div className="tabs" role="tablist">
      <button type="button" role="tab" aria-selected={!current} onClick={() => open(null)}>{t("list.all")}</button>
      {quick.map(([status, label]) => <button key={status} type="button" role="tab" aria-selected={current === status} onClick={() => s.set({ view: status, filter: JSON.stringify({ status }), q: null })}>{label}</button>)}
      {views.data?.map((v) => (
        <button key={v.id} type="button" role="tab" aria-selected={current === v.id} onClick={() => open(v)}>
          {v.name}
          {current === v.id && v.own !== false && <span className="tab-x" role="button" tabIndex={0} aria-label={t("list.drop_view", { name: v.name })} onKeyDown={(e) => e.key === "Enter" && void drop(v)} onClick={(e) => (e.stopPropagation(), void drop(v))}><X size={12} /></span>}
        </button>
      ))}
      <button type="button" className="ink3" onClick={() => setNaming(true)}><Plus size={14} />{t("list.save_view")}</button>
      {naming && (
        <Dialog title={t("list.save_view")} onClose={() => setNaming(false)} onSubmit={() => name.trim() && void save()} foot={<><Button onClick={() => setNaming(false)}>{t("act.cancel")}</Button><Button type="primary" htmlType="submit" disabled={!name.trim()}>{t("list.save_view")}</Button></>}>
          <label className="stack"><span>{t("list.view_name")}</span><input className="box" autoFocus value={name} onChange={(e) => setName(e.target.value)} /></label>
          <p className="ink3 small">{t("list.view_says")}</p>
        </Dialog>
      )}
    </div>
  );
}
