// What a person has typed and the server does not have yet: how it is kept, shown, sent and merged. Pure.
import type { FieldDef, Line, Sheet, Value, Values } from "../../api/types";
import { asLink, isUnread, same, type TableState } from "../../fields/types";
import { isNewLine, linesOf } from "../../fields/table/rows";

export type Fields = Record<string, FieldDef>;
export interface Draft {
  /** The version of the record that the typing began on; 0 for a new one. */
  version: number;
  at: string;
  values: Values;
  /** Cells a person has typed in: table → line → columns. */
  touched: Record<string, Record<string, string[]>>;
}
export const emptyDraft = (version: number): Draft => ({ version, at: new Date().toISOString(), values: {}, touched: {} });
export const isDirty = (d: Draft): boolean => Object.keys(d.values).length > 0;

/** Takes a change of one field. In a table, the cells that differ are remembered as typed. */
export function typed(d: Draft, shownNow: Value, name: string, value: Value, def: FieldDef): Draft {
  const values = { ...d.values, [name]: value };
  if (def.kind !== "lines") return { ...d, at: new Date().toISOString(), values };
  const before = new Map(linesOf(shownNow).map((l) => [l.id, l]));
  const touched: Record<string, string[]> = { ...d.touched[name] };
  for (const line of linesOf(value)) {
    const old = before.get(line.id);
    const cells = new Set(touched[line.id] ?? []);
    for (const [c, v] of Object.entries(line)) if (c !== "id" && !same(old?.[c], v)) cells.add(c);
    if (cells.size) touched[line.id] = [...cells];
  }
  return { ...d, at: new Date().toISOString(), values, touched: { ...d.touched, [name]: touched } };
}

/** A table as it stands in the draft, and the draft with an earlier state of it. */
export const tableState = (d: Draft, name: string): TableState => ({ version: d.version, rows: d.values[name], touched: d.touched[name] });
export function withTable(d: Draft, name: string, state: TableState): Draft {
  const { [name]: _rows, ...values } = d.values;
  const { [name]: _cells, ...touched } = d.touched;
  return {
    ...d, at: new Date().toISOString(),
    values: state.rows === undefined ? values : { ...values, [name]: state.rows },
    touched: state.touched === undefined ? touched : { ...touched, [name]: state.touched },
  };
}

/** A new line in which nobody has typed: it is not sent, and nothing is wrong with it yet. */
export const isBlankLine = (d: Draft, table: string, line: string): boolean => isNewLine(line) && !d.touched[table]?.[line]?.length;

/** A value as it is sent: a link by its id; text that is no value is left behind. */
export const sent = (v: Value): Value => {
  if (isUnread(v)) return null;
  const l = asLink(v);
  return (l ? l.id : v === undefined ? null : v) as Value;
};

/**
 * The values to send. A table goes whole: a known line with its id, its stored cells and what was typed;
 * a new line with what was typed only, so that the server can still work out the rest. `keepBlank`: only to be worked
 * out; then blank lines keep their place, and text that is no value counts as nothing.
 */
export function payload(base: Values, d: Draft, fields: Fields, keepBlank: boolean): Values {
  const out: Values = {};
  for (const [name, value] of Object.entries(d.values)) {
    const def = fields[name];
    if (!def || (isUnread(value) && !keepBlank)) continue;
    out[name] = def.kind === "lines" ? (tablePayload(linesOf(base[name]), linesOf(value), d.touched[name] ?? {}, def.fields ?? {}, keepBlank) as Line[]) : sent(value);
  }
  return out;
}

function tablePayload(stored: Line[], rows: Line[], touched: Record<string, string[]>, fields: Fields, keepBlank: boolean): Record<string, Value>[] {
  const known = new Map(stored.map((l) => [l.id, l]));
  const out: Record<string, Value>[] = [];
  for (const row of rows) {
    const cells = touched[row.id] ?? [];
    const old = known.get(row.id);
    if (!old && cells.length === 0 && !keepBlank) continue;
    const line: Record<string, Value> = old ? { id: row.id } : {};
    if (old) for (const [c, v] of Object.entries(old)) if (c !== "id" && fields[c]?.typed && !(typeof v === "object" && v !== null && "masked" in v)) line[c] = sent(v);
    for (const c of cells) if (keepBlank || !isUnread(row[c])) line[c] = sent(row[c]);
    out.push(line);
  }
  return out;
}

/** The server gives new lines ids of its own in every answer; they are led back to ours by their place. */
export function adopt(sheet: Sheet, d: Draft, fields: Fields): Sheet {
  const rename = new Map<string, string>();
  const values: Values = { ...sheet.record.values };
  for (const [name, mine] of Object.entries(d.values)) {
    if (fields[name]?.kind !== "lines") continue;
    const ours = linesOf(mine);
    const theirs = linesOf(values[name]);
    if (ours.length !== theirs.length) continue;
    values[name] = theirs.map((l, i) => {
      const id = ours[i]!.id;
      if (l.id !== id) rename.set(l.id, id);
      return { ...l, id };
    });
  }
  if (rename.size === 0) return { ...sheet, record: { ...sheet.record, values } };
  const path = (p: string) => p.split("/").map((part) => rename.get(part) ?? part).join("/");
  return {
    ...sheet,
    record: { ...sheet.record, values },
    looks: Object.fromEntries(Object.entries(sheet.looks).map(([p, l]) => [path(p), l])),
    findings: sheet.findings.map((f) => ({ ...f, at: path(f.at) })),
  };
}

/** What the person sees: their own typing over what the server has worked out over what is stored. */
export function shown(base: Values, worked: Values | null, d: Draft, fields: Fields): Values {
  const under = worked ?? base;
  const out: Values = { ...under };
  for (const [name, mine] of Object.entries(d.values)) {
    if (fields[name]?.kind !== "lines") {
      out[name] = mine;
      continue;
    }
    const theirs = new Map(linesOf(under[name]).map((l) => [l.id, l]));
    out[name] = linesOf(mine).map((row) => {
      const line: Line = { ...(theirs.get(row.id) ?? row), id: row.id };
      for (const c of d.touched[name]?.[row.id] ?? []) line[c] = row[c];
      return line;
    });
  }
  return out;
}

export interface Clash { key: string; name: string; line: string | null; column: string | null; label: string; base: Value; mine: Value; theirs: Value; def: FieldDef }

/** Where both sides changed the same thing to something different. Everything else merges by itself. */
export function clashes(base: Values, theirs: Values, d: Draft, fields: Fields): Clash[] {
  const out: Clash[] = [];
  for (const [name, mine] of Object.entries(d.values)) {
    const def = fields[name];
    if (!def) continue;
    if (def.kind !== "lines") {
      if (!same(base[name], theirs[name]) && !same(theirs[name], mine)) out.push({ key: name, name, line: null, column: null, label: def.label, base: base[name], mine, theirs: theirs[name], def });
      continue;
    }
    const was = new Map(linesOf(base[name]).map((l) => [l.id, l]));
    const now = new Map(linesOf(theirs[name]).map((l) => [l.id, l]));
    linesOf(mine).forEach((row, i) => {
      const then = was.get(row.id);
      const other = now.get(row.id);
      if (!then || !other) return;
      for (const c of d.touched[name]?.[row.id] ?? []) {
        const cd = def.fields?.[c];
        if (cd && !same(then[c], other[c]) && !same(other[c], row[c])) out.push({ key: `${name}/${row.id}/${c}`, name, line: row.id, column: c, label: `${def.label} ${i + 1} · ${cd.label}`, base: then[c], mine: row[c], theirs: other[c], def: cd });
      }
    });
  }
  return out;
}

/** The draft carried over to what the server holds now; `giveUp` names the clashes where theirs is taken. */
export function rebase(base: Values, theirs: Values, d: Draft, fields: Fields, version: number, giveUp: Set<string>): Draft {
  const next: Draft = { version, at: d.at, values: {}, touched: {} };
  for (const [name, mine] of Object.entries(d.values)) {
    if (fields[name]?.kind !== "lines") {
      if (!giveUp.has(name)) next.values[name] = mine;
      continue;
    }
    const was = new Set(linesOf(base[name]).map((l) => l.id));
    const mineById = new Map(linesOf(mine).map((l) => [l.id, l]));
    const touched: Record<string, string[]> = {};
    const rows: Line[] = [];
    for (const line of linesOf(theirs[name])) {
      const own = mineById.get(line.id);
      if (!own && was.has(line.id)) continue;
      const cells = (d.touched[name]?.[line.id] ?? []).filter((c) => !giveUp.has(`${name}/${line.id}/${c}`));
      rows.push(Object.assign({ ...line }, ...cells.map((c) => ({ [c]: own?.[c] }))) as Line);
      if (cells.length) touched[line.id] = cells;
    }
    for (const row of linesOf(mine)) {
      if (!isNewLine(row.id)) continue;
      rows.push(row);
      if (d.touched[name]?.[row.id]) touched[row.id] = d.touched[name][row.id]!;
    }
    next.values[name] = rows;
    next.touched[name] = touched;
  }
  return next;
}
