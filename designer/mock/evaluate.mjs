// A rough stand-in for the server's evaluator: enough to see computed values move. Floats are fine in a mock.
import { formOf, isExpr, full } from "./packages.mjs";

const numeric = new Set(["number", "money", "quantity"]);
const compiled = new Map();

function compile(source) {
  let s = source.slice(2).replace(/#\{/g, "({").replace(/\}\s*,/g, "}),").replace(/\(\{([^}]*)\}(?!\))/g, "({$1})");
  for (let i = 0; i < 4; i++) s = s.replace(/if ([^{}]+)\{([^{}]*)\} else \{([^{}]*)\}/g, "(($1)?($2):($3))");
  s = s.replace(/\bdefault\b/g, "default_");
  try {
    return new Function("scope", `with(scope){return (${s});}`);
  } catch {
    return null;
  }
}

export class Evaluator {
  constructor(packages, find) {
    this.packages = packages;
    this.find = find;
  }
  wrap(record, fields, packName, parent) {
    const self = this;
    return new Proxy({}, {
      has: () => true,
      get(_, key) {
        if (typeof key !== "string") return undefined;
        if (key === "id" || key === "status") return record[key];
        if (key === "record" && parent) return parent;
        const f = fields[key];
        const v = (record.values ?? record)[key];
        if (!f) return v;
        if (f.kind === "lines") {
          const rows = (v ?? []).map((l) => self.wrap(l, f.fields, packName, this));
          return new Proxy(rows, { get: (t, k) => (k in t ? t[k] : t.map((r) => r[k])) });
        }
        if (v === undefined || v === null || v === "") return f.kind === "switch" ? false : undefined;
        if (numeric.has(f.kind)) return Number(v);
        if (f.kind === "link") {
          const ref = full(packName, f.to);
          const target = self.find(ref, v.id ?? v);
          const def = formOf(self.packages, ref);
          return target && def ? self.wrap(target, def.form.fields, def.pack.name) : undefined;
        }
        return v;
      },
    });
  }
  run(expr, scope) {
    if (!isExpr(expr)) return expr;
    if (!compiled.has(expr)) compiled.set(expr, compile(expr));
    const fn = compiled.get(expr);
    if (!fn) return undefined;
    try {
      const v = fn(scope);
      return typeof v === "number" && !Number.isFinite(v) ? undefined : v;
    } catch {
      return undefined;
    }
  }
  scope(extra, packName) {
    const settings = new Proxy({}, { get: (_, p) => new Proxy({}, { get: (_, f) => this.packages[p]?.forms.settings?.fields[f]?.default }) });
    return {
      today: new Date().toISOString().slice(0, 10),
      settings,
      empty: (x) => x === undefined || x === null || x === "",
      if_empty: (x, y) => x ?? y,
      sum: (a) => a.reduce((t, n) => t + (Number(n) || 0), 0),
      min: Math.min, max: Math.max,
      any: (a) => a.some(Boolean),
      add_days: (d, n) => { const t = new Date(d); t.setDate(t.getDate() + n); return t.toISOString().slice(0, 10); },
      days_between: (a, b) => Math.round((new Date(b) - new Date(a)) / 864e5),
      working_days: (a, b) => Math.max(1, Math.round((new Date(b) - new Date(a)) / 864e5) + 1),
      unit_factor: () => 1,
      balance: (l) => { const x = 40 + (l.length * 7) % 60; return new Proxy({}, { get: () => x }); },
      slice: (_, key) => ({ price: key.item?.id ? 8 + (parseInt(key.item.id.slice(-4), 16) % 900) / 10 : undefined, rate: 7.12 }),
      user: extra.user ?? {},
      undefined,
      ...extra,
    };
  }
}

export function text(f, v) {
  if (v === undefined || v === null) return undefined;
  if (numeric.has(f.kind)) return Number(v).toFixed(f.scale ?? (f.kind === "number" ? 0 : 2));
  if (f.kind === "link") return v.id ?? v;
  if (f.kind === "date") return String(v).slice(0, 10);
  return v;
}

/** Fills defaults, copies, computed and live values of a record; lines first, because totals read them. */
export function work(ev, ref, record, typed, user, fresh) {
  const { form, pack } = formOf(ev.packages, ref);
  const values = record.values;
  const one = (f, n, holder, scope, mine) => {
    if (holder[n] === undefined && f.default !== undefined && fresh) holder[n] = text(f, ev.run(f.default, scope));
    if (f.copy && !mine.has(n)) { const v = text(f, ev.run(f.copy, scope)); if (v !== undefined) holder[n] = v; }
    if (f.computed || f.live) holder[n] = text(f, ev.run(f.computed ?? f.live, scope)) ?? null;
  };
  for (let pass = 0; pass < 3; pass++) {
    const rec = ev.wrap(record, form.fields, pack.name);
    const scope = ev.scope({ record: rec, user }, pack.name);
    for (const [n, f] of Object.entries(form.fields)) {
      if (f.kind !== "lines") { one(f, n, values, scope, typed); continue; }
      for (const line of values[n] ?? []) {
        const ls = { ...scope, line: ev.wrap(line, f.fields, pack.name, rec) };
        for (const [c, cf] of Object.entries(f.fields)) one(cf, c, line, ls, new Set(line.$typed ?? []));
      }
    }
  }
  return record;
}

export function findings(ev, ref, record, user, submit) {
  const { form, pack, path } = formOf(ev.packages, ref);
  const out = [];
  const rec = ev.wrap(record, form.fields, pack.name);
  const scope = ev.scope({ record: rec, user }, pack.name);
  const need = (f, n, v, at, sc) => {
    const r = f.required === true || (isExpr(f.required) && ev.run(f.required, sc));
    if (r && (v === undefined || v === null || v === "")) out.push({ code: "required", at, level: submit ? "refuse" : "refuse", say: "" , field: n });
  };
  const checks = (cs, sc, prefix, where) => {
    for (const [c, k] of Object.entries(cs ?? {})) {
      if (k.on === "submit" && !submit) continue;
      if (ev.run(k.fails, sc) === true) out.push({ code: c, check: c, at: prefix + (k.at ?? ""), level: k.level ?? "refuse", path: `${where}/checks/${c}`, inPlace: k.say });
    }
  };
  for (const [n, f] of Object.entries(form.fields)) {
    if (f.kind !== "lines") { need(f, n, record.values[n], n, scope); continue; }
    if (f.min && (record.values[n] ?? []).length < f.min) out.push({ code: "too_few_lines", at: n, level: "refuse", say: "" });
    for (const line of record.values[n] ?? []) {
      const ls = { ...scope, line: ev.wrap(line, f.fields, pack.name, rec) };
      for (const [c, cf] of Object.entries(f.fields)) need(cf, c, line[c], `${n}/${line.id}/${c}`, ls);
      checks(f.checks, ls, `${n}/${line.id}/`, `${path}/fields/${n}`);
    }
  }
  checks(form.checks, scope, "", path);
  return out;
}
