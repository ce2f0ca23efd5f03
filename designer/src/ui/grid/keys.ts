// What a key means in a grid: pure, so that it can be tested as a table.

export interface Spot { row: number; col: number }
export type Move = "down" | "up" | "right" | "left" | "stay";
export type GridAct =
  | { do: "go"; to: Spot }
  | { do: "edit"; start?: string }
  | { do: "done"; move: Move }
  | { do: "cancel" }
  | { do: "clear" }
  | { do: "copy_above" }
  | { do: "remove" }
  | { do: "undo" }
  | { do: "redo" }
  | { do: "open" }
  | { do: "select" }
  | { do: "append" }
  | null;

export interface Pressed { key: string; ctrl: boolean; shift: boolean; alt: boolean; composing: boolean }
export interface GridState {
  spot: Spot;
  rows: number;
  cols: number;
  page: number;
  editing: boolean;
  /** May the cell at the spot be edited? */
  editable: boolean;
  /** Does the grid take new rows at its end? */
  growing: boolean;
}

export const clampSpot = (s: Spot, rows: number, cols: number): Spot => ({
  row: Math.max(0, Math.min(s.row, rows - 1)),
  col: Math.max(0, Math.min(s.col, cols - 1)),
});

/** Where Tab leads: right, then the first column of the next row. Null: out of the grid. */
export function tabTo(spot: Spot, rows: number, cols: number, back: boolean): Spot | null {
  const flat = spot.row * cols + spot.col + (back ? -1 : 1);
  if (flat < 0 || flat >= rows * cols) return null;
  return { row: Math.floor(flat / cols), col: flat % cols };
}

export function gridKey(k: Pressed, s: GridState): GridAct {
  // While an input method composes, Enter, Esc and arrows are its own.
  if (k.composing) return null;
  // Ctrl Enter belongs to the record around.
  if (k.ctrl && k.key === "Enter") return null;
  return s.editing ? editKey(k) : walkKey(k, s);
}

function editKey(k: Pressed): GridAct {
  if (k.key === "Enter" && !k.alt) return { do: "done", move: k.shift ? "up" : "down" };
  if (k.key === "Tab") return { do: "done", move: k.shift ? "left" : "right" };
  if (k.key === "Escape") return { do: "cancel" };
  return null;
}

function walkKey(k: Pressed, s: GridState): GridAct {
  const { row, col } = s.spot;
  const to = (r: number, c: number): GridAct => ({ do: "go", to: clampSpot({ row: r, col: c }, s.rows, s.cols) });
  if (k.ctrl && k.key === "ArrowDown" && s.editable) return { do: "copy_above" };
  if (k.ctrl && /^[zy]$/i.test(k.key)) return { do: k.shift || /y/i.test(k.key) ? "redo" : "undo" };
  if (k.ctrl && k.key === "Delete") return { do: "remove" };
  switch (k.key) {
    case "ArrowDown":
      return s.growing && row === s.rows - 1 && !k.ctrl ? { do: "append" } : to(k.ctrl ? s.rows - 1 : row + 1, col);
    case "ArrowUp": return to(k.ctrl ? 0 : row - 1, col);
    case "ArrowRight": return to(row, k.ctrl ? s.cols - 1 : col + 1);
    case "ArrowLeft": return to(row, k.ctrl ? 0 : col - 1);
    case "Home": return k.ctrl ? to(0, 0) : to(row, 0);
    case "End": return k.ctrl ? to(s.rows - 1, s.cols - 1) : to(row, s.cols - 1);
    case "PageDown": return to(row + s.page, col);
    case "PageUp": return to(row - s.page, col);
    case "Tab": {
      const next = tabTo(s.spot, s.rows, s.cols, k.shift);
      return next && { do: "go", to: next };
    }
    case "Enter": return s.editable ? { do: "edit" } : { do: "open" };
    case "F2": return s.editable ? { do: "edit" } : null;
    case "Delete":
    case "Backspace": return s.editable ? { do: "clear" } : null;
    case " ": return k.ctrl ? null : s.editable ? { do: "edit", start: "" } : { do: "select" };
    default:
      // A printable key begins the edit with itself; input methods begin it empty (key is "Process").
      if (!s.editable || k.ctrl || k.alt) return null;
      if (k.key === "Process") return { do: "edit", start: "" };
      return [...k.key].length === 1 ? { do: "edit", start: k.key } : null;
  }
}
