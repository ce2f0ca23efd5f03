// The one grid of plain cells: lists, lines of a record, ledgers. One live editor at a time; rows beyond the
// window are not drawn. Keys follow the ARIA grid pattern: walk with arrows, Enter or F2 edits, Esc leaves.
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp, Pencil } from "lucide-react";
import { useEffect, useLayoutEffect, useRef, useState, type ClipboardEvent, type KeyboardEvent, type ReactNode } from "react";
import { clampSpot, gridKey, tabTo, type Move, type Spot } from "./keys";
import { readBlock } from "./paste";

export interface Column<R> {
  key: string;
  label: string;
  width: number;
  grow?: number;
  end?: boolean;
  pin?: boolean;
  head?: ReactNode;
  /** A pencil in the head: this column can be typed in. */
  typed?: boolean;
  cell: (row: R, index: number) => ReactNode;
  text?: (row: R) => string;
  editable?: (row: R) => boolean;
  tone?: (row: R) => "read" | "bad" | "warn" | "";
  tip?: (row: R) => ReactNode;
  sort?: "asc" | "desc" | null | undefined;
  onSort?: (() => void) | undefined;
  foot?: ReactNode;
}
export interface Editing { start?: string | undefined; done: (move: Move) => void; cancel: () => void }
/** Each wish is a new object: the same cell can be wished for twice. */
export interface Enter { row: string; column?: string | undefined }
export interface GridProps<R> {
  label: string;
  rows: R[];
  columns: Column<R>[];
  rowKey: (row: R) => string;
  rowHeight: number;
  /** Fills its parent and scrolls by itself; otherwise as tall as its rows, up to `most` pixels. */
  fill?: boolean;
  most?: number;
  rowClass?: (row: R) => string;
  /** What a cell is called outside the grid. */
  place?: (row: R, column: Column<R>) => string;
  current?: string | null;
  onOpen?: ((row: R) => void) | undefined;
  onSelect?: (row: R) => void;
  onEnd?: () => void;
  onSpot?: (row: R | undefined, column: Column<R> | undefined) => void;
  editor?: (row: R, column: Column<R>, how: Editing) => ReactNode;
  onClear?: (row: R, column: Column<R>) => void;
  onCopyAbove?: (row: number, column: Column<R>) => void;
  onPaste?: (block: string[][], at: Spot) => void;
  onAppend?: (() => void) | undefined;
  onRemove?: ((row: R) => void) | undefined;
  onUndo?: (() => void) | undefined;
  onRedo?: (() => void) | undefined;
  /** A cell that takes the focus as soon as its row is known; without a column, the first one to type in. */
  enter?: Enter | null;
  empty?: ReactNode;
}

const VIRTUAL_FROM = 60;

export function Grid<R>(p: GridProps<R>) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = p.fill === true || p.rows.length > VIRTUAL_FROM;
  const virtualizer = useVirtualizer({ count: p.rows.length, getScrollElement: () => scroller.current, estimateSize: () => p.rowHeight, overscan: 12, enabled: virtual });
  const w = useWalk(p, scroller, (row) => virtual && virtualizer.scrollToIndex(row, { align: "auto" }));
  useEffect(() => virtualizer.measure(), [p.rowHeight, virtualizer]);

  const items = virtualizer.getVirtualItems();
  const last = items[items.length - 1]?.index ?? 0;
  const end = useRef(p.onEnd);
  end.current = p.onEnd;
  useEffect(() => {
    if (virtual && p.rows.length > 0 && last >= p.rows.length - 8) end.current?.();
  }, [virtual, last, p.rows.length]);

  const onPaste = (e: ClipboardEvent) => {
    if (!w.at || w.edit || !p.onPaste) return;
    const block = readBlock(e.clipboardData.getData("text/plain"));
    if (!block.length) return;
    e.preventDefault();
    p.onPaste(block, w.at);
  };
  const onCopy = (e: ClipboardEvent) => {
    if (w.row === undefined || w.edit || !w.column?.text || window.getSelection()?.toString()) return;
    e.preventDefault();
    e.clipboardData.setData("text/plain", w.column.text(w.row));
  };
  const cols = p.columns.map((c) => (c.grow ? `minmax(${c.width}px, ${c.grow}fr)` : `${c.width}px`)).join(" ");
  const width = p.columns.reduce((sum, c) => sum + c.width, 0);
  const drawn = virtual ? items.map((v) => v.index) : p.rows.map((_, i) => i);
  const draw = (i: number) => (
    <GridRow key={p.rowKey(p.rows[i]!)} p={p} index={i} spot={w.at?.row === i ? w.at.col : -1} home={!w.at && i === 0} edit={w.at?.row === i ? w.edit : null}
      top={virtual ? i * p.rowHeight : null} onCell={(col, twice) => w.touch({ row: i, col }, twice)} done={w.finish} cancel={() => w.at && w.goTo(w.at)} />
  );
  return (
    <div className={`grid${p.fill ? " fill" : ""}`} ref={scroller} role="grid" aria-label={p.label} aria-rowcount={p.rows.length + 1} aria-colcount={p.columns.length}
      style={{ "--cols": cols, "--width": `${width}px`, "--row": `${p.rowHeight}px`, maxHeight: p.fill ? undefined : p.most } as React.CSSProperties} onKeyDown={w.onKey} onPaste={onPaste} onCopy={onCopy}>
      <div className="grid-in">
        <GridHead columns={p.columns} />
        {virtual ? <div role="rowgroup" className="grid-body" style={{ height: virtualizer.getTotalSize() }}>{drawn.map(draw)}</div> : <div role="rowgroup">{drawn.map(draw)}</div>}
        {p.rows.length === 0 && p.empty}
        <GridFoot columns={p.columns} />
      </div>
    </div>
  );
}

/** Where the person is in the grid, whether a cell is being edited, and what keys and presses do. */
function useWalk<R>(p: GridProps<R>, scroller: React.RefObject<HTMLDivElement | null>, reveal: (row: number) => void) {
  const [spot, setSpot] = useState<Spot | null>(null);
  const [edit, setEdit] = useState<{ start?: string | undefined } | null>(null);
  const wantFocus = useRef(false);
  const rows = p.rows.length;
  const cols = p.columns.length;
  const at = spot && rows > 0 ? clampSpot(spot, rows, cols) : null;
  const row = at ? p.rows[at.row] : undefined;
  const column = at ? p.columns[at.col] : undefined;

  // Before the next key is read: what is typed fast, or by a scanner, must not fall between two cells.
  useLayoutEffect(() => {
    if (!at || !wantFocus.current) return;
    wantFocus.current = false;
    const cell = () => scroller.current?.querySelector<HTMLElement>(`[data-cell="${at.row}:${at.col}"]`);
    const enter = () => {
      cell()?.focus({ preventScroll: true });
      cell()?.scrollIntoView({ block: "nearest", inline: "nearest" });
    };
    if (cell()) return enter();
    reveal(at.row);
    requestAnimationFrame(enter);
  });
  const tell = useRef(() => {});
  tell.current = () => void p.onSpot?.(row, column);
  // The row object changes with every evaluation; who listens cares about which cell it is.
  const place = row === undefined ? "" : `${p.rowKey(row)} ${column?.key}`;
  useEffect(() => tell.current(), [place]);

  const goTo = (to: Spot) => {
    // An editor that is left by a press gives its value on when it loses focus, before it goes.
    if (edit) (document.activeElement as HTMLElement | null)?.blur();
    wantFocus.current = true;
    setEdit(null);
    setSpot({ ...to });
  };
  const canEdit = (s: Spot | null) => !!s && !!p.editor && !!p.rows[s.row] && (p.columns[s.col]?.editable?.(p.rows[s.row]!) ?? false);
  const firstOpen = (row: number) => Math.max(0, p.columns.findIndex((_, col) => canEdit({ row, col })));
  useEffect(() => {
    const row = p.enter ? p.rows.findIndex((r) => p.rowKey(r) === p.enter!.row) : -1;
    const col = p.enter?.column ? p.columns.findIndex((c) => c.key === p.enter!.column) : -1;
    if (row >= 0) goTo({ row, col: col >= 0 ? col : firstOpen(row) });
    // Once a wish, not whenever rows change.
  }, [p.enter]);
  // Tab skips cells that nobody may type in, as long as one is left.
  const nextEditable = (from: Spot, back: boolean): Spot | null => {
    for (let s = tabTo(from, rows, cols, back), i = 0; s && i < 200; s = tabTo(s, rows, cols, back), i++) if (canEdit(s)) return s;
    return tabTo(from, rows, cols, back);
  };
  const append = (col: number) => {
    // What was typed is given first: an untouched last row is not followed by another one.
    if (edit) (document.activeElement as HTMLElement | null)?.blur();
    p.onAppend?.();
    goTo({ row: rows, col });
  };
  const finish = (move: Move) => {
    if (!at) return;
    // The new row is like the last one: its first cell to type in is where it begins.
    if (move === "down" && at.row === rows - 1 && p.onAppend) append(firstOpen(at.row));
    else if (move === "down" || move === "up") goTo(clampSpot({ row: at.row + (move === "down" ? 1 : -1), col: at.col }, rows, cols));
    else goTo(move === "stay" ? at : (nextEditable(at, move === "left") ?? at));
  };
  const touch = (to: Spot, twice: boolean) => {
    if (at?.row === to.row && at.col === to.col && edit) return;
    if (twice && canEdit(to)) {
      setSpot(to);
      setEdit({});
    } else goTo(to);
  };
  const onKey = (e: KeyboardEvent) => {
    if (!at || row === undefined || !column || (e.target as HTMLElement).closest(".pop")) return;
    const act = gridKey(
      { key: e.key, ctrl: e.ctrlKey || e.metaKey, shift: e.shiftKey, alt: e.altKey, composing: e.nativeEvent.isComposing || (e.key === "Process" && !!edit) },
      { spot: at, rows, cols, page: 12, editing: !!edit, editable: canEdit(at), growing: !!p.onAppend && !edit },
    );
    if (!act || (act.do === "select" && !p.onSelect) || (act.do === "remove" && !p.onRemove) || (act.do === "undo" && !p.onUndo) || (act.do === "redo" && !p.onRedo)) return;
    e.preventDefault();
    e.stopPropagation();
    switch (act.do) {
      case "go": return goTo(act.to);
      case "edit": return setEdit({ start: act.start });
      case "done": return finish(act.move);
      case "cancel": return goTo(at);
      case "clear": return p.onClear?.(row, column);
      case "copy_above": return p.onCopyAbove?.(at.row, column);
      case "open": return p.onOpen?.(row);
      case "select": return p.onSelect?.(row);
      case "append": return append(at.col);
      // The cell with the focus may be gone afterwards; the one in its place takes it.
      case "remove": return (p.onRemove?.(row), goTo(at));
      case "undo": return (p.onUndo?.(), goTo(at));
      case "redo": return (p.onRedo?.(), goTo(at));
    }
  };
  return { at, row, column, edit, goTo, finish, touch, onKey };
}

function GridHead<R>({ columns }: { columns: Column<R>[] }) {
  return (
    <div role="row" className="grid-row head">
      {columns.map((c) => (
        <div key={c.key} role="columnheader" className={`cell${c.end ? " num" : ""}${c.pin ? " pin" : ""}`} aria-sort={c.sort === "asc" ? "ascending" : c.sort === "desc" ? "descending" : undefined} title={c.label}>
          {c.head ?? (c.onSort ? (
            <button type="button" className="sort cut" onClick={c.onSort}>
              <span className="cut">{c.label}</span>
              {c.sort === "asc" && <ArrowUp size={12} />}
              {c.sort === "desc" && <ArrowDown size={12} />}
            </button>
          ) : (
            <span className="cut">{c.typed && <Pencil size={12} className="pencil" />}{c.label}</span>
          ))}
        </div>
      ))}
    </div>
  );
}

function GridFoot<R>({ columns }: { columns: Column<R>[] }) {
  if (!columns.some((c) => c.foot !== undefined)) return null;
  return (
    <div role="row" className="grid-row foot">
      {columns.map((c) => <div key={c.key} role="gridcell" className={`cell${c.end ? " num" : ""}${c.pin ? " pin" : ""}`}>{c.foot}</div>)}
    </div>
  );
}

interface RowProps<R> {
  p: GridProps<R>;
  index: number;
  spot: number;
  /** The row that Tab enters before anything was touched. */
  home: boolean;
  edit: { start?: string | undefined } | null;
  top: number | null;
  onCell: (col: number, twice: boolean) => void;
  done: (move: Move) => void;
  cancel: () => void;
}
function GridRow<R>({ p, index, spot, home, edit, top, onCell, done, cancel }: RowProps<R>) {
  const row = p.rows[index]!;
  return (
    <div role="row" aria-rowindex={index + 2} className={`grid-row ${p.rowClass?.(row) ?? ""}${p.current === p.rowKey(row) ? " current" : ""}`} style={top === null ? undefined : { position: "absolute", top, left: 0, right: 0 }}>
      {p.columns.map((c, i) => {
        const on = spot === i;
        const editing = on && !!edit;
        const tone = c.tone?.(row) ?? "";
        return (
          <div
            key={c.key}
            role="gridcell"
            data-cell={`${index}:${i}`}
            data-place={p.place?.(row, c)}
            tabIndex={on || (home && i === 0) ? 0 : -1}
            aria-colindex={i + 1}
            aria-readonly={p.editor ? !(c.editable?.(row) ?? false) : undefined}
            aria-invalid={tone === "bad" || undefined}
            className={`cell${c.end ? " num" : ""}${c.pin ? " pin" : ""}${on ? " on" : ""}${editing ? " editing" : ""}${tone ? ` ${tone}` : ""}`}
            onPointerDown={(e) => e.button === 0 && !(e.target as HTMLElement).closest("a,button,input") && onCell(i, on && !!p.editor)}
            // The press that begins an edit must not take the focus back from the editor it has just opened.
            onMouseDown={(e) => editing && !(e.target as HTMLElement).closest("input,textarea,button,label") && e.preventDefault()}
            onFocus={(e) => e.target === e.currentTarget && !on && onCell(i, false)}
            onDoubleClick={() => p.editor && onCell(i, true)}
            onClick={(e) => !p.editor && p.onOpen && !(e.target as HTMLElement).closest("a,button,input") && p.onOpen(row)}
          >
            {editing ? p.editor!(row, c, { start: edit.start, done, cancel }) : c.cell(row, index)}
            {on && !editing && c.tip?.(row)}
          </div>
        );
      })}
    </div>
  );
}
