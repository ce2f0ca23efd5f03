// A record being read and typed in: what is shown, kept on this device, worked out by the server, and saved.
import { useEffect, useMemo, useRef, useState } from "react";
import { Problem, call, newKey, patch, post } from "../../api/client";
import { cache, parentAsValue, refresh, sheetKey } from "../../api/queries";
import type { Definition, FieldDef, Finding, Line, LookNow, Sheet, Value, Values } from "../../api/types";
import { linesOf } from "../../fields/table/rows";
import type { FieldContext } from "../../fields/types";
import { kinds } from "../../fields";
import { unreadFindings } from "../../fields/unread";
import { adopt, emptyDraft, isBlankLine, isDirty, payload, rebase, sent, shown, tableState, typed, withTable, type Draft } from "./draft";

const WAIT_MS = 260;
const read = (text: string, def: FieldDef) => kinds[def.kind].parse(text, def);

export interface Editing {
  values: Values;
  findings: Finding[];
  /** What refuses, said already or not yet. */
  blocking: Finding[];
  sheet: Sheet;
  /** What the typing began on. */
  base: Sheet;
  draft: Draft;
  dirty: boolean;
  busy: boolean;
  working: boolean;
  error: unknown;
  /** The record changed on the server while something was typed here. */
  newer: Sheet | null;
  restored: string | null;
  set: (name: string, value: Value) => void;
  drop: () => void;
  payload: () => Values;
  save: () => Promise<Sheet | null>;
  take: (sheet: Sheet) => void;
  merge: (theirs: Sheet, giveUp: Set<string>) => void;
  conflict: Sheet | null;
  setConflict: (s: Sheet | null) => void;
  context: (name: string, still: boolean) => FieldContext;
}

export const keptKey = (user: string, form: string, id: string | null) => `fw.draft.${user}.${form}.${id ?? "new"}`;
function stored(key: string): Draft | null {
  try {
    const d = JSON.parse(localStorage.getItem(key) ?? "null") as Draft | null;
    return d && d.values && d.touched ? d : null;
  } catch {
    return null;
  }
}
function keep(key: string, d: Draft): void {
  try {
    if (isDirty(d)) localStorage.setItem(key, JSON.stringify(d));
    else localStorage.removeItem(key);
  } catch {
    // A full or forbidden storage must not stop the typing; the page itself still holds it.
  }
}

interface Ask { def: Definition; sheet: Sheet; id: string | null; task: string | null; user: string; strict: boolean }
interface State { busy: boolean; working: boolean; error: unknown }

export function useSheet({ def, sheet, id, task, user, strict }: Ask): Editing {
  const key = keptKey(user, def.form, id);
  const [base, setBase] = useState(sheet);
  const [draft, setDraft] = useState<Draft>(() => stored(key) ?? emptyDraft(sheet.record.version));
  const [restored, setRestored] = useState<string | null>(() => (isDirty(draft) ? draft.at : null));
  const [conflict, setConflict] = useState<Sheet | null>(null);
  const [state, setState] = useState<State>({ busy: false, working: false, error: null });
  const worked = useWorked({ def, id, task, base, draft }, setState);
  const latest = useRef({ base, draft });
  latest.current = { base, draft };
  const saveKey = useRef(newKey());

  // What the server sends replaces the base as long as nothing is typed over it.
  useEffect(() => {
    if (isDirty(latest.current.draft)) return;
    setBase(sheet);
    setDraft(emptyDraft(sheet.record.version));
  }, [sheet]);
  useEffect(() => keep(key, draft), [key, draft]);

  const begin = (from: Sheet) => {
    setBase(from);
    setRestored(null);
    latest.current = { base: from, draft: emptyDraft(from.record.version) };
    setDraft(latest.current.draft);
  };
  const take = (s: Sheet) => {
    begin(s);
    keep(key, emptyDraft(0));
    if (s.record.version > 0 && s.record.id) cache.setQueryData(sheetKey(def.form, s.record.id), s);
  };
  const save = async (): Promise<Sheet | null> => {
    const { base: b, draft: d } = latest.current;
    if (id && !isDirty(d)) return b;
    // What is no value cannot be kept: the server would have to drop it.
    if (unreadFindings(d.values, def.fields, read).length) return null;
    setState((s) => ({ ...s, busy: true, error: null }));
    try {
      const values = payload(b.record.values, d, def.fields, false);
      const answer = id
        ? await patch<Sheet>(`/records/${def.form}/${id}`, { version: d.version || b.record.version, values }, { key: saveKey.current })
        : await post<Sheet>(`/records/${def.form}`, { values }, { key: saveKey.current });
      saveKey.current = newKey();
      // Without a record the server kept it, but this person may not see it any more.
      if (answer.record) take(parentAsValue(answer));
      else begin(sheet);
      refresh(def.form, answer.record?.id ?? id);
      setState((s) => ({ ...s, busy: false }));
      return answer;
    } catch (error) {
      if (error instanceof Problem && error.code === "stale_version" && error.theirs) setConflict(error.theirs);
      setState((s) => ({ ...s, busy: false, error }));
      return null;
    }
  };
  const merge = (theirs: Sheet, giveUp: Set<string>) => {
    const { base: b, draft: d } = latest.current;
    saveKey.current = newKey();
    latest.current = { base: theirs, draft: rebase(b.record.values, theirs.record.values, d, def.fields, theirs.record.version, giveUp) };
    setDraft(latest.current.draft);
    setBase(theirs);
    setConflict(null);
    setState((s) => ({ ...s, error: null }));
  };
  const change = (next: (d: Draft) => Draft) => {
    saveKey.current = newKey();
    // Two changes may come before the page is drawn again; the second must see the first.
    latest.current.draft = next(latest.current.draft);
    setDraft(latest.current.draft);
  };
  const dirty = isDirty(draft);
  const shownNow = useShown({ def, id, base, worked, draft, strict, now: () => latest.current.draft, change });
  return {
    ...shownNow, ...state, base, draft, dirty, restored, conflict, setConflict, save, take, merge,
    newer: dirty && id && sheet.record.version > draft.version ? sheet : null,
    drop: () => begin(sheet),
    payload: () => payload(latest.current.base.record.values, latest.current.draft, def.fields, false),
  };
}

interface Typing { def: Definition; id: string | null; base: Sheet; draft: Draft }

/** Asks the server, a moment after the last key, what follows from what was typed. */
function useWorked({ def, id, task, base, draft }: Typing & { task: string | null }, setState: (f: (s: State) => State) => void): Sheet | null {
  const [worked, setWorked] = useState<Sheet | null>(null);
  const dirty = isDirty(draft);
  useEffect(() => {
    if (!dirty) return setWorked(null);
    const stop = new AbortController();
    const wait = window.setTimeout(async () => {
      setState((s) => ({ ...s, working: true }));
      const body: Record<string, unknown> = { values: payload(base.record.values, draft, def.fields, true) };
      if (id) Object.assign(body, { id, base: base.record.version });
      if (task) body.task = task;
      try {
        const answer = await call<Sheet>("POST", `/records/${def.form}/evaluate`, body, { signal: stop.signal });
        setWorked(adopt(parentAsValue(answer), draft, def.fields));
        setState((s) => ({ ...s, working: false, error: null }));
      } catch (error) {
        if (!stop.signal.aborted) setState((s) => ({ ...s, working: false, error }));
      }
    }, WAIT_MS);
    return () => {
      stop.abort();
      window.clearTimeout(wait);
    };
  }, [dirty, draft, base, def, id, task, setState]);
  return dirty ? worked : null;
}

interface Seen extends Typing { worked: Sheet | null; strict: boolean; now: () => Draft; change: (next: (d: Draft) => Draft) => void }

/** The values, looks and findings as the page draws them, and the way a field changes one. */
function useShown({ def, id, base, worked, draft, strict, now: drafted, change }: Seen): Pick<Editing, "values" | "findings" | "blocking" | "sheet" | "set" | "context"> {
  const now = worked ?? base;
  const values = useMemo(() => shown(base.record.values, worked?.record.values ?? null, draft, def.fields), [base, worked, draft, def.fields]);
  const seen = useRef(values);
  seen.current = values;
  // That something is missing is said only after a try; before, everything is missing.
  const all = useMemo(() => {
    const unread = unreadFindings(values, def.fields, read);
    // What the server says of such a place, or of a line in which nothing was typed, it says of something else.
    const places = new Set(unread.map((f) => f.at));
    const beside = (f: Finding) => {
      const [table = "", line] = f.at.split("/");
      return places.has(f.at) || (line !== undefined && isBlankLine(draft, table, line));
    };
    return [...unread, ...now.findings.filter((f) => !beside(f))];
  }, [now, values, draft, def.fields]);
  const findings = useMemo(() => all.filter((f) => strict || (f.code !== "required" && f.code !== "too_few_lines")), [all, strict]);
  const byPlace = useMemo(() => {
    const map = new Map<string, Finding[]>();
    for (const f of findings) map.set(f.at, [...(map.get(f.at) ?? []), f]);
    return map;
  }, [findings]);
  const kept = (name: string): NonNullable<FieldContext["kept"]> => ({
    state: () => tableState(drafted(), name),
    back: (to) => {
      const fits = to.version === drafted().version;
      if (fits) change((d) => withTable(d, name, to));
      return fits;
    },
    touched: (line) => !isBlankLine(drafted(), name, line),
  });
  return {
    values,
    findings,
    blocking: all.filter((f) => f.level === "refuse"),
    sheet: now,
    set: (name, value) => {
      const field = def.fields[name];
      if (field) change((d) => typed(d, seen.current[name], name, value, field));
    },
    context: (name, still) => ({
      form: def.form, record: id, path: name, still,
      values: () => seen.current, look: (p, line) => lookAt(now.looks, def, p, line), findings: (p) => byPlace.get(p) ?? [], asked: (line) => asked(def, seen.current, name, line),
      ...(def.fields[name]?.kind === "lines" ? { kept: kept(name) } : {}),
    }),
  };
}

/** What a look-up may read of the record: what was filled in, and of the tables only the line in question. */
function asked(def: Definition, values: Values, name: string, line: string | undefined): Values {
  const out: Values = {};
  for (const [n, f] of Object.entries(def.fields)) if (f.typed && f.kind !== "lines" && values[n] !== undefined && values[n] !== null) out[n] = sent(values[n]);
  const table = name.split(".")[0] ?? "";
  const row = line ? linesOf(values[table]).find((l) => l.id === line) : undefined;
  if (row) out[table] = [Object.fromEntries(Object.entries(row).filter(([c, v]) => def.fields[table]?.fields?.[c]?.typed && v !== undefined && v !== null).map(([c, v]) => [c, sent(v)]))] as unknown as Line[];
  return out;
}

/** The look of a field now: of its line where it differs, of its column, else as the definition says. */
export function lookAt(looks: Record<string, LookNow>, def: Definition, path: string, line?: string): LookNow {
  const [table = "", column] = path.split(".");
  if (column && line) {
    const own = looks[`${table}/${line}/${column}`];
    if (own) return own;
  }
  const found = looks[path];
  if (found) return found;
  const field = column ? def.fields[table]?.fields?.[column] : def.fields[table];
  return { look: field?.look ?? "hidden", required: field?.required === true, shown: !!field };
}
