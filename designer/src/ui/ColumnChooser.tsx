// Which columns are shown, and in which order: a list with a search, ticks and keys to move a column.
import { Columns3, ChevronUp, ChevronDown } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "antd";
import { Popover } from "./Popover";

interface Props {
  all: { name: string; label: string }[];
  shown: string[];
  onChange: (shown: string[]) => void;
  onReset?: () => void;
}
export function ColumnChooser({ all, shown, onChange, onReset }: Props) {
  const { t } = useTranslation();
  const self = useRef<HTMLSpanElement>(null);
  const [open, setOpen] = useState(false);
  const [want, setWant] = useState("");
  const order = [...shown.map((n) => all.find((c) => c.name === n)).filter((c) => c !== undefined), ...all.filter((c) => !shown.includes(c.name))];
  const move = (name: string, by: number) => {
    const list = [...shown];
    const i = list.indexOf(name);
    const j = i + by;
    if (j < 0 || j >= list.length) return;
    [list[i], list[j]] = [list[j]!, list[i]!];
    onChange(list);
  };
  return (
    <span ref={self}>
      <Button size="small" icon={<Columns3 size={14} />} aria-expanded={open} onClick={() => setOpen(!open)}>
        {t("columns.button", { shown: shown.length, all: all.length })}
      </Button>
      {open && (
        <Popover anchor={self.current} onClose={() => setOpen(false)} align="end" className="columns" label={t("columns.title")}>
          <input className="box" autoFocus placeholder={t("columns.find")} aria-label={t("columns.find")} value={want} onChange={(e) => setWant(e.target.value)} />
          <ul>
            {order.filter((c) => c.label.toLowerCase().includes(want.toLowerCase())).map((c) => {
              const on = shown.includes(c.name);
              return (
                <li key={c.name}>
                  <label className="check grow cut">
                    <input type="checkbox" checked={on} disabled={on && shown.length === 1} onChange={() => onChange(on ? shown.filter((n) => n !== c.name) : [...shown, c.name])} />
                    <span className="cut">{c.label}</span>
                  </label>
                  {on && <button type="button" className="bare" aria-label={t("columns.up", { name: c.label })} onClick={() => move(c.name, -1)}><ChevronUp size={14} /></button>}
                  {on && <button type="button" className="bare" aria-label={t("columns.down", { name: c.label })} onClick={() => move(c.name, 1)}><ChevronDown size={14} /></button>}
                </li>
              );
            })}
          </ul>
          {onReset && <footer className="row"><span className="grow ink3">{t("columns.mine")}</span><button type="button" className="bare link" onClick={onReset}>{t("columns.reset")}</button></footer>}
        </Popover>
      )}
    </span>
  );
}
