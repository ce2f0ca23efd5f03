// switch: yes or no; without a value it is no.
import i18next from "i18next";
import type { EditProps, FieldKind, ShowProps } from "./types";

const word = (on: boolean) => i18next.t(on ? "word.yes" : "word.no");
const yes = /^(1|y|yes|true|on|是|对|對|√|✓)$/i;
const no = /^(0|n|no|false|off|否|不|×)?$/i;

function Show({ value, cell }: ShowProps) {
  const on = value === true;
  return <span className={on ? "" : "ink4"}>{cell && !on ? "—" : word(on)}</span>;
}
function Edit(p: EditProps) {
  const on = p.value === true;
  return (
    <span className={p.cell ? "cell-editor row" : "row"} style={p.cell ? { padding: "0 8px" } : { height: 28 }}>
      <input type="checkbox" role="switch" className="switch" id={p.id} aria-label={p.label} aria-describedby={p.describedBy} autoFocus={p.autoFocus} checked={on} onChange={(e) => p.onChange(e.target.checked)} />
      {!p.cell && <span className="ink2">{word(on)}</span>}
    </span>
  );
}

export const switch_: FieldKind = {
  width: 64,
  wide: () => false,
  text: (v) => word(v === true),
  Show,
  Edit,
  parse: (typed) => (yes.test(typed) ? { value: true } : no.test(typed) ? { value: false } : { wrong: "field.not_yes_no" }),
};
