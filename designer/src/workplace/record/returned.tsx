// A record that was sent back to who began it: whose turn it is, what was said, and whether it has changed since.
import { Undo } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useFlow } from "../../api/queries";
import type { FlowView, HistoryRow, Seat, Sheet } from "../../api/types";
import { shortMoment } from "../../ui/day";

/** It waits with its starter, who submits it again. */
export const isReturned = (sheet: Sheet): boolean => sheet.record.status === "submitted" && sheet.at[0]?.kind === "starter";

/** This task is the starter's own: it is done by submitting again. */
export const isStarters = (sheet: Sheet, node: string | undefined): boolean => isReturned(sheet) && sheet.at[0]?.node === node;

/** Who sent it back last, and what was said. */
export function lastReturn(flow: FlowView): Seat | null {
  const seats = flow.steps.flatMap((s) => s.seats.filter((x) => x.state === "returned"));
  return seats.reduce<Seat | null>((last, s) => (!last || (s.at ?? "") > (last.at ?? "") ? s : last), null);
}

/** Whether anybody changed a field after it was sent back. */
export function changedSince(history: HistoryRow[], moment: string): boolean {
  return history.some((h) => h.at > moment && h.changes.length > 0);
}

export function ReturnNote({ form, record, sheet }: { form: string; record: string; sheet: Sheet }) {
  const { t } = useTranslation();
  const flow = useFlow(form, record, isReturned(sheet));
  const seat = flow.data && isReturned(sheet) ? lastReturn(flow.data) : null;
  if (!seat) return null;
  return (
    <div className="note">
      <Undo size={15} />
      <span><b>{t("returned.by", { who: seat.who ?? seat.role ?? "" })}</b>{seat.opinion && t("returned.said", { text: seat.opinion })} {seat.at && <span className="ink3 small">{shortMoment(seat.at)}</span>}</span>
    </div>
  );
}
