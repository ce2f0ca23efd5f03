// The lines of a record as a sheet: one live editor, arrows, Tab, copy from above, blocks from Excel.
import { CircleAlert, Plus, Trash2, TriangleAlert } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { FieldDef, Line, Value } from "../../api/types";
import { ColumnChooser } from "../../ui/ColumnChooser";
import { Grid, type Column, type Editing } from "../../ui/grid/Grid";
import { place } from "../../ui/grid/paste";
import type { Spot } from "../../ui/grid/keys";
import { fit } from "../../ui/grid/width";
import { group, tidy } from "../../ui/number";
import { Popover } from "../../ui/Popover";
import { toast } from "../../ui/toast";
import { kinds, say } from "../index";
import { lookUp } from "../link";
import { isEmpty, linkText, type EditProps, type FieldContext } from "../types";
import { footOf, linesOf, newLine, setCell } from "./rows";

export function LineGrid(p: EditProps) {
  const { t } = useTranslation();
  const table = p.ctx.path;
  const rows = linesOf(p.value);
  const latest = useRef(rows);
  latest.current = rows;
  const fields = p.def.fields ?? {};
  const change = (next: Line[]) => {
    latest.current = next;
    p.onChange(next);
  };
  const still = p.ctx.still;
  const cellCtx = (name: string, line?: string): FieldContext => ({ ...p.ctx, path: `${table}.${name}`, line, values: () => ({ ...p.ctx.values(), ...(latest.current.find((r) => r.id === line) ?? {}) }) });
  const visible = Object.keys(fields).filter((n) => p.ctx.look(`${table}.${n}`).look !== "hidden" && (p.ctx.look(`${table}.${n}`).shown || rows.some((r) => p.ctx.look(`${table}.${n}`, r.id).shown)));
  const [added, setAdded] = useState<string | null>(null);
  const add = () => {
    const line = newLine();
    change([...latest.current, line]);
    setAdded(line.id);
  };
  const [kept, setChosen] = useShownColumns(`${p.ctx.form}.${table}`, visible);
  const opens = (n: string) => !still && fields[n]!.typed && (p.ctx.look(`${table}.${n}`).look === "edit" || rows.some((r) => p.ctx.look(`${table}.${n}`, r.id).look === "edit"));
  // A column without a single value says nothing where nothing is typed, nor where nothing will fill it in here.
  const growing = kept.some(opens);
  const chosen = kept.filter((n) => (growing && (opens(n) || fields[n]!.from !== null)) || rows.some((r) => !isEmpty(r[n])));
  const spot = useRef<{ row?: Line | undefined; column?: string | undefined }>({});
  // Who may edit single cells may not thereby add or remove lines: that is the look of the table itself.
  const canGrow = !still && p.ctx.look(table).look === "edit" && Object.values(fields).some((f) => f.typed) && (p.def.max === undefined || rows.length < Number(p.def.max));

  const columns = [numberColumn(canGrow, (id) => change(latest.current.filter((r) => r.id !== id)), t), ...chosen.map((n) => lineColumn(n, fields[n]!, table, p.ctx, cellCtx, opens(n), rows))];
  const editable = columns.some((c) => c.typed);
  const paste = usePaste(latest, columns, fields, change, cellCtx, canGrow);
  return (
    <div
      onKeyDown={(e) => {
        if (e.key === "Delete" && e.ctrlKey && canGrow && spot.current.row) {
          e.preventDefault();
          change(latest.current.filter((r) => r.id !== spot.current.row?.id));
        }
      }}
    >
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
          onSpot={(row, column) => (spot.current = { row, column: column?.key })}
          editor={(row, column, how) => <LineEditor key={`${row.id}:${column.key}`} def={fields[column.key]!} name={column.key} row={row} how={how} ctx={cellCtx(column.key, row.id)} onChange={(v) => change(setCell(latest.current, row.id, column.key, v))} />}
          onClear={(row, column) => change(setCell(latest.current, row.id, column.key, null))}
          onCopyAbove={(i, column) => {
            const above = latest.current[i - 1];
            const here = latest.current[i];
            if (above && here) change(setCell(latest.current, here.id, column.key, above[column.key]));
          }}
          onPaste={(block, at) => void paste(block, at)}
          onAppend={canGrow ? () => change([...latest.current, newLine()]) : undefined}
          enter={added}
          empty={<div className="empty">{t("lines.none")}</div>}
        />
      </div>
      {canGrow && <button type="button" className="bare link" onClick={add}><Plus size={14} />{t("lines.add")}</button>}
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
    cell: (r) => (looks(r).shown ? <kind.Show def={def} value={r[name]} ctx={cellCtx(name, r.id)} cell /> : <span className="ink4">—</span>),
    text: (r) => say(r[name], def),
    editable: (r) => open && looks(r).look === "edit" && looks(r).shown,
    tone: (r) => {
      const found = findings(r);
      if (found.some((f) => f.level === "refuse" && (f.code !== "required" || touchedLine(r)))) return "bad";
      if (found.some((f) => f.level === "warn")) return "warn";
      return open && looks(r).look === "edit" ? "" : "read";
    },
    tip: (r) => (findings(r).length ? <CellTip findings={findings(r)} /> : null),
  };
  if (kind.grow) one.grow = kind.grow;
  if (foot !== null) one.foot = group(def.kind === "quantity" ? tidy(foot, 0) : foot);
  return one;
}
/** An empty new line is not yet wrong; it becomes so with its first cell. */
const touchedLine = (r: Line) => Object.keys(r).length > 1;

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

interface EditorProps { def: FieldDef; name: string; row: Line; how: Editing; ctx: FieldContext; onChange: (v: Value) => void }
/** Holds the value while it is typed; gives it on when the editor goes, unless Esc was pressed. */
function LineEditor({ def, name, row, how, ctx, onChange }: EditorProps) {
  const [value, setValue] = useState<Value>(how.start === "" ? null : row[name]);
  const held = useRef<{ value: Value; changed: boolean; dropped: boolean }>({ value: row[name], changed: false, dropped: false });
  const give = useRef(onChange);
  give.current = onChange;
  useEffect(() => {
    const h = held.current;
    return () => {
      if (h.changed && !h.dropped) give.current(h.value);
      h.changed = false;
    };
  }, []);
  const Edit = kinds[def.kind].Edit;
  return (
    <div className="cell-editor" onKeyDownCapture={(e) => e.key === "Escape" && !e.nativeEvent.isComposing && (held.current.dropped = true)}>
      <Edit def={def} value={value} label={def.label} ctx={ctx} cell autoFocus start={how.start} onChange={(v) => (setValue(v), Object.assign(held.current, { value: v, changed: true }))} />
    </div>
  );
}

/** Pastes a block: plain cells at once, links after the server found them by key or name. */
function usePaste(latest: React.RefObject<Line[]>, columns: Column<Line>[], fields: Record<string, FieldDef>, change: (rows: Line[]) => void, cellCtx: (n: string, line?: string) => FieldContext, canGrow: boolean) {
  const { t } = useTranslation();
  return async (block: string[][], at: Spot) => {
    const start = { ...at, col: Math.max(at.col, 1) };
    const { cells, more, lost } = place(block, start, latest.current.length, columns.length);
    let rows = canGrow ? [...latest.current, ...Array.from({ length: more }, newLine)] : latest.current;
    let wrong = lost;
    let set = 0;
    const finds: { line: string; name: string; text: string }[] = [];
    for (const c of cells) {
      const row = rows[c.row];
      const column = columns[c.col];
      if (!row || !column) continue;
      const def = fields[column.key];
      if (!def || !(column.editable?.(row) ?? false)) continue;
      const got = kinds[def.kind].parse(c.text, def);
      if ("find" in got) finds.push({ line: row.id, name: column.key, text: got.find });
      else if ("wrong" in got) wrong++;
      else {
        rows = setCell(rows, row.id, column.key, got.value);
        set++;
      }
    }
    change(rows);
    for (const f of finds) {
      const hits = await lookUp(fields[f.name]!.to ?? "", f.text, cellCtx(f.name, f.line)).catch(() => []);
      const hit = hits.find((h) => h.key === f.text || h.title === f.text || linkText(h) === f.text) ?? (hits.length === 1 ? hits[0] : undefined);
      if (hit) {
        change(setCell(latest.current, f.line, f.name, hit));
        set++;
      } else wrong++;
    }
    toast(wrong ? t("lines.pasted_some", { count: set, wrong }) : t("lines.pasted", { count: set }), { bad: wrong > 0 });
  };
}
