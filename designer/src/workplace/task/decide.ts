// From an operation of a task to the outbox: what is said, and what is sent with it.
import i18next from "i18next";
import { Problem, post } from "../../api/client";
import { refresh } from "../../api/queries";
import type { Operation } from "../../api/types";
import { decide } from "../../app/outbox";
import { toast } from "../../ui/toast";

export interface Subject { task: string; form: string; formLabel: string; record: string; title: string; version: number }

/** Complete and return wait for ten seconds; the others are small and go at once. */
export function act(o: Operation, s: Subject, body: Record<string, unknown>, onSent?: () => void): void {
  const said = i18next.t("op.said", { act: o.label, form: s.formLabel, title: s.title.split(" · ")[0] });
  if (o.op === "complete" || o.op === "return" || o.op === "transfer") {
    decide({ task: s.task, operation: o.op, body: o.op === "complete" ? { version: s.version, ...body } : body, form: s.form, record: s.record, said, onSent });
    return;
  }
  void post(`/tasks/${s.task}/${o.op}`, body).then(
    () => {
      toast(said);
      refresh(s.form, s.record);
    },
    (e: unknown) => toast(e instanceof Problem && e.body.title ? e.body.title : i18next.t("problem.internal"), { bad: true }),
  );
}

/** The order people look for: agree first, then what stops it, then the rest. */
export function order(list: Operation[]): { main: Operation | undefined; negative: Operation[]; rest: Operation[]; more: Operation[] } {
  const complete = list.filter((o) => o.op === "complete");
  const main = complete.find((o) => o.outcome !== "reject");
  const negative = complete.filter((o) => o !== main);
  const rest = list.filter((o) => o.op === "return" || o.op === "transfer" || o.op === "add_seat");
  return { main, negative, rest, more: list.filter((o) => o.op === "copy" || o.op === "remind") };
}
export const hotOf = (o: Operation): string | undefined => (o.op === "complete" ? (o.outcome === "reject" ? "R" : "A") : o.op === "transfer" ? "T" : undefined);
