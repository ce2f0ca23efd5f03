// The sections of a form as its definition lays them out: four columns at most, tables and long text across.
import { ChevronDown, ChevronRight } from "lucide-react";
import { useContext, useEffect, useState } from "react";
import type { Definition, FieldDef, Section } from "../../api/types";
import { useNarrow } from "../../app/theme";
import { Field } from "../../fields/Field";
import { kinds, say, SoughtPlace } from "../../fields";
import type { Editing } from "./useSheet";

interface Props { def: Definition; editing: Editing; still: boolean; skip?: string[] }

export function Sections({ def, editing, still, skip = [] }: Props) {
  return <>{def.layout.map((s) => <SectionView key={s.name} section={s} def={def} editing={editing} still={still} skip={skip} />)}</>;
}

/** Amounts that nobody types, in a section with a table, are its totals. */
function isTotal(def: FieldDef): boolean {
  return (def.kind === "money" || def.kind === "quantity" || def.kind === "number") && !def.typed;
}

function SectionView({ section, def, editing, still, skip }: { section: Section; def: Definition; editing: Editing; still: boolean; skip: string[] }) {
  const narrow = useNarrow();
  const [open, setOpen] = useState(true);
  const sought = useContext(SoughtPlace);
  useEffect(() => {
    const name = sought?.place.split("/")[0] ?? "";
    if (section.rows.some((r) => r.includes(name))) setOpen(true);
  }, [sought]);
  const names = section.rows.flat().filter((n) => def.fields[n] && !skip.includes(n) && visible(editing, n));
  if (names.length === 0) return null;
  const hasTable = names.some((n) => def.fields[n]!.kind === "lines");
  const totals = hasTable ? names.filter((n) => isTotal(def.fields[n]!)) : [];
  const rows = section.rows.map((r) => r.filter((n) => names.includes(n) && !totals.includes(n))).filter((r) => r.length);
  const only = names.length === 1 + totals.length && hasTable;
  const columns = narrow ? 1 : Math.max(2, Math.min(4, Math.max(...rows.map((r) => r.length), rows.length > 1 ? 3 : 4)));
  return (
    <section className="band">
      {!only && (
        <header>
          <button type="button" className="bare fold" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? <ChevronDown size={14} /> : <ChevronRight size={14} />}
            <h2>{section.label}</h2>
          </button>
        </header>
      )}
      {(open || only) && (
        <div className="fields" style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}>
          {rows.map((row) => row.map((n, i) => {
            const field = def.fields[n]!;
            const wide = kinds[field.kind].wide(field);
            // The last field of a short row takes what is left, so that rows stay rows.
            const rest = columns - row.length;
            const span = wide && row.length === 1 ? columns : i === row.length - 1 ? 1 + Math.max(0, rest) : 1;
            return (
              <div key={n} className="slot" style={{ gridColumn: `span ${narrow ? 1 : Math.min(columns, span)}` }}>
                <div style={!narrow && !(wide && row.length === 1) && span > 1 ? { width: `calc((100% - ${(span - 1) * 20}px) / ${span})` } : undefined}>
                  <Field name={n} def={field} value={editing.values[n]} onChange={(v) => editing.set(n, v)} ctx={editing.context(n, still)} />
                </div>
              </div>
            );
          }))}
        </div>
      )}
      {totals.length > 0 && <Totals names={totals} def={def} editing={editing} />}
    </section>
  );
}

const visible = (e: Editing, n: string) => {
  const look = e.context(n, true).look(n);
  return look.look !== "hidden" && look.shown;
};

function Totals({ names, def, editing }: { names: string[]; def: Definition; editing: Editing }) {
  return (
    <dl className="totals" aria-live="polite">
      {names.map((n, i) => (
        <div key={n} className={i === 0 ? "main" : ""}>
          <dt>{def.fields[n]!.label}</dt>
          <dd>{say(editing.values[n], def.fields[n]!) || "—"}</dd>
        </div>
      ))}
    </dl>
  );
}
