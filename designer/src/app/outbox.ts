// Decisions wait here for ten seconds before they are sent, so that they can be taken back.
// Closing the page sends them at once: what was decided is never lost.
import i18next from "i18next";
import { useSyncExternalStore } from "react";
import { Problem, newKey, post } from "../api/client";
import { refresh } from "../api/queries";
import { dismiss, retext, toast } from "../ui/toast";

export interface Decision {
  task: string;
  operation: "complete" | "return" | "transfer" | "add_seat" | "copy" | "remind";
  body: Record<string, unknown>;
  form: string;
  record: string;
  /** "Approved Payment FK2611-0088" */
  said: string;
  /** Runs once the server has taken it. */
  onSent?: (() => void) | undefined;
}
interface Waiting extends Decision { key: string; until: number; toast: number; timer: number }

const WAIT_MS = 10_000;
let waiting: Waiting[] = [];
let snapshot: ReadonlySet<string> = new Set();
const listeners = new Set<() => void>();
function put(list: Waiting[]): void {
  waiting = list;
  snapshot = new Set(list.map((w) => w.task));
  listeners.forEach((f) => f());
}

/** Tasks that are decided but not sent yet; lists leave them out. */
export const useDecided = (): ReadonlySet<string> => useSyncExternalStore((f) => (listeners.add(f), () => listeners.delete(f)), () => snapshot);

const words = (w: Waiting) => i18next.t("undo.sends", { said: w.said, count: Math.max(1, Math.ceil((w.until - Date.now()) / 1000)) });

export function decide(d: Decision): void {
  const w: Waiting = { ...d, key: newKey(), until: Date.now() + WAIT_MS, toast: 0, timer: 0 };
  w.toast = toast(words(w), { stay: WAIT_MS + 3000, act: { label: i18next.t("undo.undo"), hot: "Z", run: () => undo(w.task) } });
  w.timer = window.setInterval(() => (Date.now() >= w.until ? void send(w) : retext(w.toast, words(w))), 1000);
  put([...waiting, w]);
}

/** Takes the last decision back (or the one on this task); answers what it was. */
export function undo(task?: string): Decision | null {
  const w = task ? waiting.find((x) => x.task === task) : waiting[waiting.length - 1];
  if (!w) return null;
  window.clearInterval(w.timer);
  dismiss(w.toast);
  put(waiting.filter((x) => x !== w));
  return w;
}

async function send(w: Waiting): Promise<void> {
  window.clearInterval(w.timer);
  dismiss(w.toast);
  try {
    await post(`/tasks/${w.task}/${w.operation}`, w.body, { key: w.key });
    w.onSent?.();
    refresh(w.form, w.record);
    // The lists are read again before the row would come back.
    window.setTimeout(() => put(waiting.filter((x) => x !== w)), 600);
  } catch (error) {
    put(waiting.filter((x) => x !== w));
    const offline = error instanceof Problem && (error.code === "offline" || error.body.status === 503);
    const title = error instanceof Problem && error.body.title ? error.body.title : i18next.t(offline ? "problem.offline" : "problem.internal");
    toast(i18next.t("undo.failed", { said: w.said, why: title }), { bad: true, stay: 30_000, act: offline ? { label: i18next.t("act.retry"), run: () => again(w) } : undefined });
    refresh(w.form, w.record);
  }
}
/** The same act once more, under the same key: it happens once even if the first try arrived. */
function again(w: Waiting): void {
  put([...waiting, w]);
  void send(w);
}

window.addEventListener("pagehide", () => {
  for (const w of waiting) {
    window.clearInterval(w.timer);
    void post(`/tasks/${w.task}/${w.operation}`, w.body, { key: w.key, keepalive: true }).catch(() => undefined);
  }
});
