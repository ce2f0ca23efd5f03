// From an operation of a task to the outbox: what is said, and what is sent with it.
import i18next from "i18next";
import { Problem, post } from "../../api/client";
import { refresh } from "../../api/queries";
import type { Operation } from "../../api/types";
import { decide, type Decision } from "../../app/outbox";
import { toast } from "../../ui/toast";

export interface Subject { task: string; form: string; formLabel: string; record: string; title: string; version: number }

/** A decision as the outbox takes it. */
export const decision = (o: Operation, s: Subject, body: Record<string, unknown>, onSent?: () => void): Decision => ({
  task: s.task, operation: o.op, body: o.op === "complete" ? { version: s.version, ...body } : body, form: s.form, record: s.record, said: saidOf(o, s), onSent,
});
const saidOf = (o: Operation, s: Subject): string => i18next.t("op.said", { act: o.label, form: s.formLabel, title: s.title.split(" · ")[0] });

/** Complete and return wait for ten seconds; the others are small and go at once. */
export function act(o: Operation, s: Subject, body: Record<string, unknown>, onSent?: () => void): void {
  if (o.op === "complete" || o.op === "return" || o.op === "transfer") {
    decide(decision(o, s, body, onSent));
    return;
  }
  void post(`/tasks/${s.task}/${o.op}`, body).then(
    () => {
      toast(saidOf(o, s));
      refresh(s.form, s.record);
    },
    (e: unknown) => toast(e instanceof Problem && e.body.title ? e.body.title : i18next.t("problem.internal"), { bad: true }),
  );
}

/** The order people look for: agree first, then what stops it, then the rest. Who has the task himself has nobody to remind. */
export function order(list: Operation[]): { main: Operation | undefined; negative: Operation[]; rest: Operation[]; more: Operation[] } {
  const complete = list.filter((o) => o.op === "complete");
  const main = complete.find((o) => o.outcome !== "reject");
  const negative = complete.filter((o) => o !== main);
  const near: Operation["op"][] = ["claim", "return", "transfer", "delegate", "add_seat"];
  const rest = list.filter((o) => near.includes(o.op));
  return { main, negative, rest, more: list.filter((o) => o.op !== "complete" && !near.includes(o.op) && (o.op !== "remind" || o.allowed)) };
}
/** What asks nothing of whoever does it. */
export const atOnce = (o: Operation): boolean => o.op === "remind" || o.op === "claim" || o.op === "unclaim";
export const hotOf = (o: Operation): string | undefined => (o.op === "complete" ? (o.outcome === "reject" ? "R" : "A") : o.op === "transfer" ? "T" : undefined);
