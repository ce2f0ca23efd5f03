// The lines of a record as a sheet: one live editor, arrows, Tab, copy from above, blocks from Excel.
import { CircleAlert, Plus, Trash2, TriangleAlert } from "lucide-react";
import { useContext, useEffect, useRef, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import type { FieldDef, Line, Link, Value } from "../../api/types";
import { ColumnChooser } from "../../ui/ColumnChooser";
import { Grid, type Column, type Editing, type Enter } from "../../ui/grid/Grid";
import { place } from "../../ui/grid/paste";
import type { Spot } from "../../ui/grid/keys";
import { fit } from "../../ui/grid/width";
import { group, tidy } from "../../ui/number";
import { Popover } from "../../ui/Popover";
import { toast } from "../../ui/toast";
import { kinds, say } from "../index";
import { lookUpOne } from "../link";
import { isEmpty, isUnread, same, SoughtPlace, type EditProps, type FieldContext } from "../types";
import { footOf, newLine, setCell } from "./rows";
import { useSteps } from "./steps";

export function LineGrid(p: EditProps) {
  const { t } = useTranslation();
  const table = p.ctx.path;
  const { rows, latest, change, undo, redo, removeLine } = useSteps(p);
  const fields = p.def.fields ?? {};
  const still = p.ctx.still;
  const cellCtx = (name: string, line?: string): FieldContext => ({ ...p.ctx, path: `${table}.${name}`, line, values: () => ({ ...p.ctx.values(), ...(latest.current.find((r) => r.id === line) ?? {}) }) });
  const visible = Object.keys(fields).filter((n) => p.ctx.look(`${table}.${n}`).look !== "hidden" && (p.ctx.look(`${table}.${n}`).shown || rows.some((r) => p.ctx.look(`${table}.${n}`, r.id).shown)));
  const [enter, setEnter] = useState<Enter | null>(null);
  const more = useRef<HTMLButtonElement>(null);
  const sought = useContext(SoughtPlace);
  useEffect(() => {
    const [name, row, column] = sought?.place.split("/") ?? [];
    if (name !== table) return;
    if (row) setEnter({ row, column });
    else if (latest.current[0]) setEnter({ row: latest.current[0].id });
    else more.current?.focus();
  }, [sought]);
  const add = () => {
    const line = newLine();
    change([...latest.current, line]);
    setEnter({ row: line.id });
  };
  /** At the end of the table: a line in which nothing was typed yet is the next one already. */
  const append = () => {
    const last = latest.current[latest.current.length - 1];
    if (!last || !p.ctx.kept || p.ctx.kept.touched(last.id)) change([...latest.current, newLine()]);
  };
  // Without a line there is no cell that could keep the focus.
  const acted = useRef(false);
  useEffect(() => {
    if (acted.current && rows.length === 0) more.current?.focus();
    acted.current = false;
  }, [rows.length]);
  const doing = <A extends unknown[]>(act: (...a: A) => void) => (...a: A) => {
    acted.current = true;
    act(...a);
  };
  const removeRow = doing(removeLine);
  const onKeyDown = (e: KeyboardEvent) => {
    const act = e.target === more.current && (e.ctrlKey || e.metaKey) ? e.key.toLowerCase() : "";
    if (act !== "z" && act !== "y") return;
    e.preventDefault();
    if (act === "y" || e.shiftKey) redo();
    else undo();
  };
  const [kept, setChosen] = useShownColumns(`${p.ctx.form}.${table}`, visible);
  const opens = (n: string) => !still && fields[n]!.typed && (p.ctx.look(`${table}.${n}`).look === "edit" || rows.some((r) => p.ctx.look(`${table}.${n}`, r.id).look === "edit"));
  // A column without a single value says nothing where nothing is typed, nor where nothing will fill it in here.
  const growing = kept.some(opens);
  const chosen = kept.filter((n) => (growing && (opens(n) || fields[n]!.from !== null)) || rows.some((r) => !isEmpty(r[n])));
  // Who may edit single cells may not thereby add or remove lines: that is the look of the table itself.
  const canGrow = !still && p.ctx.look(table).look === "edit" && Object.values(fields).some((f) => f.typed) && (p.def.max === undefined || rows.length < Number(p.def.max));

  const columns = [numberColumn(canGrow, removeRow, t), ...chosen.map((n) => lineColumn(n, fields[n]!, table, p.ctx, cellCtx, opens(n), rows))];
  const editable = columns.some((c) => c.typed);
  const paste = usePaste(latest, columns, fields, change, cellCtx, canGrow);
  return (
    <div onKeyDown={onKeyDown}>
      <header className="row lines-head">
        <b>{p.label}</b>
        <span className="ink3">{t("lines.count", { count: rows.length })}</span>
        <span className="grow" />
        {editable && <span className="row ink3 small keys"><kbd>Enter</kbd>{t("lines.key_edit")}<kbd>Esc</kbd>{t("lines.key_leave")}<kbd>Ctrl ↓</kbd>{t("lines.key_above")}<kbd>Ctrl V</kbd>{t("lines.key_paste")}</span>}
        <ColumnChooser all={visible.map((n) => ({ name: n, label: fields[n]!.label }))} shown={kept} onChange={setChosen} onReset={() => setChosen(null)} />
      </header>
      <div className="sheet">
        <Grid<Line>
          label={p.label}
          rows={rows}
          columns={columns}
          rowKey={(r) => r.id}
          place={(r, c) => `${table}/${r.id}/${c.key}`}
          rowHeight={rowHeight()}
          most={rows.length > 24 ? 620 : undefined}
          editor={(row, column, how) => <LineEditor key={`${row.id}:${column.key}`} def={fields[column.key]!} name={column.key} row={row} how={how} ctx={cellCtx(column.key, row.id)} onChange={(v, joined) => change(setCell(latest.current, row.id, column.key, v), joined)} />}
          onClear={(row, column) => change(setCell(latest.current, row.id, column.key, null))}
          onCopyAbove={(i, column) => {
            const above = latest.current[i - 1];
            const here = latest.current[i];
            if (above && here) change(setCell(latest.current, here.id, column.key, above[column.key]));
          }}
          onPaste={(block, at) => void paste(block, at)}
          onAppend={canGrow ? append : undefined}
          onRemove={canGrow ? (row) => removeRow(row.id) : undefined}
          onUndo={editable ? doing(undo) : undefined}
          onRedo={editable ? doing(redo) : undefined}
          enter={enter}
          empty={<div className="empty">{t("lines.none")}</div>}
        />
      </div>
      {canGrow && <button ref={more} type="button" className="bare link" onClick={add}><Plus size={14} />{t("lines.add")}</button>}
    </div>
  );
}

const rowHeight = () => parseInt(getComputedStyle(document.documentElement).getPropertyValue("--row"), 10) || 32;

function useShownColumns(name: string, visible: string[]): [string[], (list: string[] | null) => void] {
  const key = `fw.columns.${name}`;
  const [kept, setKept] = useState<string[] | null>(() => {
    try {
      return JSON.parse(localStorage.getItem(key) ?? "null") as string[] | null;
    } catch {
      return null;
    }
  });
  const shown = kept?.filter((n) => visible.includes(n));
  return [
    shown?.length ? shown : visible,
    (list) => {
      if (list) localStorage.setItem(key, JSON.stringify(list));
      else localStorage.removeItem(key);
      setKept(list);
    },
  ];
}

function numberColumn(canGrow: boolean, remove: (id: string) => void, t: (k: string, o?: Record<string, unknown>) => string): Column<Line> {
  return {
    key: "#", label: "#", width: 40, pin: true,
    cell: (r, i) => (
      <>
        <span className="ink3 line-no">{i + 1}</span>
        {canGrow && <button type="button" className="bare line-remove" tabIndex={-1} aria-label={t("lines.remove", { n: i + 1 })} title={`${t("lines.remove", { n: i + 1 })}  Ctrl Del`} onClick={() => remove(r.id)}><Trash2 size={13} /></button>}
      </>
    ),
    tone: () => "read",
  };
}

function lineColumn(name: string, def: FieldDef, table: string, ctx: FieldContext, cellCtx: (n: string, line?: string) => FieldContext, open: boolean, rows: Line[]): Column<Line> {
  const kind = kinds[def.kind];
  const looks = (r: Line) => ctx.look(`${table}.${name}`, r.id);
  const findings = (r: Line) => ctx.findings(`${table}/${r.id}/${name}`);
  const foot = footOf(rows, name, def);
  const one: Column<Line> = {
    key: name,
    label: def.label,
    width: fit(def.label, rows.map((r) => say(r[name], def)), { least: open ? kind.width - 18 : 24, most: 240, extra: open ? 18 : 0 }),
    end: kind.end ?? false,
    typed: open,
    cell: (r) => (isUnread(r[name]) ? <span className="cut">{say(r[name], def)}</span> : looks(r).shown ? <kind.Show def={def} value={r[name]} ctx={cellCtx(name, r.id)} cell /> : <span className="ink4">—</span>),
    text: (r) => say(r[name], def),
    editable: (r) => open && looks(r).look === "edit" && looks(r).shown,
    tone: (r) => {
      const found = findings(r);
      if (found.some((f) => f.level === "refuse")) return "bad";
      if (found.some((f) => f.level === "warn")) return "warn";
      return open && looks(r).look === "edit" ? "" : "read";
    },
    tip: (r) => (findings(r).length ? <CellTip findings={findings(r)} /> : null),
  };
  if (kind.grow) one.grow = kind.grow;
  if (foot !== null) one.foot = group(def.kind === "quantity" ? tidy(foot, 0) : foot);
  return one;
}

function CellTip({ findings }: { findings: { say: string; level: string }[] }) {
  const self = useRef<HTMLSpanElement>(null);
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  useEffect(() => setAnchor(self.current?.parentElement ?? null), []);
  const bad = findings.some((f) => f.level === "refuse");
  return (
    <span ref={self} className="cell-tip">
      {anchor && (
        <Popover anchor={anchor} onClose={() => undefined} className={`finding${bad ? "" : " soft"}`} role="tooltip">
          {findings.map((f, i) => (
            <div key={i} className={`row ${f.level === "refuse" ? "bad" : "warn"}`} style={{ alignItems: "flex-start" }}>
              {f.level === "refuse" ? <CircleAlert size={14} /> : <TriangleAlert size={14} />}
              <span>{f.say}</span>
            </div>
          ))}
        </Popover>
      )}
    </span>
  );
}

interface EditorProps { def: FieldDef; name: string; row: Line; how: Editing; ctx: FieldContext; onChange: (v: Value, joined?: boolean) => void }
/** Holds the value while it is typed; gives it on when the editor is left or goes, unless Esc was pressed. */
function LineEditor({ def, name, row, how, ctx, onChange }: EditorProps) {
  const was = row[name];
  // Text that was no value is gone on with, as if its typing had begun the edit.
  const start = how.start ?? (isUnread(was) ? was.unread : undefined);
  const [value, setValue] = useState<Value>(start === undefined ? was : null);
  const held = useRef<{ value: Value; changed: boolean; dropped: boolean }>({ value: was, changed: false, dropped: false });
  const give = () => {
    const h = held.current;
    if (h.changed && !h.dropped && !same(h.value, was)) onChange(h.value);
    h.changed = false;
  };
  const last = useRef(give);
  last.current = give;
  const gone = useRef(false);
  useEffect(() => {
    gone.current = false;
    return () => {
      last.current();
      gone.current = true;
    };
  }, []);
  const take = (v: Value) => {
    // What the server found for the text comes after the editor has gone.
    if (gone.current) return onChange(v, true);
    setValue(v);
    Object.assign(held.current, { value: v, changed: true });
  };
  const Edit = kinds[def.kind].Edit;
  return (
    <div className="cell-editor" onBlur={(e) => !e.currentTarget.contains(e.relatedTarget) && give()} onKeyDownCapture={(e) => e.key === "Escape" && !e.nativeEvent.isComposing && (held.current.dropped = true)}>
      <Edit def={def} value={value} label={def.label} ctx={ctx} cell autoFocus start={start} onChange={take} />
    </div>
  );
}

/** Pastes a block as one step: what is not understood stays in its cell as it is; links follow once the server found them. */
function usePaste(latest: React.RefObject<Line[]>, columns: Column<Line>[], fields: Record<string, FieldDef>, change: (rows: Line[], joined?: boolean) => void, cellCtx: (n: string, line?: string) => FieldContext, canGrow: boolean) {
  const { t } = useTranslation();
  return async (block: string[][], at: Spot) => {
    const start = { ...at, col: Math.max(at.col, 1) };
    const { cells, more, lost } = place(block, start, latest.current.length, columns.length);
    let rows = canGrow ? [...latest.current, ...Array.from({ length: more }, newLine)] : latest.current;
    let wrong = lost;
    let set = 0;
    const finds: Find[] = [];
    for (const c of cells) {
      const row = rows[c.row];
      const column = columns[c.col];
      if (!row || !column) continue;
      const def = fields[column.key];
      if (!def || !(column.editable?.(row) ?? false)) continue;
      const got = kinds[def.kind].parse(c.text, def);
      rows = setCell(rows, row.id, column.key, "value" in got ? got.value : { unread: c.text });
      if ("find" in got) finds.push({ line: row.id, name: column.key, text: got.find });
      else if ("wrong" in got) wrong++;
      else set++;
    }
    change(rows);
    // Column by column: what may be chosen in one can depend on what was found in another.
    for (const name of new Set(finds.map((f) => f.name))) {
      const found = await findAll(finds.filter((f) => f.name === name), fields[name]!.to ?? "", cellCtx);
      set += found.filter((f) => f.hit).length;
      wrong += found.filter((f) => !f.hit).length;
      change(found.reduce((list, f) => (f.hit ? setCell(list, f.line, name, f.hit) : list), latest.current), true);
    }
    toast(wrong ? t("lines.pasted_some", { count: set, wrong }) : t("lines.pasted", { count: set }), { bad: wrong > 0 });
  };
}

interface Find { line: string; name: string; text: string }
const AT_ONCE = 6;
async function findAll(list: Find[], to: string, cellCtx: (n: string, line?: string) => FieldContext): Promise<(Find & { hit: Link | null })[]> {
  const out: (Find & { hit: Link | null })[] = [];
  for (let i = 0; i < list.length; i += AT_ONCE) {
    out.push(...(await Promise.all(list.slice(i, i + AT_ONCE).map(async (f) => {
      return { ...f, hit: await lookUpOne(to, f.text, cellCtx(f.name, f.line)) };
    }))));
  }
  return out;
}
