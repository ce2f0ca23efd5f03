// Decisions wait here for ten seconds before they are sent, so that they can be taken back.
// Closing the page sends them at once: what was decided is never lost.
import i18next from "i18next";
import { useSyncExternalStore } from "react";
import { Problem, newKey, post } from "../api/client";
import { refresh } from "../api/queries";
import type { Operation } from "../api/types";
import { dismiss, retext, toast } from "../ui/toast";

export interface Decision {
  task: string;
  operation: Operation["op"];
  body: Record<string, unknown>;
  form: string;
  record: string;
  /** "Approved Payment FK2611-0088" */
  said: string;
  /** Runs once the server has taken it. */
  onSent?: (() => void) | undefined;
}
/** What was decided with one press waits, is taken back and is told together. */
interface Batch { items: (Decision & { key: string })[]; said: string; until: number; toast: number; timer: number }

const WAIT_MS = 10_000;
let waiting: Batch[] = [];
let snapshot: ReadonlySet<string> = new Set();
const listeners = new Set<() => void>();
function put(list: Batch[]): void {
  waiting = list;
  snapshot = new Set(list.flatMap((b) => b.items.map((d) => d.task)));
  listeners.forEach((f) => f());
}

/** Tasks that are decided but not sent yet; lists leave them out. */
export const useDecided = (): ReadonlySet<string> => useSyncExternalStore((f) => (listeners.add(f), () => listeners.delete(f)), () => snapshot);

const words = (b: Batch) => i18next.t("undo.sends", { said: b.said, count: Math.max(1, Math.ceil((b.until - Date.now()) / 1000)) });

export const decide = (d: Decision): void => decideAll([d], d.said);
/** Several decisions as one: one message, one way back for all of them. */
export function decideAll(list: Decision[], said: string): void {
  if (list.length === 0) return;
  const b: Batch = { items: list.map((d) => ({ ...d, key: newKey() })), said, until: Date.now() + WAIT_MS, toast: 0, timer: 0 };
  b.toast = toast(words(b), { stay: WAIT_MS + 3000, act: { label: i18next.t("undo.undo"), hot: "Z", run: () => takeBack(b) } });
  b.timer = window.setInterval(() => (Date.now() >= b.until ? void send(b) : retext(b.toast, words(b))), 1000);
  put([...waiting, b]);
}

/** Takes back what was decided last; answers what it was. */
export function undo(): Decision | null {
  const b = waiting[waiting.length - 1];
  if (!b) return null;
  takeBack(b);
  return b.items[0] ?? null;
}
function takeBack(b: Batch): void {
  window.clearInterval(b.timer);
  dismiss(b.toast);
  put(waiting.filter((x) => x !== b));
}

async function send(b: Batch): Promise<void> {
  window.clearInterval(b.timer);
  dismiss(b.toast);
  const failed: Batch["items"] = [];
  for (const d of b.items) {
    try {
      await post(`/tasks/${d.task}/${d.operation}`, d.body, { key: d.key });
      d.onSent?.();
      refresh(d.form, d.record);
    } catch (error) {
      failed.push(d);
      tellFailure(d, error);
      refresh(d.form, d.record);
    }
  }
  // What failed is back at once; for the rest the lists are read again before the row would come back.
  const sent = { ...b, items: b.items.filter((d) => !failed.includes(d)) };
  put(waiting.map((x) => (x === b ? sent : x)));
  window.setTimeout(() => put(waiting.filter((x) => x !== sent)), 600);
}

function tellFailure(d: Batch["items"][number], error: unknown): void {
  const offline = error instanceof Problem && (error.code === "offline" || error.body.status === 503);
  const title = error instanceof Problem && error.body.title ? error.body.title : i18next.t(offline ? "problem.offline" : "problem.internal");
  toast(i18next.t("undo.failed", { said: d.said, why: title }), { bad: true, stay: 30_000, act: offline ? { label: i18next.t("act.retry"), run: () => again(d) } : undefined });
}
/** The same act once more, under the same key: it happens once even if the first try arrived. */
function again(d: Batch["items"][number]): void {
  const b: Batch = { items: [d], said: d.said, until: 0, toast: 0, timer: 0 };
  put([...waiting, b]);
  void send(b);
}

window.addEventListener("pagehide", () => {
  for (const b of waiting) {
    window.clearInterval(b.timer);
    for (const d of b.items) void post(`/tasks/${d.task}/${d.operation}`, d.body, { key: d.key, keepalive: true }).catch(() => undefined);
  }
});
