// A box for a day: typed in any usual way, or picked from a month. On a phone it is the phone's own picker.
import { Calendar as CalendarIcon, ChevronLeft, ChevronRight } from "lucide-react";
import { useRef, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { useNarrow } from "../app/theme";
import { addDays, addMonths, firstOfMonth, monthName, readDay, readMonth, today, weekday } from "./day";
import { Popover } from "./Popover";

interface Props {
  value: string | null;
  onChange: (day: string | null) => void;
  /** What was typed and is no day, as it stands and as it is told; without it such text is dropped. */
  unread?: string | undefined;
  onUnread?: ((text: string) => void) | undefined;
  of?: "day" | "month";
  id?: string | undefined;
  label?: string | undefined;
  invalid?: boolean | undefined;
  describedBy?: string | undefined;
  autoFocus?: boolean | undefined;
  start?: string | undefined;
  cell?: boolean | undefined;
}

export function DayBox(p: Props) {
  const narrow = useNarrow();
  const { t } = useTranslation();
  const box = useRef<HTMLDivElement>(null);
  const [typed, setTyped] = useState<string | null>(p.start ?? null);
  const [open, setOpen] = useState(false);
  const read = p.of === "month" ? readMonth : readDay;
  const shared = { id: p.id, "aria-label": p.label, "aria-invalid": p.invalid, "aria-describedby": p.describedBy, autoFocus: p.autoFocus };
  if (narrow && !p.cell) {
    return <input {...shared} className="box" type={p.of === "month" ? "month" : "date"} value={p.value ?? ""} onChange={(e) => p.onChange(e.target.value || null)} />;
  }
  const settle = () => {
    if (typed !== null) {
      const day = read(typed);
      if (typed.trim() === "") p.onChange(null);
      else if (day && day !== p.value) p.onChange(day);
      else if (!day) p.onUnread?.(typed.trim());
    }
    setTyped(null);
  };
  const onKey = (e: KeyboardEvent) => {
    if (e.nativeEvent.isComposing || (e.key === "Enter" && (e.ctrlKey || e.metaKey))) return;
    if (e.key === "Enter" || e.key === "Tab") {
      settle();
      setOpen(false);
      if (e.key === "Enter" && !p.cell) e.preventDefault();
    } else if (e.key === "ArrowDown" && e.altKey) setOpen(true);
    else if ((e.key === "ArrowDown" || e.key === "ArrowUp") && !p.cell && p.of !== "month") {
      e.preventDefault();
      setTyped(null);
      p.onChange(addDays(p.value ?? today(), e.key === "ArrowDown" ? 1 : -1));
    }
  };
  return (
    <div className={p.cell ? "picker cell-editor" : "picker"} ref={box}>
      <input
        {...shared}
        className={p.cell ? "" : "box"}
        autoComplete="off"
        placeholder={p.of === "month" ? "2026-01" : t("day.hint")}
        value={typed ?? p.unread ?? p.value ?? ""}
        onChange={(e) => setTyped(e.target.value)}
        onFocus={(e) => p.start === undefined && e.target.select()}
        onKeyDown={onKey}
        onBlur={settle}
      />
      <button type="button" className="picker-arrow" tabIndex={-1} aria-label={t("day.open")} onPointerDown={(e) => e.preventDefault()} onClick={() => setOpen(!open)}>
        <CalendarIcon size={14} />
      </button>
      {open && (
        <Popover anchor={box.current} onClose={() => setOpen(false)} className="calendar" label={t("day.open")}>
          {p.of === "month" ? (
            <Months value={p.value} onPick={(m) => (p.onChange(m), setOpen(false))} />
          ) : (
            <Days value={p.value} onPick={(d) => (p.onChange(d), setTyped(null), setOpen(false))} />
          )}
        </Popover>
      )}
    </div>
  );
}

export function Days({ value, onPick }: { value: string | null; onPick: (day: string) => void }) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(firstOfMonth(value ?? today()));
  const [y = 0, m = 1] = shown.split("-").map(Number);
  const lead = (new Date(y, m - 1, 1).getDay() + 6) % 7;
  const days = Array.from({ length: 42 }, (_, i) => addDays(shown, i - lead));
  return (
    <div onPointerDown={(e) => e.preventDefault()}>
      <header className="row">
        <button type="button" className="bare" aria-label={t("day.previous")} onClick={() => setShown(addMonths(shown, -1))}><ChevronLeft size={14} /></button>
        <b className="grow" style={{ textAlign: "center" }}>{monthName(shown)}</b>
        <button type="button" className="bare" aria-label={t("day.next")} onClick={() => setShown(addMonths(shown, 1))}><ChevronRight size={14} /></button>
      </header>
      <div className="days">
        {days.slice(0, 7).map((d) => <span key={d} className="ink3 small">{weekday(d, "narrow")}</span>)}
        {days.map((d) => (
          <button type="button" key={d} className={`${d === value ? "on" : ""} ${d.slice(0, 7) === shown.slice(0, 7) ? "" : "ink4"} ${d === today() ? "now" : ""}`} aria-label={d} aria-pressed={d === value} onClick={() => onPick(d)}>
            {Number(d.slice(8))}
          </button>
        ))}
      </div>
      <footer><button type="button" className="bare link" onClick={() => onPick(today())}>{t("time.today")}</button></footer>
    </div>
  );
}

function Months({ value, onPick }: { value: string | null; onPick: (month: string) => void }) {
  const [year, setYear] = useState(Number((value ?? today()).slice(0, 4)));
  const { t } = useTranslation();
  return (
    <div onPointerDown={(e) => e.preventDefault()}>
      <header className="row">
        <button type="button" className="bare" aria-label={t("day.previous")} onClick={() => setYear(year - 1)}><ChevronLeft size={14} /></button>
        <b className="grow" style={{ textAlign: "center" }}>{year}</b>
        <button type="button" className="bare" aria-label={t("day.next")} onClick={() => setYear(year + 1)}><ChevronRight size={14} /></button>
      </header>
      <div className="days months">
        {Array.from({ length: 12 }, (_, i) => `${year}-${String(i + 1).padStart(2, "0")}`).map((m) => (
          <button type="button" key={m} className={m === value ? "on" : ""} onClick={() => onPick(m)}>{m.slice(5)}</button>
        ))}
      </div>
    </div>
  );
}
