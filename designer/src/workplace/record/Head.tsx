// The head of a record: its name, its state, where it waits and how long, who made it, what may be done.
import { CircleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Definition, Sheet, Status, TaskBody, Waiting } from "../../api/types";
import { useNarrow } from "../../app/theme";
import { dueBand, dueText, shortMoment, waited } from "../../ui/day";
import { Avatar, StatusTag } from "../../ui/parts";
import { groupInTitle } from "../../ui/number";
import { isReturned, isStarters } from "./returned";

interface Props { def: Definition; sheet: Sheet; isNew: boolean; amount: string | null; decided: boolean; acts: ReactNode; wrong: number; task: TaskBody | null; onWrong: () => void }

export const shownStatus = (sheet: Sheet): Status => (isReturned(sheet) ? "returned" : sheet.record.status);

/** Where it stands, for whom and how long. */
export function useWaits(): (w: Waiting) => string {
  const { t } = useTranslation();
  return (w) => {
    const long = waited(w.since);
    const who = w.people.join("、");
    if (w.kind === "starter") return long ? t("record.waits_starter", { who, long }) : t("record.waits_starter_now", { who });
    return long ? t("record.waits", { node: w.label, who, long }) : t("record.waits_now", { node: w.label, who });
  };
}

/** Whether records of a form live through states: master data only are. */
export const hasStates = (def: Definition): boolean => def.workflow || def.kind === "document";

/** The title without the key, which stands in the bar above, and without the amount, which stands beside. */
export function nameOf(def: Definition, sheet: Sheet): string {
  const parts = (sheet.record.title ?? "").split(" · ");
  const key = def.key ? sheet.record.values[def.key] : undefined;
  const rest = parts.filter((p) => p !== key && !/^-?[\d,]+\.\d{2,}$/.test(p));
  return rest.join(" · ") || (typeof key === "string" && key) || groupInTitle(parts.join(" · ")) || def.label;
}

export function Head({ def, sheet, isNew, amount, decided, acts, wrong, task, onWrong }: Props) {
  const { t } = useTranslation();
  const narrow = useNarrow();
  const waits = useWaits();
  const r = sheet.record;
  const wait = sheet.at[0];
  const due = task?.due_at;
  // On a phone the bar above has already said what is new.
  if (narrow && isNew) return null;
  return (
    <header className="record-head band">
      <div className="row wrap title-line">
        <h1>{isNew ? t("record.new", { form: def.label }) : nameOf(def, sheet)}</h1>
        {!isNew && hasStates(def) && <StatusTag status={shownStatus(sheet)} />}
        {wait && !narrow && <span className={wait.late ? "warn" : "ink2"}>{waits(wait)}</span>}
        {due && !narrow && <span className={{ late: "bad strong", today: "warn strong", soon: "ink3", later: "ink3", none: "" }[dueBand(due)]}>{dueBand(due) === "late" ? dueText(due) : t("record.due", { due: dueText(due) })}</span>}
      </div>
      {narrow && amount && !isNew && <div className="phone-amount">{amount}</div>}
      {!isNew && (
        <div className="row wrap ink2 sub-line">
          {narrow && r.created_by && <Avatar name={r.created_by.name} />}
          {r.created_by && r.created_at && <span>{r.created_by.name} {t("record.made", { at: shortMoment(r.created_at) })}</span>}
          {!narrow && amount && <><i>·</i><b className="ink">{amount}</b></>}
          {!narrow && task && !isStarters(sheet, task.node) && <><i>·</i><span>{t("record.your_turn", { node: task.label })}</span></>}
          {narrow && due && <span className={dueBand(due) === "late" ? "bad strong" : "warn strong"} style={{ marginLeft: "auto" }}>{dueText(due)}</span>}
        </div>
      )}
      {narrow && wait && <div className="ink3 small">{waits(wait)}</div>}
      <div className="row wrap">
        {decided ? <span className="ink3">{t("undo.waiting")}</span> : acts}
        {wrong > 0 && !decided && <button type="button" className="bare link bad" onClick={onWrong}><CircleAlert size={15} />{t("record.wrong", { count: wrong })}</button>}
      </div>
    </header>
  );
}

/** Under the reason of a blocked act: what it still waits for. */
export function WaitsFor({ sheet }: { sheet: Sheet }) {
  const waits = useWaits();
  if (sheet.at.length === 0) return null;
  return <ul className="waits">{sheet.at.map((w) => <li key={w.node} className="small">{waits(w)}</li>)}</ul>;
}
