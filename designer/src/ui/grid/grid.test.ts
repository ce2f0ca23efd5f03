import { describe, expect, it } from "vitest";
import { gridKey, tabTo, type GridState, type Pressed } from "./keys";
import { isBlock, place, readBlock, writeBlock } from "./paste";

const state: GridState = { spot: { row: 1, col: 1 }, rows: 3, cols: 3, page: 10, editing: false, editable: true, growing: false };
const press = (key: string, more: Partial<Pressed> = {}): Pressed => ({ key, ctrl: false, shift: false, alt: false, composing: false, ...more });

describe("walking", () => {
  it.each([
    ["ArrowDown", {}, { do: "go", to: { row: 2, col: 1 } }],
    ["ArrowDown", { ctrl: true }, { do: "copy_above" }],
    ["ArrowLeft", { ctrl: true }, { do: "go", to: { row: 1, col: 0 } }],
    ["End", { ctrl: true }, { do: "go", to: { row: 2, col: 2 } }],
    ["PageDown", {}, { do: "go", to: { row: 2, col: 1 } }],
    ["Enter", {}, { do: "edit" }],
    ["F2", {}, { do: "edit" }],
    ["Enter", { ctrl: true }, null],
    ["Delete", {}, { do: "clear" }],
    ["Delete", { ctrl: true }, { do: "remove" }],
    ["z", { ctrl: true }, { do: "undo" }],
    ["Z", { ctrl: true, shift: true }, { do: "redo" }],
    ["y", { ctrl: true }, { do: "redo" }],
    ["z", {}, { do: "edit", start: "z" }],
    ["7", {}, { do: "edit", start: "7" }],
    ["采", {}, { do: "edit", start: "采" }],
    ["Process", {}, { do: "edit", start: "" }],
    ["v", { ctrl: true }, null],
    ["Tab", {}, { do: "go", to: { row: 1, col: 2 } }],
    ["Tab", { shift: true }, { do: "go", to: { row: 1, col: 0 } }],
  ] as const)("%s %o", (key, more, act) => expect(gridKey(press(key, more), state)).toEqual(act));
  it("opens a cell that cannot be edited", () => expect(gridKey(press("Enter"), { ...state, editable: false })).toEqual({ do: "open" }));
  it("grows at its end", () => expect(gridKey(press("ArrowDown"), { ...state, spot: { row: 2, col: 0 }, growing: true })).toEqual({ do: "append" }));
  it("leaves the grid with Tab at its end", () => expect(tabTo({ row: 2, col: 2 }, 3, 3, false)).toBe(null));
});
describe("editing", () => {
  const editing = { ...state, editing: true };
  it("leaves arrows to the editor", () => expect(gridKey(press("ArrowLeft"), editing)).toBe(null));
  it("goes down with Enter, right with Tab", () => expect([gridKey(press("Enter"), editing), gridKey(press("Tab"), editing)]).toEqual([{ do: "done", move: "down" }, { do: "done", move: "right" }]));
  it("leaves undo to the box that is typed in", () => expect(gridKey(press("z", { ctrl: true }), editing)).toBe(null));
  it("never acts while an input method composes", () => {
    for (const key of ["Enter", "Escape", "Tab", "ArrowDown"]) expect(gridKey(press(key, { composing: true }), editing)).toBe(null);
    expect(gridKey(press("Enter", { composing: true }), state)).toBe(null);
  });
});
describe("paste", () => {
  it("reads what Excel writes", () => expect(readBlock('a\tb\r\n"x ""y"""\t"two\nlines"\r\n')).toEqual([["a", "b"], ['x "y"', "two\nlines"]]));
  it("keeps empty cells", () => expect(readBlock("a\t\tc\n\t2\t")).toEqual([["a", "", "c"], ["", "2", ""]]));
  it("writes what it reads", () => {
    const block = [["a", 'q"'], ["1\t2", "z"]];
    expect(readBlock(writeBlock(block))).toEqual(block);
  });
  it("tells a block from a word", () => expect([isBlock("one"), isBlock("one\n"), isBlock("a\tb"), isBlock("a\nb")]).toEqual([false, false, true, true]));
  it("adds rows and counts what falls off the right edge", () => {
    const p = place([["1", "2"], ["3", "4"]], { row: 2, col: 2 }, 3, 3);
    expect(p).toEqual({ cells: [{ row: 2, col: 2, text: "1" }, { row: 3, col: 2, text: "3" }], more: 1, lost: 2 });
  });
});
