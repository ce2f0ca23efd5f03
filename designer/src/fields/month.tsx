// month: "2026-03".
import { DayBox } from "../ui/Calendar";
import { readMonth } from "../ui/day";
import type { EditProps, FieldKind, ShowProps } from "./types";
import { asText, boxProps, isUnread } from "./types";

function Show({ value, cell }: ShowProps) {
  return asText(value) ? <span>{asText(value)}</span> : <span className="ink4">{cell ? "" : "—"}</span>;
}
function Edit(p: EditProps) {
  return <DayBox of="month" value={isUnread(p.value) ? null : asText(p.value) || null} onChange={p.onChange} unread={isUnread(p.value) ? p.value.unread : undefined} onUnread={(unread) => p.onChange({ unread })} {...boxProps(p)} />;
}

export const month: FieldKind = {
  width: 88,
  wide: () => false,
  text: (v) => asText(v),
  Show,
  Edit,
  parse: (typed) => {
    if (typed === "") return { value: null };
    const m = readMonth(typed);
    return m ? { value: m } : { wrong: "field.not_a_month" };
  },
};
