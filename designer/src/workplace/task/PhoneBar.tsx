// The bar at the foot of a phone: more, reject, return, agree (widest). A blocked act says why above it.
import { Button } from "antd";
import { CircleAlert, Ellipsis } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Act, Operation } from "../../api/types";
import { Dialog } from "../../ui/Dialog";
import { useFoot } from "../../ui/toast";
import { maySave } from "../record/Acts";
import { order } from "./decide";

interface Props {
  operations: Operation[];
  acts: Act[];
  isNew: boolean;
  workflow: boolean;
  again: boolean;
  dirty: boolean;
  busy: boolean;
  missing: number;
  onOperation: (o: Operation) => void;
  onAct: (a: Act) => void;
  onSave: () => void;
  onSubmit: () => void;
}
export function PhoneBar(p: Props) {
  const { t } = useTranslation();
  const [more, setMore] = useState(false);
  const { main, negative, rest, more: small } = order(p.operations);
  const back = rest.find((o) => o.op === "return");
  const others = [...rest.filter((o) => o !== back), ...small];
  const submit = p.acts.find((a) => a.act === "submit");
  const canSubmit = p.isNew ? p.workflow : submit?.allowed === true;
  const acts = p.acts.filter((a) => (a.act === "submit" ? !a.allowed : a.allowed || a.act === "make" || a.act === "withdraw"));
  const saves = main !== undefined && p.dirty && maySave(main, p.acts);
  const pick = (run: () => void) => (setMore(false), run());
  if (!main && !canSubmit && !acts.length && !p.dirty && !p.isNew) return null;
  return (
    <PhoneFoot>
      {main && !main.allowed && <div className="bad row small"><CircleAlert size={15} /><span className="grow">{main.why}</span></div>}
      <div className="row">
        {(others.length > 0 || acts.length > 0 || saves) && <button type="button" className="stacked" onClick={() => setMore(true)}><Ellipsis size={18} /><span>{t("act.more")}</span></button>}
        {negative.map((o) => <Button key={o.outcome} danger size="large" onClick={() => p.onOperation(o)}>{o.label}</Button>)}
        {back && <Button size="large" onClick={() => p.onOperation(back)}>{back.label}</Button>}
        {main && <Button size="large" type="primary" className="widest" aria-disabled={!main.allowed} onClick={() => main.allowed && p.onOperation(main)}>{main.label}</Button>}
        {!main && (p.isNew || p.dirty) && <Button size="large" loading={p.busy && !canSubmit} type={canSubmit ? "default" : "primary"} className={canSubmit ? "" : "widest"} onClick={p.onSave}>{p.workflow && !p.again ? t("act.save_draft") : t("act.save")}</Button>}
        {!main && canSubmit && <Button size="large" type="primary" className="widest" loading={p.busy} onClick={p.onSubmit}>{p.missing ? t("act.submit_missing", { count: p.missing }) : t(p.again ? "act.resubmit" : "act.submit")}</Button>}
      </div>
      {more && (
        <Dialog title={t("act.more")} onClose={() => setMore(false)}>
          <div className="sheet-list">
            {saves && <button type="button" onClick={() => pick(p.onSave)}>{t("act.save")}</button>}
            {others.map((o) => <button key={o.op} type="button" aria-disabled={!o.allowed} onClick={() => o.allowed && pick(() => p.onOperation(o))}>{o.label}{!o.allowed && <span className="ink3 small">{o.why}</span>}</button>)}
            {acts.map((a) => <button key={a.act + (a.make ?? "")} type="button" aria-disabled={!a.allowed} className={a.act === "delete" ? "bad" : ""} onClick={() => a.allowed && pick(() => p.onAct(a))}>{a.label}{!a.allowed && <span className="ink3 small">{a.why}</span>}</button>)}
          </div>
        </Dialog>
      )}
    </PhoneFoot>
  );
}

function PhoneFoot({ children }: { children: ReactNode }) {
  const foot = useFoot();
  return <footer ref={foot} className="phone-bar">{children}</footer>;
}
