// Days and moments: how they are written, and how long ago they are. Dates are "2026-03-10", moments RFC 3339.
import i18next from "i18next";

const two = (n: number) => String(n).padStart(2, "0");
export const dayOf = (d: Date): string => `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;
export const today = (): string => dayOf(new Date());
const asDate = (day: string): Date => {
  const [y = 0, m = 1, d = 1] = day.split("-").map(Number);
  return new Date(y, m - 1, d);
};
export function addDays(day: string, n: number): string {
  const d = asDate(day);
  d.setDate(d.getDate() + n);
  return dayOf(d);
}
export function addMonths(day: string, n: number): string {
  const d = asDate(day);
  const want = d.getDate();
  d.setDate(1);
  d.setMonth(d.getMonth() + n);
  d.setDate(Math.min(want, new Date(d.getFullYear(), d.getMonth() + 1, 0).getDate()));
  return dayOf(d);
}
export const firstOfMonth = (day: string): string => `${day.slice(0, 7)}-01`;
export const lastOfPreviousMonth = (day: string): string => addDays(firstOfMonth(day), -1);
export const daysBetween = (a: string, b: string): number => Math.round((asDate(b).getTime() - asDate(a).getTime()) / 86_400_000);

/** "11-28" in this year, "2025-11-28" in another. */
export function shortDay(day: string, now = today()): string {
  return day.slice(0, 4) === now.slice(0, 4) ? day.slice(5) : day;
}
export function weekday(day: string, style: "short" | "long" | "narrow" = "short"): string {
  return new Intl.DateTimeFormat(i18next.language, { weekday: style }).format(asDate(day));
}
export function longDay(day: string): string {
  return new Intl.DateTimeFormat(i18next.language, { month: "long", day: "numeric", weekday: "long" }).format(asDate(day));
}
export function monthName(day: string): string {
  return new Intl.DateTimeFormat(i18next.language, { year: "numeric", month: "long" }).format(asDate(day));
}

export function clock(moment: string): string {
  const d = new Date(moment);
  return `${two(d.getHours())}:${two(d.getMinutes())}`;
}
/** "Today 17:30", "Yesterday 15:11", "11-18 09:12". */
export function shortMoment(moment: string): string {
  const d = new Date(moment);
  if (Number.isNaN(d.getTime())) return moment;
  const day = dayOf(d);
  const away = daysBetween(today(), day);
  const word = away === 0 ? i18next.t("time.today") : away === -1 ? i18next.t("time.yesterday") : away === 1 ? i18next.t("time.tomorrow") : shortDay(day);
  return `${word} ${clock(moment)}`;
}

/** A length of time in two units at most: "2 days 3 hours", "40 minutes". */
export function howLong(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor((minutes % 1440) / 60);
  if (days > 0) return hours > 0 && days < 3 ? `${i18next.t("time.days", { count: days })} ${i18next.t("time.hours", { count: hours })}` : i18next.t("time.days", { count: days });
  if (hours > 0) return i18next.t("time.hours", { count: hours });
  if (minutes > 0) return i18next.t("time.minutes", { count: minutes });
  return i18next.t("time.moment");
}
/** How long somebody waits already; nothing in the first minute, when "waits since just now" would be no sentence. */
export const waited = (moment: string): string | null => (Date.now() - new Date(moment).getTime() < 60_000 ? null : since(moment));
export const since = (moment: string): string => howLong(Date.now() - new Date(moment).getTime());
export const between = (a: string, b: string): string => howLong(new Date(b).getTime() - new Date(a).getTime());

export type DueBand = "late" | "today" | "soon" | "later" | "none";
export function dueBand(due: string | null | undefined, late?: boolean): DueBand {
  if (!due) return "none";
  if (late || new Date(due).getTime() < Date.now()) return "late";
  const away = daysBetween(today(), dayOf(new Date(due)));
  return away <= 0 ? "today" : away <= 3 ? "soon" : "later";
}
export function dueText(due: string): string {
  const band = dueBand(due);
  if (band === "late") return i18next.t("due.late", { long: howLong(Date.now() - new Date(due).getTime()) });
  if (band === "today") return shortMoment(due);
  const day = dayOf(new Date(due));
  return `${shortDay(day)} ${weekday(day)}`;
}

/**
 * A day as people type it: "2026-11-28", "11-28", "11/28", "28", "20261128", "+7", "-1", "今天".
 * Answers the day, or null when it is none.
 */
export function readDay(typed: string, now = today()): string | null {
  const text = typed.normalize("NFKC").trim();
  if (/^(今天|今日|today|t|\.)$/i.test(text)) return now;
  if (/^[+-]\d{1,4}$/.test(text)) return addDays(now, Number(text));
  const parts = /^\d{8}$/.test(text) ? [text.slice(0, 4), text.slice(4, 6), text.slice(6)] : text.split(/[-/.年月日\s]+/).filter(Boolean);
  if (!parts.every((p) => /^\d+$/.test(p)) || parts.length === 0 || parts.length > 3) return null;
  const [y0, m0] = now.split("-").map(Number);
  const n = parts.map(Number);
  const [y, m, d] = n.length === 3 ? n : n.length === 2 ? [y0, n[0], n[1]] : [y0, m0, n[0]];
  const year = (y ?? 0) < 100 ? 2000 + (y ?? 0) : y ?? 0;
  const date = new Date(year, (m ?? 1) - 1, d ?? 1);
  if (date.getMonth() !== (m ?? 1) - 1 || date.getDate() !== d || year > 9999) return null;
  return dayOf(date);
}
export function readMonth(typed: string, now = today()): string | null {
  const m = /^(?:(\d{4})[-/.年]?)?(\d{1,2})月?$/.exec(typed.normalize("NFKC").trim());
  if (!m) return null;
  const month = Number(m[2]);
  return month >= 1 && month <= 12 ? `${m[1] ?? now.slice(0, 4)}-${two(month)}` : null;
}
