// In which unit the quantities of a ledger are: that of the record behind one of its dimensions. Only like units add up.
import { useQueries, useQuery } from "@tanstack/react-query";
import { definitionQuery } from "../../api/queries";
import { get, query } from "../../api/client";
import type { Definition, KeyValue, LedgerDef, ListRow, Page } from "../../api/types";
import { asLink } from "../../fields/types";

/** The field of a form that names the unit of its quantities. */
export function unitField(def: Definition | undefined): string | null {
  const unit = Object.values(def?.fields ?? {}).find((f) => f.kind === "quantity" && f.unit)?.unit;
  return unit && def?.fields[unit]?.kind === "link" ? unit : null;
}

interface Keyed { key: Record<string, KeyValue> }
export interface Units {
  /** The dimension whose records have units, where rows tell it apart. */
  by: string | null;
  of: (row: Keyed) => string;
  /** Whether the rows are all in one unit, as far as can be known. */
  alike: boolean;
}

/** Whether all rows have a unit and it is the same one. */
export const allAlike = (units: string[]): boolean => units.length > 0 && units[0] !== "" && units.every((u) => u === units[0]);

const keyOf = (v: KeyValue | undefined): string | null => (v && typeof v === "object" ? (v.key ?? null) : null);

export function useUnits(ledger: LedgerDef, by: string[], rows: Keyed[]): Units {
  const links = Object.entries(ledger.dimensions).filter(([, d]) => d.kind === "link" && d.to && !d.to.includes("."));
  const measured = Object.values(ledger.measures).some((m) => m.kind === "quantity");
  const definitions = useQueries({ queries: links.map(([, d]) => ({ ...definitionQuery(d.to!), enabled: measured })) });
  const n = definitions.findIndex((q) => unitField(q.data) !== null);
  const dimension = links[n]?.[0] ?? null;
  const def = definitions[n]?.data;
  const field = unitField(def);
  const apart = dimension !== null && by.includes(dimension);
  const keys = apart ? [...new Set(rows.map((r) => keyOf(r.key[dimension])).filter((k): k is string => k !== null))].sort() : [];
  const found = useQuery({
    queryKey: ["units", def?.form, keys],
    queryFn: () => unitsOf(def!, field!, keys),
    enabled: keys.length > 0 && !!def?.key && !!field,
    staleTime: 300_000,
  });
  const of = (row: Keyed) => (dimension === null ? "" : (found.data?.get(keyOf(row.key[dimension]) ?? "") ?? ""));
  return { by: apart ? dimension : null, of, alike: apart && allAlike(rows.map(of)) };
}

const AT_ONCE = 50;
async function unitsOf(def: Definition, field: string, keys: string[]): Promise<Map<string, string>> {
  const out = new Map<string, string>();
  for (let i = 0; i < keys.length; i += AT_ONCE) {
    const some = keys.slice(i, i + AT_ONCE);
    const page = await get<Page<ListRow>>(`/records/${def.form}${query({ filter: JSON.stringify({ [def.key!]: some }), columns: `${def.key},${field}`, limit: AT_ONCE })}`);
    for (const r of page.rows) {
      const key = r.values[def.key!];
      const unit = asLink(r.values[field]);
      if (typeof key === "string" && unit) out.set(key, unit.title ?? unit.key ?? "");
    }
  }
  return out;
}
