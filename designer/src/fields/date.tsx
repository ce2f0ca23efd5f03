// date: a day without a clock.
import { DayBox } from "../ui/Calendar";
import { readDay, shortDay } from "../ui/day";
import type { EditProps, FieldKind, ShowProps } from "./types";
import { asText, boxProps, isUnread } from "./types";

function Show({ value, cell }: ShowProps) {
  const s = asText(value);
  if (!s) return <span className="ink4">{cell ? "" : "—"}</span>;
  return <span title={s}>{cell ? shortDay(s) : s}</span>;
}
function Edit(p: EditProps) {
  return <DayBox value={isUnread(p.value) ? null : asText(p.value) || null} onChange={p.onChange} unread={isUnread(p.value) ? p.value.unread : undefined} onUnread={(unread) => p.onChange({ unread })} {...boxProps(p)} />;
}

export const date: FieldKind = {
  width: 96,
  wide: () => false,
  text: (v) => asText(v),
  Show,
  Edit,
  parse: (typed) => {
    if (typed === "") return { value: null };
    const day = readDay(typed);
    return day ? { value: day } : { wrong: "field.not_a_day" };
  },
};
