// A list on a phone: a card a record, its name, state, amount and two facts.
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Definition, ListRow } from "../../api/types";
import { at, onLink } from "../../app/route";
import { say } from "../../fields";
import { StatusTag } from "../../ui/parts";
import { hasStates } from "../record/Head";

export function ListCards({ def, rows, empty, more }: { def: Definition; rows: ListRow[]; empty: ReactNode; more?: (() => void) | undefined }) {
  const { t } = useTranslation();
  return (
    <div className="scroll flat">
      {rows.length === 0 && empty}
      {rows.map((r) => <CardRow key={r.id} def={def} row={r} />)}
      {more && <button type="button" className="bare link load-more" onClick={more}>{t("list.more")}</button>}
    </div>
  );
}

function CardRow({ def, row }: { def: Definition; row: ListRow }) {
  const parts = (row.title ?? "").split(" · ").filter((p) => !/^-?[\d,]+\.\d{2,}$/.test(p));
  const key = def.key ? say(row.values[def.key], def.fields[def.key]!) : "";
  const name = parts.filter((p) => p !== key).join(" · ") || parts.join(" · ");
  const money = def.list.findLast((n) => def.fields[n]?.kind === "money");
  const facts = def.list.filter((n) => n !== def.key && n !== money && row.values[n] !== undefined).map((n) => say(row.values[n], def.fields[n]!)).filter((s) => s && !name.includes(s)).slice(0, 2);
  return (
    <a className="card-row" href={at.record(def.form, row.id)} onClick={onLink}>
      <span className="row"><b className="cut grow">{name || key}</b>{money && <b>{say(row.values[money], def.fields[money]!)}</b>}</span>
      <span className="row ink3 small"><span className="cut grow">{[name ? key : "", ...facts].filter(Boolean).join(" · ")}</span>{hasStates(def) && <StatusTag status={row.status} />}</span>
    </a>
  );
}
