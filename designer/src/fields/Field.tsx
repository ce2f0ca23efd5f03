// One field with its label: a box where it may be typed in, plain text elsewhere; help and what is wrong below.
import { useId } from "react";
import type { FieldDef, Value } from "../api/types";
import { kinds } from "./index";
import { isEmpty, isMasked, isUnread, type FieldContext } from "./types";

interface Props {
  name: string;
  def: FieldDef;
  value: Value;
  onChange: (value: Value) => void;
  ctx: FieldContext;
  /** How many columns of its section it takes. */
  span?: number;
}
export function Field({ name, def, value, onChange, ctx, span }: Props) {
  const id = useId();
  const say = `${id}-say`;
  const look = ctx.look(ctx.path, ctx.line);
  if (look.look === "hidden" || !look.shown) return null;
  const kind = kinds[def.kind];
  // A table decides cell by cell; its editor is drawn always.
  const table = def.kind === "lines";
  const edit = table || (look.look === "edit" && def.typed && !ctx.still);
  const findings = ctx.findings(ctx.line ? ctx.path.replace(".", `/${ctx.line}/`) : ctx.path).filter((f) => edit || f.level === "warn");
  const bad = findings.some((f) => f.level === "refuse");
  const described = def.help || findings.length ? say : undefined;
  const style = span ? { gridColumn: `span ${span}` } : undefined;
  return (
    <div className={`field${edit && !table ? " open" : ""}${bad ? " wrong" : ""}${table ? " table" : ""}`} data-field={name} style={style}>
      {!table && (
        <label className="field-label" htmlFor={edit ? id : undefined} title={def.help}>
          {def.label}
          {edit && look.required && <span className="bad" aria-hidden> *</span>}
        </label>
      )}
      <div className="field-value">
        {isMasked(value) ? <span className="ink3">•••</span> : edit ? (
          <kind.Edit def={def} value={value} onChange={onChange} ctx={ctx} id={id} label={def.label} invalid={bad} describedBy={described} />
        ) : isUnread(value) ? <span className="bad">{value.unread}</span> : (
          <kind.Show def={def} value={value} ctx={ctx} />
        )}
      </div>
      {(findings.length > 0 || (edit && def.help && isEmpty(value))) && (
        <div className="field-say" id={say}>
          {findings.length > 0 ? findings.map((f, i) => <div key={i} className={f.level === "refuse" ? "bad" : "warn"}>{f.say}</div>) : <span className="ink3">{def.help}</span>}
        </div>
      )}
    </div>
  );
}
