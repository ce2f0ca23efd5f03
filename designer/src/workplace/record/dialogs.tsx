// Questions about a whole record: the path before it is submitted, a conflict, an act that cannot be undone.
import { Button } from "antd";
import { CircleAlert, TriangleAlert } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useFlow, useHistory, usePreview } from "../../api/queries";
import { Problem } from "../../api/client";
import type { Definition, Finding, Sheet, Values } from "../../api/types";
import { say as sayField } from "../../fields";
import { linesOf } from "../../fields/table/rows";
import { Dialog } from "../../ui/Dialog";
import { Avatar, Bones, Trouble } from "../../ui/parts";
import { groupInTitle } from "../../ui/number";
import { clashes, type Draft } from "./draft";
import { fieldAt } from "./Rail";
import { changedSince, isReturned, lastReturn, ReturnNote } from "./returned";

interface SubmitProps { def: Definition; sheet: Sheet; busy: boolean; failed: unknown; onSubmit: () => void; onClose: () => void; onGo: (at: string) => void }
export function SubmitDialog({ def, sheet, busy, failed, onSubmit, onClose, onGo }: SubmitProps) {
  const { t } = useTranslation();
  const { record } = sheet;
  const again = isReturned(sheet);
  const flow = useFlow(def.form, record.id ?? "", again);
  const history = useHistory(def.form, record.id ?? "", again);
  const since = flow.data ? lastReturn(flow.data)?.at : null;
  const unchanged = again && !!since && !!history.data && !changedSince(history.data, since);
  const verb = t(again ? "act.resubmit" : "act.submit");
  const preview = usePreview(def.form, record.id ?? "", true);
  const refused = (preview.data?.findings ?? []).filter((f) => f.level === "refuse");
  const steps = (preview.data?.path ?? []).filter((n) => n.kind === "approval" || n.kind === "fill" || n.kind === "post" || n.kind === "notify" || n.kind === "start");
  const yes = useRef<HTMLButtonElement>(null);
  const ready = !!preview.data && refused.length === 0;
  // It can take the focus only once the path is known.
  useEffect(() => {
    if (ready) yes.current?.focus();
  }, [ready]);
  return (
    <Dialog
      title={t(again ? "submit.title_again" : "submit.title", { form: def.label })}
      onClose={onClose}
      onSubmit={onSubmit}
      foot={<><Button onClick={onClose}>{t("act.cancel")}</Button><Button ref={yes} type="primary" htmlType="submit" loading={busy} disabled={!ready}>{verb}</Button></>}
    >
      <div className="repeat"><b>{groupInTitle(record.title ?? "")}</b></div>
      {record.id && <ReturnNote form={def.form} record={record.id} sheet={sheet} />}
      {unchanged && <div className="note"><TriangleAlert size={15} /><span>{t("returned.unchanged")}</span></div>}
      {steps.length > 0 && <span className="ink3">{t("submit.path")}</span>}
      {preview.isLoading && <Bones rows={4} />}
      {preview.error && <Trouble error={preview.error} onRetry={() => void preview.refetch()} />}
      {steps.length > 0 && <ol className="path">
        {steps.map((n, i) => (
          <li key={`${n.node}-${i}`} className={n.certain === false ? "maybe" : ""}>
            <b>{n.label}</b>
            <span className="grow row wrap">{n.people.map((p, j) => <span key={j} className="row" style={{ gap: 4 }}><Avatar name={p.name} />{p.name}{p.role && <span className="ink3">{p.role}</span>}</span>)}
              {n.people.length === 0 && <span className="ink3">{n.kind === "start" ? t("submit.you") : t("flow.system")}</span>}
            </span>
            {n.why && <span className="ink3 small">{n.why}</span>}
            {n.certain === false && <span className="ink3 small">{t("submit.maybe")}</span>}
          </li>
        ))}
      </ol>}
      {refused.length > 0 && <FindingList def={def} findings={refused} values={record.values} onGo={onGo} />}
      <Failed error={failed} def={def} values={record.values} onGo={onGo} />
    </Dialog>
  );
}

/** Why the server did not do it, inside the question. */
function Failed({ error, def, values, onGo }: { error: unknown; def?: Definition; values?: Values; onGo?: (at: string) => void }) {
  if (!error) return null;
  const findings = error instanceof Problem ? (error.body.findings ?? []) : [];
  return <div className="note bad">{def && findings.length ? <FindingList def={def} findings={findings} values={values ?? {}} {...(onGo ? { onGo } : {})} /> : <Trouble error={error} />}</div>;
}

/** What is still wrong, each a way to its place. */
export function FindingList({ def, findings, values, onGo }: { def: Definition; findings: Finding[]; values: Values; onGo?: (at: string) => void }) {
  const { t } = useTranslation();
  return (
    <ul className="finding-list" role="alert">
      {findings.slice(0, 12).map((f, i) => (
        <li key={i} className={f.level === "refuse" ? "bad" : "warn"}>
          <CircleAlert size={14} />
          <button type="button" className="plain" onClick={() => onGo?.(f.at)}>{placeName(def, values, f.at, t)}{f.say}</button>
        </li>
      ))}
    </ul>
  );
}
/** "Line 2 Price: ", from `lines/<id>/price`. */
function placeName(def: Definition, values: Values, at: string, t: (k: string, o?: Record<string, unknown>) => string): string {
  const field = fieldAt(def, at);
  const [table, line] = at.split("/");
  const n = line ? linesOf(values[table ?? ""] ?? null).findIndex((r) => r.id === line) + 1 : 0;
  return `${n ? `${t("rail.line", { n })} ` : ""}${field ? t("find.at", { label: field.label }) : ""}`;
}

export function ConflictDialog({ def, base, theirs, draft, onMerge, onClose }: { def: Definition; base: Sheet; theirs: Sheet; draft: Draft; onMerge: (giveUp: Set<string>) => void; onClose: () => void }) {
  const { t } = useTranslation();
  const list = clashes(base.record.values, theirs.record.values, draft, def.fields);
  const [take, setTake] = useState<Set<string>>(new Set());
  const choose = (key: string, on: boolean) => setTake((s) => (on ? new Set([...s, key]) : new Set([...s].filter((k) => k !== key))));
  const who = theirs.record.updated_by?.name ?? "";
  return (
    <Dialog
      wide
      title={t("conflict.title", { who })}
      onClose={onClose}
      onSubmit={() => onMerge(take)}
      foot={<><Button onClick={onClose}>{t("act.back")}</Button><Button type="primary" htmlType="submit">{list.length ? t("conflict.keep", { count: list.length }) : t("conflict.merge")}</Button></>}
    >
      <p className="ink2">{list.length ? t("conflict.both", { count: list.length }) : t("conflict.none")}</p>
      {list.length > 0 && (
        <table className="plain-table">
          <thead><tr><th>{t("conflict.field")}</th><th>{t("conflict.was")}</th><th>{t("conflict.mine")}</th><th>{t("conflict.theirs", { who })}</th></tr></thead>
          <tbody>
            {list.map((c) => (
              <tr key={c.key}>
                <td>{c.label}</td>
                <td className="ink3">{sayField(c.base, c.def) || "—"}</td>
                <td><label className="check"><input type="radio" name={c.key} checked={!take.has(c.key)} onChange={() => choose(c.key, false)} />{sayField(c.mine, c.def) || "—"}</label></td>
                <td><label className="check"><input type="radio" name={c.key} checked={take.has(c.key)} onChange={() => choose(c.key, true)} />{sayField(c.theirs, c.def) || "—"}</label></td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Dialog>
  );
}

/** Asked only for what cannot be undone; the verb stands on the button. */
interface ConfirmProps {
  title: string; text: string; verb: string; busy: boolean; failed: unknown;
  reason?: boolean;
  /** A reason must be given. */
  needed?: boolean;
  /** Where to: one must be chosen. */
  targets?: { node: string; label: string }[];
  onYes: (reason: string, to?: string) => void;
  onClose: () => void;
}
export function ConfirmDialog({ title, text, verb, reason, needed, targets, busy, failed, onYes, onClose }: ConfirmProps) {
  const { t } = useTranslation();
  const [why, setWhy] = useState("");
  const [tried, setTried] = useState(false);
  const [to, setTo] = useState(targets?.[0]?.node);
  const missing = needed && !why.trim();
  const submit = () => (missing ? setTried(true) : onYes(why, to));
  return (
    <Dialog title={title} onClose={onClose} onSubmit={submit} foot={<><Button onClick={onClose}>{t("act.dont")}</Button><Button type="primary" danger htmlType="submit" loading={busy}>{verb}</Button></>}>
      <p>{text}</p>
      {targets && targets.length > 0 && (
        <fieldset className="stack">
          <span>{t("confirm.to")}</span>
          {targets.map((x) => <label key={x.node} className="check"><input type="radio" name="to" checked={to === x.node} onChange={() => setTo(x.node)} />{x.label}</label>)}
        </fieldset>
      )}
      {reason && (
        <label className="stack">
          <span>{t("confirm.reason")}{needed && <b className="bad"> *</b>}</span>
          <textarea className="area" rows={2} autoFocus value={why} aria-invalid={tried && missing} onChange={(e) => setWhy(e.target.value)} />
          {tried && missing && <span className="bad small">{t("op.opinion_needed")}</span>}
        </label>
      )}
      <Failed error={failed} />
    </Dialog>
  );
}
