// What was done to a table, step by step: each can be taken back and done again. A paste is one step.
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Line } from "../../api/types";
import { dismiss, toast } from "../../ui/toast";
import type { EditProps, TableState } from "../types";
import { linesOf } from "./rows";

const MOST = 100;

export function useSteps(p: EditProps) {
  const { t } = useTranslation();
  const rows = linesOf(p.value);
  const latest = useRef(rows);
  latest.current = rows;
  const past = useRef<TableState[]>([]);
  const future = useRef<TableState[]>([]);
  const offered = useRef(0);
  const kept = p.ctx.kept;

  const move = (from: TableState[], to: TableState[]) => {
    dismiss(offered.current);
    const state = from.pop();
    const now = kept?.state();
    if (!state || !now) return;
    // After a save the lines have other ids; what was done before it cannot be taken back here.
    if (!kept?.back(state)) return void (from.length = 0);
    to.push(now);
  };
  const undo = () => move(past.current, future.current);
  /** `joined`: belongs to the step before. */
  const change = (next: Line[], joined = false) => {
    if (!joined && kept) {
      past.current = [...past.current.slice(1 - MOST), kept.state()];
      future.current = [];
    }
    dismiss(offered.current);
    latest.current = next;
    p.onChange(next);
  };
  const removeLine = (id: string) => {
    const n = latest.current.findIndex((r) => r.id === id) + 1;
    if (n === 0) return;
    change(latest.current.filter((r) => r.id !== id));
    if (kept) offered.current = toast(t("lines.removed", { n }), { stay: 10_000, act: { label: t("undo.undo"), run: undo } });
  };
  return { rows, latest, change, undo, redo: () => move(future.current, past.current), removeLine };
}
