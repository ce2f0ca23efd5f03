// The history of one field: its values, who set them and when; an older one can be put back.
import { X } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Definition, HistoryRow, Value } from "../../api/types";
import { shortMoment } from "../../ui/day";
import { fieldAt, valueText } from "./Rail";

/** The place of a field or cell under the pointer or the focus: "total", or "lines/<id>/price". */
export function placeOf(target: EventTarget | null): string | null {
  const el = target instanceof Element ? target : null;
  return el?.closest<HTMLElement>("[data-place]")?.dataset.place ?? el?.closest<HTMLElement>("[data-field]:not(.table)")?.dataset.field ?? null;
}

interface Props { def: Definition; place: string; history: HistoryRow[]; onClose: () => void; onRestore: ((place: string, value: Value) => void) | null }

export function FieldHistory({ def, place, history, onClose, onRestore }: Props) {
  const { t } = useTranslation();
  const field = fieldAt(def, place);
  const rows = history.flatMap((h) => h.changes.filter((c) => c.at === place).map((c) => ({ c, h })));
  const line = rows.find((r) => r.c.line)?.c.line;
  return (
    <section className="field-history">
      <header className="row"><b>{t("rail.field_history")}</b><span className="chip">{line ? `${t("rail.line", { n: line })} · ` : ""}{field?.label ?? place}</span><span className="grow" /><button type="button" className="bare" aria-label={t("act.close")} onClick={onClose}><X size={14} /></button></header>
      {rows.length === 0 ? <p className="ink3">{t("rail.never_changed")}</p> : (
        <table className="plain-table">
          <thead><tr><th>{t("rail.value")}</th><th>{t("rail.who")}</th><th>{t("rail.when")}</th><th /></tr></thead>
          <tbody>
            {rows.map(({ c, h }, i) => (
              <tr key={i}>
                <td><b>{valueText(c.new, field) || t("rail.blank")}</b></td><td>{h.by?.name}</td><td className="ink3">{shortMoment(h.at)}</td>
                <td>{i === 0 ? <span className="ink3">{t("rail.now")}</span> : onRestore && <button type="button" className="bare link" onClick={() => onRestore(place, c.new)}>{t("rail.restore")}</button>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
