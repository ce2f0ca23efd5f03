// A task beside the list: amount, what changed since one looked, facts, lines, path; the decision at the foot.
import { CircleAlert, History, Maximize2 } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useDefinition, useHistory, useMe, useTask } from "../../api/queries";
import type { Definition, Operation, TaskRow, TaskSheet } from "../../api/types";
import { useHotkeys } from "../../app/keys";
import { shortMoment, since } from "../../ui/day";
import { useFoot } from "../../ui/toast";
import { ActButton, Avatar, Bones, StatusTag, Trouble } from "../../ui/parts";
import { More } from "../record/Acts";
import { nameOf, shownStatus } from "../record/Head";
import { ChangeLine } from "../record/Rail";
import { withBlocks } from "../record/RecordView";
import { isStarters, ReturnNote } from "../record/returned";
import { Sections } from "../record/Sections";
import { Tracker } from "../record/Tracker";
import { useSheet } from "../record/useSheet";
import { amountOf, titleParts, withoutAmounts } from "../inbox/rows";
import { act, atOnce, hotOf, order } from "./decide";
import { OperationDialog } from "./OperationDialog";

interface Props { row: TaskRow; pressed: { key: string; n: number }; onGone: () => void; onOpen: () => void }

export function TaskPreview({ row, pressed, onGone, onOpen }: Props) {
  const task = useTask(row.id);
  const def = useDefinition(row.form);
  const me = useMe();
  const error = task.error ?? def.error;
  if (error) return <section className="preview"><Trouble error={error} onRetry={() => (void task.refetch(), void def.refetch())} /></section>;
  if (!task.data || !def.data || !me.data) return <section className="preview"><Bones rows={10} /></section>;
  return <Loaded row={row} data={task.data} def={def.data} user={me.data.user.id} pressed={pressed} onGone={onGone} onOpen={onOpen} />;
}

function Loaded({ row, data, def, user, pressed, onGone, onOpen }: Props & { data: TaskSheet; def: Definition; user: string }) {
  const { t } = useTranslation();
  const { sheet, task } = data;
  const editing = useSheet({ def, sheet, id: row.record.id, task: task.id, user, strict: true });
  const { key } = titleParts(row);
  const wait = sheet.at[0];
  const starters = isStarters(sheet, task.node);
  const unread = editing.findings.find((f) => f.code === "unread");
  return (
    <section className="preview" aria-label={t("inbox.preview")}>
      <header className="band">
        <div className="row">
          <span className="ink2">{def.label} {key}</span>
          <StatusTag status={shownStatus(sheet)} />
          {wait && !starters && <span className="ink3 cut">{wait.label}</span>}
          <span className="grow" />
          <button type="button" className="bare" onClick={onOpen}><Maximize2 size={14} />{t("inbox.open")} <kbd>Enter</kbd></button>
        </div>
        <div className="row"><h1 className="grow cut">{nameOf(def, sheet)}</h1>{row.amount && <b className="big-number">{amountOf(row)}</b>}</div>
        <div className="row ink2">{sheet.record.created_by && sheet.record.created_at && <><Avatar name={sheet.record.created_by.name} />{sheet.record.created_by.name} {t("record.made", { at: shortMoment(sheet.record.created_at) })}</>}{task.opened_at && <span className="ink3">{t("inbox.here", { long: since(task.opened_at) })}</span>}</div>
      </header>
      <div className="preview-body">
        <div className="notes"><ReturnNote form={row.form} record={row.record.id} sheet={sheet} /></div>
        <Changed def={def} form={row.form} record={row.record.id} version={sheet.record.version} user={user} />
        <Sections def={def} editing={editing} still skip={quiet(def, editing.values)} />
        <Tracker form={row.form} record={row.record.id} />
      </div>
      {starters ? <MendBar pressed={pressed} onOpen={onOpen} /> : <DecisionBar operations={unread ? withBlocks(task.operations, unread.say, false) : task.operations} pressed={pressed} onOpen={onOpen} form={row.form} record={row.record.id} title={withoutAmounts(sheet.record.title ?? "")} amount={amountOf(row)}
        onDo={(o, body) => {
          const leaves = o.op === "complete" || o.op === "return" || o.op === "transfer";
          act(o, { task: task.id, form: row.form, formLabel: def.label, record: row.record.id, title: sheet.record.title ?? "", version: sheet.record.version }, { ...body, ...(o.op === "complete" && editing.dirty ? { values: editing.payload() } : {}) }, () => editing.drop());
          if (leaves) onGone();
        }} />}
    </section>
  );
}

/** What says nothing here: empty fields. */
const quiet = (def: Definition, values: Record<string, unknown>): string[] =>
  Object.keys(def.fields).filter((n) => n === def.key || values[n] === undefined || values[n] === null || values[n] === "" || (Array.isArray(values[n]) && (values[n] as unknown[]).length === 0));

interface Seen { version: number; at: string }
/** What others changed since this person last had the record on screen; looking for three seconds counts. */
function Changed({ def, form, record, version, user }: { def: Definition; form: string; record: string; version: number; user: string }) {
  const { t } = useTranslation();
  const key = `fw.seen.${user}.${record}`;
  const [seen] = useState<Seen | null>(() => {
    try {
      return JSON.parse(localStorage.getItem(key) ?? "null") as Seen | null;
    } catch {
      return null;
    }
  });
  const history = useHistory(form, record, !!seen && seen.version < version);
  useEffect(() => {
    const wait = window.setTimeout(() => localStorage.setItem(key, JSON.stringify({ version, at: new Date().toISOString() })), 3000);
    return () => window.clearTimeout(wait);
  }, [key, version]);
  const changes = (history.data ?? []).filter((h) => h.version > (seen?.version ?? 0)).flatMap((h) => h.changes);
  if (!seen || changes.length === 0) return null;
  return (
    <section className="band changed">
      <header><History size={15} className="accent" /><h2>{t("inbox.changed", { count: changes.length })}</h2><span className="ink3 small">{t("inbox.seen", { at: shortMoment(seen.at) })}</span></header>
      {changes.slice(0, 8).map((c, i) => <ChangeLine key={i} change={c} def={def} />)}
    </section>
  );
}

/** What came back to its starter is changed and submitted again on its own page, never from here. */
function MendBar({ pressed, onOpen }: { pressed: { key: string; n: number }; onOpen: () => void }) {
  const { t } = useTranslation();
  const foot = useFoot();
  const first = useRef(pressed.n);
  useEffect(() => {
    if (pressed.n !== first.current && pressed.key === "a") onOpen();
    first.current = pressed.n;
  }, [pressed]);
  return <footer ref={foot} className="decision"><div className="row"><span className="grow" /><ActButton label={t("returned.mend")} primary hot="Enter" onClick={onOpen} /></div></footer>;
}

interface BarProps { form: string; record: string; operations: Operation[]; pressed: { key: string; n: number }; title: string; amount: string; onDo: (o: Operation, body: Record<string, unknown>) => void; onOpen: () => void }
function DecisionBar({ form, record, operations, pressed, title, amount, onDo, onOpen }: BarProps) {
  const { t } = useTranslation();
  const [opinion, setOpinion] = useState("");
  const [asked, setAsked] = useState<Operation | null>(null);
  const box = useRef<HTMLInputElement>(null);
  const foot = useFoot();
  const { main, negative, rest, more } = order(operations);
  const needed = operations.filter((o) => o.comment === "required").map((o) => o.label).join(t("word.comma"));
  const choose = (o: Operation) => {
    // Agreeing with nothing more to say is one press; everything else is asked about.
    const simple = o.op === "complete" && o.outcome !== "reject" && (o.comment !== "required" || opinion.trim() !== "");
    if (simple) onDo(o, { outcome: o.outcome, ...(opinion.trim() ? { opinion: opinion.trim() } : {}) });
    else if (atOnce(o)) onDo(o, {});
    else setAsked(o);
  };
  const byKey = (k: string) => {
    const o = k === "a" ? main : k === "r" ? negative.find((x) => x.outcome === "reject") : rest.find((x) => x.op === "transfer");
    if (o?.allowed && !asked) choose(o);
  };
  const first = useRef(pressed.n);
  useEffect(() => {
    if (pressed.n === first.current) return;
    first.current = pressed.n;
    byKey(pressed.key);
    // Only a press counts, not a new list of operations.
  }, [pressed]);
  useHotkeys({ "/": () => box.current?.focus() });
  return (
    <footer ref={foot} className="decision">
      {main && !main.allowed && <div className="bad row"><CircleAlert size={15} /><span>{t("decide.cannot", { act: main.label, why: main.why ?? "" })}</span><button type="button" className="bare link" onClick={onOpen}>{t("decide.mend")}</button></div>}
      <div className="row wrap">
        <div className="opinion-box box grow row">
          <input ref={box} className="grow" aria-label={t("op.opinion")} placeholder={needed ? t("decide.opinion", { acts: needed }) : t("op.opinion")} value={opinion} onChange={(e) => setOpinion(e.target.value)} onKeyDown={(e) => e.key === "Escape" && box.current?.blur()} />
          {!opinion && <button type="button" className="chip" onClick={() => setOpinion(t("quick.agree"))}>{t("quick.agree")}</button>}
        </div>
        {main && <ActButton label={main.label} primary hot="A" allowed={main.allowed} why={main.why} onClick={() => choose(main)} />}
        {negative.map((o) => <ActButton key={o.outcome} label={o.label} danger={o.outcome === "reject"} hot={hotOf(o) ?? ""} allowed={o.allowed} why={o.why} onClick={() => choose(o)} />)}
        {rest.map((o) => <ActButton key={o.op} label={o.op === "return" ? `${o.label}…` : o.label} hot={hotOf(o) ?? ""} allowed={o.allowed} why={o.why} onClick={() => choose(o)} />)}
        {more.length > 0 && <More acts={[]} operations={more} onAct={() => undefined} onOperation={choose} />}
      </div>
      {asked && <OperationDialog operation={asked} form={form} record={record} title={title} amount={amount} opinion={opinion} onClose={() => setAsked(null)} onDo={(body) => (setAsked(null), onDo(asked, body))} />}
    </footer>
  );
}
