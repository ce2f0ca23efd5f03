// number: exact decimals. Money and quantity are drawn by the same parts with other habits.
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { FieldDef, Link, Value } from "../api/types";
import { group, isNegative, percentText, readNumber, readPercent, tidy, type Read } from "../ui/number";
import type { EditProps, FieldKind, Parsed, ShowProps } from "./types";
import { asText } from "./types";

/** How few digits after the point are always shown: prices keep two, counts none, money all of its own. */
export type Least = (def: FieldDef) => number;
const leastOfNumber: Least = (def) => ((def.scale ?? 0) >= 6 ? 2 : 0);

const inPercent = (def: FieldDef): boolean => def.format === "percent";
export const numberText = (v: Value, def: FieldDef, least: Least): string => (inPercent(def) ? percentText(asText(v)) : group(tidy(asText(v), least(def))));
const readAs = (typed: string, def: FieldDef): Read => (inPercent(def) ? readPercent : readNumber)(typed, def.scale ?? 0);
/** How many digits after the point may be typed. */
const digitsOf = (def: FieldDef): number => Math.max(0, (def.scale ?? 0) - (inPercent(def) ? 2 : 0));

export function showNumber(least: Least) {
  return function Show({ value, def, ctx, cell }: ShowProps) {
    const s = numberText(value, def, least);
    if (!s) return <span className="ink4">{cell ? "" : "—"}</span>;
    const unit = def.unit ? ctx.values()[def.unit] : undefined;
    const name = cell || !unit || typeof unit !== "object" ? "" : ((unit as Link).title ?? "");
    return (
      <span className={isNegative(asText(value)) ? "bad" : undefined}>
        {s}
        {name && <span className="ink3"> {name}</span>}
      </span>
    );
  };
}

export function editNumber(least: Least) {
  return function Edit(p: EditProps) {
    const { t } = useTranslation();
    const [typed, setTyped] = useState<string | null>(p.start ?? null);
    const digits = digitsOf(p.def);
    const read = typed === null || typed === "" ? null : readAs(typed, p.def);
    const wrong = read && "wrong" in read ? read.wrong : null;
    const take = (s: string) => {
      setTyped(s);
      if (s.trim() === "") return p.onChange(null);
      const r = readAs(s, p.def);
      p.onChange("value" in r ? r.value : { unread: s.trim() });
    };
    return (
      <input
        id={p.id}
        className={`${p.cell ? "cell-editor" : "box"} num`}
        inputMode="decimal"
        aria-label={p.label}
        aria-invalid={!!wrong || p.invalid}
        aria-describedby={p.describedBy}
        autoFocus={p.autoFocus}
        autoComplete="off"
        value={typed ?? numberText(p.value, p.def, least)}
        title={wrong ? t(`field.${wrong}`, { count: digits }) : undefined}
        onChange={(e) => take(e.target.value)}
        onFocus={(e) => {
          if (p.start === undefined) e.target.select();
          else take(p.start);
        }}
        onBlur={() => setTyped(null)}
      />
    );
  };
}

export function parseNumber(typed: string, def: FieldDef): Parsed {
  if (typed === "") return { value: null };
  const r = readAs(typed, def);
  return "value" in r ? { value: r.value } : { wrong: `field.${r.wrong}`, with: { count: digitsOf(def) } };
}

export const numberKind = (least: Least, width: number): FieldKind => ({
  width,
  end: true,
  wide: () => false,
  text: (v, def) => numberText(v, def, least),
  Show: showNumber(least),
  Edit: editNumber(least),
  parse: parseNumber,
});

export const number: FieldKind = numberKind(leastOfNumber, 96);
