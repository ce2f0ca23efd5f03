// The path of a record: what was lived is solid, what is expected dashed, returns stay visible. Who, what, how long.
import { Check, CircleDot, Undo, X, Minus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { post } from "../../api/client";
import { useFlow, useMe } from "../../api/queries";
import type { FlowView, Seat, Step } from "../../api/types";
import { useNarrow } from "../../app/theme";
import { between, shortMoment, since, waited } from "../../ui/day";
import { useProblemText } from "../../ui/parts";
import { toast } from "../../ui/toast";

const machinery = new Set(["race", "block", "script", "timer", "message", "signal"]);
const silent = (kind: string) => kind.endsWith("_gateway") || machinery.has(kind);
/** Steps a person wants to see: gateways and machinery are left out, unless the record waits there. */
export const visibleSteps = (steps: Step[]): Step[] => steps.filter((s) => !silent(s.kind) || s.state === "open");

export function tone(s: Step): "done" | "open" | "returned" | "bad" | "expected" {
  if (s.state === "returned") return "returned";
  if (s.state === "cancelled") return "expected";
  if (s.state === "open") return "open";
  if (s.state === "expected") return "expected";
  return s.seats.some((x) => x.outcome === "reject") ? "bad" : "done";
}

export function Tracker({ form, record }: { form: string; record: string }) {
  const { t } = useTranslation();
  const narrow = useNarrow();
  const flow = useFlow(form, record);
  const me = useMe();
  // Who asked may remind those he waits for; the server judges whether it is too soon.
  const mine = !!flow.data?.started_by?.id && flow.data.started_by.id === me.data?.user.id;
  const steps = visibleSteps(flow.data?.steps ?? []);
  if (!flow.data || steps.length === 0) return null;
  return (
    <section className="band tracker-band" aria-label={t("flow.title")}>
      <header>
        <h2>{t("flow.title")}</h2>
        <span className="ink3">{walked(flow.data, t)}</span>
        {!narrow && <span className="grow" />}
        {!narrow && steps.some((s) => s.state === "expected") && <span className="legend ink3 small"><i />{t("flow.lived")}<i className="dashed" />{t("flow.expected")}</span>}
      </header>
      <ol className={narrow ? "tracker down" : "tracker"}>
        {steps.map((s, i) => <StepView key={`${s.node}-${s.attempt}-${i}`} step={s} started={i === 0 ? flow.data.started_by?.name : undefined} reminds={mine ? (me.data?.user.name ?? "") : null} />)}
      </ol>
    </section>
  );
}

function walked(flow: FlowView, t: (k: string, o?: Record<string, unknown>) => string): string {
  if (!flow.started_at) return "";
  return flow.ended_at ? t("flow.took", { long: between(flow.started_at, flow.ended_at) }) : waited(flow.started_at) ? t("flow.walked", { long: since(flow.started_at) }) : "";
}

interface StepProps { step: Step; started?: string | undefined; reminds: string | null }
/** `reminds`: who may remind those who are waited for, by his name; nobody reminds himself. */
function StepView({ step, started, reminds }: StepProps) {
  const { t } = useTranslation();
  const kind = tone(step);
  const glyph = { done: <Check size={11} strokeWidth={2.5} />, open: <CircleDot size={16} strokeWidth={1.75} />, returned: <Undo size={11} strokeWidth={2.25} />, bad: <X size={11} strokeWidth={2.5} />, expected: step.state === "cancelled" ? <Minus size={10} /> : null }[kind];
  const seats = step.seats.length ? step.seats : started ? [{ who: started, state: "done", at: step.left } as Seat] : [];
  return (
    <li className={`step ${kind}`} aria-current={step.state === "open" ? "step" : undefined}>
      <span className="glyph" aria-hidden>{glyph}</span>
      <div className="what">
        <b className="name">{step.label}</b>
        {seats.map((s, i) => <SeatView key={i} seat={s} step={step} alone={seats.length === 1} reminds={reminds} />)}
        {seats.length === 0 && step.state !== "expected" && step.entered && <div className="ink3 small">{shortMoment(step.entered)}</div>}
        {seats.length === 0 && step.kind === "post" && <div className="ink3 small">{t("flow.system")}</div>}
      </div>
    </li>
  );
}

function SeatView({ seat, step, alone, reminds }: { seat: Seat; step: Step; alone: boolean; reminds: string | null }) {
  const problem = useProblemText();
  const remind = () => post(`/tasks/${seat.task}/remind`).then(() => toast(t("flow.reminded")), (e: unknown) => toast(problem(e), { bad: true }));
  const { t, i18n } = useTranslation();
  const outcome = seat.outcome ? (i18n.exists(`outcome.${seat.outcome}`) ? t(`outcome.${seat.outcome}`) : seat.outcome) : seat.state === "returned" ? t("outcome.return") : "";
  const began = seat.since ?? step.entered;
  const long = seat.state === "open" && began ? waiting(began, t) : seat.at && began && step.kind !== "start" ? between(began, seat.at) : seat.at ? shortMoment(seat.at) : "";
  return (
    <div className={`seat small ${seat.state}`}>
      <span className={seat.state === "open" ? "strong" : ""}>{seat.who ?? seat.role ?? t("flow.system")}</span>
      {seat.role && seat.who && <span className="ink3"> {seat.role}</span>}
      {outcome && <span> {outcome}</span>}
      {long && (alone ? <div className="ink3">{long}</div> : <span className="ink3"> {long}</span>)}
      {reminds !== null && step.kind !== "start" && seat.who !== reminds && seat.task && seat.state === "open" && <button type="button" className="bare link small" onClick={() => void remind()}>{t("flow.remind")}</button>}
      {seat.opinion && <div className={step.state === "returned" ? "warn opinion" : "opinion"}>{t("flow.said", { text: seat.opinion })}</div>}
    </div>
  );
}

/** How long somebody has waited; in the first minute that it has only come. */
export function waiting(began: string, t: (k: string, o?: Record<string, unknown>) => string): string {
  const long = waited(began);
  return long ? t("flow.waiting", { long }) : t("flow.just_come");
}

/** The little bar of a list row: one piece a step. */
export function StepBar({ states }: { states: string[] }) {
  const { t } = useTranslation();
  const done = states.filter((s) => s === "done").length;
  return (
    <span className="stepbar" role="img" aria-label={t("flow.bar", { done, all: states.length })}>
      {states.slice(0, 8).map((s, i) => <i key={i} className={s} />)}
    </span>
  );
}
