// The buttons of a record: what may be done now, and greyed with its reason what may not.
import { Button } from "antd";
import { Ellipsis } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Act, Operation } from "../../api/types";
import { ActButton } from "../../ui/parts";
import { Popover } from "../../ui/Popover";
import { hotOf, order } from "../task/decide";

interface Props {
  acts: Act[];
  operations: Operation[];
  onAct: (a: Act) => void;
  onOperation: (o: Operation) => void;
  dirty: boolean;
  busy: boolean;
  isNew: boolean;
  editing: boolean;
  workflow: boolean;
  /** It was sent back and is submitted again. */
  again: boolean;
  onSave: () => void;
  onSubmit: () => void;
  waitingFor?: React.ReactNode;
}

/** What is typed at a task goes with the decision; alone it is kept only where the record itself may be edited. */
export const maySave = (main: Operation | undefined, acts: Act[]): boolean => !main || acts.some((a) => a.act === "edit" && a.allowed);

export function Acts(p: Props) {
  const { t } = useTranslation();
  const { main, negative, rest, more } = order(p.operations);
  const submit = p.acts.find((a) => a.act === "submit");
  const others = p.acts.filter((a) => a.act === "make" || a.act === "withdraw" || a.act === "take_back" || a.act === "reverse" || (a.act === "edit" && !p.editing && a.allowed));
  const rare: Act["act"][] = ["jump", "suspend", "resume", "terminate", "delete"];
  const hidden = p.acts.filter((a) => rare.includes(a.act));
  const canSubmit = p.isNew ? p.workflow : !!submit;
  const showSave = p.isNew || (p.editing && p.dirty && maySave(main, p.acts));
  return (
    <div className="acts row wrap">
      {main && <ActButton label={main.label} primary hot={hotOf(main)!} allowed={main.allowed} why={main.why} onClick={() => p.onOperation(main)} />}
      {negative.map((o) => <ActButton key={o.outcome} label={o.label} danger={o.outcome === "reject"} hot={hotOf(o) ?? ""} allowed={o.allowed} why={o.why} onClick={() => p.onOperation(o)} />)}
      {rest.map((o) => <ActButton key={o.op} label={o.op === "return" ? `${o.label}…` : o.label} allowed={o.allowed} why={o.why} onClick={() => p.onOperation(o)} />)}
      {canSubmit && <ActButton label={p.again ? t("act.resubmit") : (submit?.label ?? t("act.submit"))} primary hot="Ctrl Enter" busy={p.busy} allowed={submit?.allowed ?? true} why={submit?.why} onClick={p.onSubmit} />}
      {showSave && <ActButton label={!main && !p.again && (canSubmit || p.workflow) ? t("act.save_draft") : t("act.save")} primary={!canSubmit && !main} busy={p.busy && !canSubmit} hot="Ctrl S" onClick={p.onSave} />}
      {(main || canSubmit || showSave) && others.length > 0 && <span className="bar" />}
      {others.map((a) => <ActButton key={a.act + (a.make ?? "")} label={a.label} allowed={a.allowed} why={a.why} more={a.allowed ? undefined : p.waitingFor} onClick={() => p.onAct(a)} />)}
      {(hidden.length > 0 || more.length > 0) && !p.isNew && <More acts={hidden} operations={more} onAct={p.onAct} onOperation={p.onOperation} />}
    </div>
  );
}

export function More({ acts, operations, onAct, onOperation }: Pick<Props, "acts" | "operations" | "onAct" | "onOperation">) {
  const { t } = useTranslation();
  const self = useRef<HTMLSpanElement>(null);
  const [open, setOpen] = useState(false);
  const pick = (run: () => void) => (setOpen(false), run());
  return (
    <span ref={self}>
      <Button icon={<Ellipsis size={14} />} aria-label={t("act.more")} aria-expanded={open} onClick={() => setOpen(!open)} />
      {open && (
        <Popover anchor={self.current} onClose={() => setOpen(false)} className="menu" role="menu">
          {operations.map((o) => <button key={o.op} type="button" role="menuitem" aria-disabled={!o.allowed} title={o.why ?? undefined} onClick={() => o.allowed && pick(() => onOperation(o))}>{o.label}</button>)}
          {acts.map((a) => <button key={a.act} type="button" role="menuitem" className="bad" aria-disabled={!a.allowed} title={a.why ?? undefined} onClick={() => a.allowed && pick(() => onAct(a))}>{a.label}{!a.allowed && a.why && <span className="ink4 small"> {a.why}</span>}</button>)}
        </Popover>
      )}
    </span>
  );
}
