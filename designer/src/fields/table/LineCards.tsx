// The lines of a record on a phone: a card each; a tap opens one line to read or fill in.
import { Button } from "antd";
import { Plus } from "lucide-react";
import { useContext, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { FieldDef, Line } from "../../api/types";
import { Dialog } from "../../ui/Dialog";
import { Field } from "../Field";
import { kinds, say } from "../index";
import type { EditProps, FieldContext } from "../types";
import { isEmpty, SoughtPlace } from "../types";
import { newLine, setCell } from "./rows";
import { useSteps } from "./steps";

const FIRST = 4;

export function LineCards(p: EditProps) {
  const { t } = useTranslation();
  const table = p.ctx.path;
  const { rows, change, removeLine } = useSteps(p);
  const fields = p.def.fields ?? {};
  const still = p.ctx.still || p.ctx.look(table).look !== "edit";
  const [all, setAll] = useState(false);
  const [open, setOpen] = useState<string | null>(null);
  const shown = all || !still ? rows : rows.slice(0, FIRST);
  const line = rows.find((r) => r.id === open);
  const sought = useContext(SoughtPlace);
  useEffect(() => {
    const [name, id, column] = sought?.place.split("/") ?? [];
    if (name !== table || !id) return;
    setOpen(id);
    const wait = window.setTimeout(() => column && document.querySelector<HTMLElement>(`dialog[open] [data-field="${CSS.escape(column)}"] :is(input,textarea,select)`)?.focus());
    return () => window.clearTimeout(wait);
  }, [sought]);
  const add = () => {
    const l = newLine();
    change([...rows, l]);
    setOpen(l.id);
  };
  return (
    <div className="cards">
      <header className="row"><b className="grow">{p.label} <span className="ink3">{t("lines.count", { count: rows.length })}</span></b></header>
      {shown.map((r) => <Card key={r.id} row={r} fields={fields} ctx={p.ctx} onOpen={() => setOpen(r.id)} />)}
      {rows.length > shown.length && <button type="button" className="more" onClick={() => setAll(true)}>{t("lines.more", { count: rows.length - shown.length })}</button>}
      {!still && <button type="button" className="more strong" onClick={add}><Plus size={16} />{t("lines.add")}</button>}
      {line && (
        <Dialog
          title={t("lines.one", { n: rows.indexOf(line) + 1, label: p.label })}
          onClose={() => setOpen(null)}
          onSubmit={() => setOpen(null)}
          foot={<>
            {!still && <Button danger onClick={() => (removeLine(line.id), setOpen(null))}>{t("act.delete")}</Button>}
            <Button type="primary" htmlType="submit">{t("act.done")}</Button>
          </>}
        >
          {Object.entries(fields).filter(([n]) => p.ctx.look(`${table}.${n}`, line.id).look !== "hidden").map(([n, def]) => (
            <Field key={n} name={n} def={def} value={line[n]} onChange={(v) => change(setCell(rows, line.id, n, v))} ctx={lineContext(p.ctx, table, n, line)} />
          ))}
        </Dialog>
      )}
    </div>
  );
}

const lineContext = (ctx: FieldContext, table: string, name: string, line: Line): FieldContext => ({ ...ctx, path: `${table}.${name}`, line: line.id, values: () => ({ ...ctx.values(), ...line }) });

/** The first link or text is the title, the last amount the key number, quantity × price the line below. */
function Card({ row, fields, ctx, onOpen }: { row: Line; fields: Record<string, FieldDef>; ctx: FieldContext; onOpen: () => void }) {
  const { t } = useTranslation();
  const names = Object.keys(fields).filter((n) => !isEmpty(row[n]));
  const titleName = names.find((n) => fields[n]!.kind === "link" && !fields[n]!.to?.includes(".")) ?? names.find((n) => fields[n]!.kind === "text") ?? names[0];
  const amountName = names.find((n) => fields[n]!.kind === "money");
  const quantity = names.find((n) => fields[n]!.kind === "quantity");
  const price = names.find((n) => fields[n]!.kind === "number");
  const unit = quantity && fields[quantity]!.unit ? row[fields[quantity]!.unit!] : undefined;
  const word = (n: string | undefined) => (n ? say(row[n], fields[n]!) : "");
  const unitName = unit && typeof unit === "object" && "title" in unit ? ` ${unit.title ?? ""}` : "";
  const day = names.find((n) => fields[n]!.kind === "date");
  const found = names.concat(Object.keys(fields)).flatMap((n) => ctx.findings(`${ctx.path}/${row.id}/${n}`));
  return (
    <button type="button" className={`card${found.some((f) => f.level === "warn") ? " warned" : ""}`} onClick={onOpen}>
      <span className="row"><b className="cut grow">{titleName ? kinds[fields[titleName]!.kind].text(row[titleName], fields[titleName]!) : t("lines.blank")}</b><b>{word(amountName)}</b></span>
      <span className="row ink3 small"><span className="cut grow">{word(quantity)}{unitName}{price ? ` × ${word(price)}` : ""}</span><span>{word(day)}</span></span>
      {found[0] && <span className={found[0].level === "warn" ? "warn small" : "bad small"}>{found[0].say}</span>}
    </button>
  );
}
