// One operation on a task: opinion, and where to, whom to, how. Repeats whose and how much before it is signed.
import { Button } from "antd";
import { X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { get, query } from "../../api/client";
import { useFlow } from "../../api/queries";
import type { Operation, PersonRow } from "../../api/types";
import { Dialog } from "../../ui/Dialog";
import { Picker } from "../../ui/Picker";
import { groupInTitle } from "../../ui/number";

interface Props {
  operation: Operation;
  form: string;
  record: string;
  title: string;
  amount?: string | undefined;
  opinion?: string;
  onDo: (body: Record<string, unknown>) => void;
  onClose: () => void;
}
const quickKeys: Record<string, string[]> = { approve: ["quick.agree", "quick.soon"], reject: ["quick.rules", "quick.no_need"], return: ["quick.papers", "quick.incomplete", "quick.amount"] };

export function OperationDialog({ operation: o, form, record, title, amount, opinion: begun = "", onDo, onClose }: Props) {
  const { t } = useTranslation();
  const [opinion, setOpinion] = useState(begun);
  const [to, setTo] = useState(o.targets?.[0]?.node ?? "");
  const [people, setPeople] = useState<PersonRow[]>([]);
  const [how, setHow] = useState(o.how?.[0] ?? "after");
  const [tried, setTried] = useState(false);
  const [whom, setWhom] = useState(o.users?.[0]?.id ?? "");
  const one = o.op === "transfer" || o.op === "delegate";
  const needsPeople = one || o.op === "add_seat" || o.op === "copy";
  const needsOpinion = o.comment === "required";
  const missing = (needsOpinion && !opinion.trim()) || (needsPeople && people.length === 0);
  const submit = () => {
    setTried(true);
    if (missing) return;
    const body: Record<string, unknown> = {};
    if (opinion.trim()) body.opinion = opinion.trim();
    if (o.op === "complete") body.outcome = o.outcome;
    if (o.op === "return") body.to = to;
    if (one) body.to = people[0]?.user;
    if (o.op === "drop_seat") body.user = whom;
    if (o.op === "add_seat") Object.assign(body, { users: people.map((p) => p.user), how });
    if (o.op === "copy") body.users = people.map((p) => p.user);
    onDo(body);
  };
  const flow = useFlow(form, record, o.op === "return");
  /** A node by whom one meets there: the starter by his name, another node with who has decided in it. */
  const targetName = (x: { node: string; label: string }): string => {
    const step = flow.data?.steps.find((s) => s.node === x.node);
    if (step?.kind === "start") return t("op.starter", { who: flow.data?.started_by?.name ?? "" });
    return [x.label, ...(step?.seats ?? []).map((s) => s.who)].filter(Boolean).join(" ");
  };
  const negative = o.outcome === "reject";
  const quick = quickKeys[o.outcome ?? o.op] ?? [];
  return (
    <Dialog
      title={o.label}
      onClose={onClose}
      onSubmit={submit}
      foot={<>
        <span className="ink3 small grow hint">{t("op.undo_hint")}</span>
        <Button onClick={onClose}>{t("act.cancel")}</Button>
        <Button type="primary" danger={negative} htmlType="submit">{o.label}</Button>
      </>}
    >
      <div className="repeat row"><b className="grow">{groupInTitle(title)}</b>{amount && <b className="big-number">{amount}</b>}</div>
      {o.op === "return" && (
        <fieldset className="stack">
          <span>{t("op.return_to")}</span>
          {(o.targets ?? []).map((x) => <label key={x.node} className="check"><input type="radio" name="to" value={x.node} checked={to === x.node} onChange={() => setTo(x.node)} />{targetName(x)}</label>)}
          <p className="ink3 small">{t(o.then === "resume" ? "op.resume" : "op.rerun")}</p>
        </fieldset>
      )}
      {o.op === "drop_seat" && (
        <fieldset className="stack">
          <span>{t("op.who_drop_seat")}</span>
          {(o.users ?? []).map((x) => <label key={x.id} className="check"><input type="radio" name="whom" checked={whom === x.id} onChange={() => setWhom(x.id ?? "")} />{x.name}</label>)}
        </fieldset>
      )}
      {o.op === "add_seat" && (
        <fieldset className="stack">
          <span>{t("op.how")}</span>
          {(o.how ?? ["after"]).map((h) => <label key={h} className="check"><input type="radio" name="how" checked={how === h} onChange={() => setHow(h)} />{t(`op.how_${h}`)}</label>)}
        </fieldset>
      )}
      {needsPeople && <PeoplePicker one={one} people={people} onChange={setPeople} label={t(`op.who_${o.op}`)} wrong={tried && people.length === 0} />}
      <label className="stack">
        <span>{t("op.opinion")}{needsOpinion ? <b className="bad"> *</b> : ` ${t("op.optional")}`}</span>
        <textarea className="area" rows={3} autoFocus={!needsPeople} value={opinion} aria-invalid={tried && needsOpinion && !opinion.trim()} onChange={(e) => setOpinion(e.target.value)}
          onKeyDown={(e) => e.key === "Enter" && (e.ctrlKey || e.metaKey) && !e.nativeEvent.isComposing && (e.preventDefault(), submit())} />
        {tried && needsOpinion && !opinion.trim() && <span className="bad small">{t("op.opinion_needed")}</span>}
      </label>
      {quick.length > 0 && <div className="quick">{quick.map((k) => <button key={k} type="button" className="chip" onClick={() => setOpinion(t(k))}>{t(k)}</button>)}</div>}
    </Dialog>
  );
}

function PeoplePicker({ one, people, onChange, label, wrong }: { one: boolean; people: PersonRow[]; onChange: (p: PersonRow[]) => void; label: string; wrong: boolean }) {
  const { t } = useTranslation();
  const [found, setFound] = useState<PersonRow[]>([]);
  const load = async (typed: string) => {
    const rows = await get<PersonRow[]>(`/people${query({ q: typed })}`);
    setFound(rows);
    return rows.map((r) => ({ id: r.user, text: r.name, extra: [r.department, r.position].filter(Boolean).join(" · ") }));
  };
  return (
    <div className="stack">
      <span>{label}<b className="bad"> *</b></span>
      {people.length > 0 && !one && (
        <div className="quick">{people.map((p) => <span key={p.user} className="chip">{p.name}<button type="button" aria-label={t("act.remove", { name: p.name })} onClick={() => onChange(people.filter((x) => x !== p))}><X size={12} /></button></span>)}</div>
      )}
      <Picker
        label={label}
        autoFocus
        invalid={wrong}
        placeholder={t("op.find_person")}
        value={one && people[0] ? { id: people[0].user, text: people[0].name } : null}
        load={load}
        onPick={(x) => {
          const p = found.find((r) => r.user === x?.id);
          if (one) onChange(p ? [p] : []);
          else if (p && !people.some((y) => y.user === p.user)) onChange([...people, p]);
        }}
      />
      {wrong && <span className="bad small">{t("op.who_needed")}</span>}
    </div>
  );
}
