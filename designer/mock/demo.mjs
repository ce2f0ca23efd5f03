// Plausible records for every form, whatever the forms are: by kind of field, with some names from names.json.
import { readFileSync } from "node:fs";
import { formOf, full, isExpr } from "./packages.mjs";
import { work } from "./evaluate.mjs";

const names = JSON.parse(readFileSync(new URL("./names.json", import.meta.url), "utf8"));
let seed = 7;
export const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
export const pick = (list) => list[Math.floor(random() * list.length)];
let counter = 0;
export const newId = () => `0198c0de-0000-7000-8000-${(++counter).toString(16).padStart(12, "0")}`;
const day = (offset) => new Date(Date.now() + offset * 864e5).toISOString().slice(0, 10);

export function people() {
  return Object.entries(names.$people).map(([login, [name, role]], i) => ({ id: `u${i + 1}`, login, name, role, language: "zh-CN", settings: {} }));
}
export const seats = names.$seats;

export class Demo {
  constructor(packages, evaluator) {
    this.packages = packages;
    this.ev = evaluator;
    this.records = {};
    this.users = people();
  }
  find(ref, id) {
    if (ref.includes(".")) {
      const [form, table] = ref.split(".");
      for (const r of this.records[form] ?? []) { const l = (r.values[table] ?? []).find((x) => x.id === id); if (l) return { id, values: l, title: `${r.title} #${r.values[table].indexOf(l) + 1}` }; }
      return null;
    }
    return (this.records[ref] ?? []).find((r) => r.id === id);
  }
  title(ref, record) {
    const { form, pack } = formOf(this.packages, ref);
    const template = form.title ?? `{${form.key ?? Object.keys(form.fields)[0]}}`;
    const t = template.replace(/\{(\w+)\}/g, (_, n) => {
      const f = form.fields[n];
      const v = record.values[n];
      if (v === undefined || v === null) return "";
      if (f?.kind === "link") return this.find(full(pack.name, f.to), v.id ?? v)?.title ?? "";
      return String(v);
    });
    return t.replace(/^( · )+|( · )+$/g, "").replace(/( · ){2,}/g, " · ").trim();
  }
  value(ref, n, f, i, pool) {
    const { pack } = formOf(this.packages, ref);
    switch (f.kind) {
      case "text": {
        if (n === "name" && pool) return pool[i % pool.length];
        if (n === "short_name" && pool) return pool[i % pool.length].slice(0, 6);
        if (n === "code") return `${ref.split("/")[1].slice(0, 2).toUpperCase()}${1001 + i}`;
        if (f.format === "phone") return `1390512${1000 + i}`;
        if (f.format === "email") return `user${i}@example.com`;
        if (f.lines) return pick(names.$reasons);
        if (f.format === "address") return "苏州工业园区星湖街 218 号";
        return pick(names.$short) || undefined;
      }
      case "number": return f.copy ? undefined : n.includes("rate") ? "0.1300".slice(0, 2 + (f.scale ?? 0)) : (random() * 30 + 1).toFixed(Math.min(f.scale ?? 0, 2));
      case "money": return isExpr(f.computed) ? undefined : (random() * 9000 + 100).toFixed(2);
      case "quantity": return String(Math.ceil(random() * 40));
      case "date": return n.includes("leave_date") || n === "to" ? undefined : day(-Math.floor(random() * 30));
      case "month": return day(0).slice(0, 7);
      case "moment": return new Date(Date.now() - random() * 1e9).toISOString();
      case "switch": return n === "active" ? true : n.startsWith("is_") || n.startsWith("allow") ? false : random() > 0.6;
      case "choice": return isExpr(f.copy) ? undefined : (f.default && !isExpr(f.default) ? f.default : pick(Object.keys(f.options)));
      case "choices": return [pick(Object.keys(f.options))];
      case "link": {
        const to = full(pack.name, f.to);
        if (to.includes(".")) return undefined;
        const rows = this.records[to];
        return rows?.length ? pick(rows).id : undefined;
      }
      case "sequence": return `${(f.pattern.match(/^[A-Z]+/) ?? ["NO"])[0]}-${day(0).slice(0, 4)}${day(0).slice(5, 7)}-${String(i + 101).padStart(4, "0")}`;
      default: return undefined;
    }
  }
  make(ref, i) {
    const { form } = formOf(this.packages, ref);
    const pool = names[ref];
    const by = pick(this.users);
    const at = new Date(Date.now() - random() * 20 * 864e5).toISOString();
    const record = { id: newId(), form: ref, version: 1, status: form.workflow ? "draft" : "posted", title: "", created_at: at, created_by: by, updated_at: at, updated_by: by, parent: null, values: {}, history: [], comments: [] };
    for (const [n, f] of Object.entries(form.fields)) {
      if (f.kind === "lines") {
        const count = f.min || form.kind === "document" ? 2 + Math.floor(random() * 6) : random() > 0.5 ? 1 : 0;
        record.values[n] = Array.from({ length: count }, (_, k) => {
          const line = { id: newId() };
          for (const [c, cf] of Object.entries(f.fields)) { const v = this.value(ref, c, cf, k, null); if (v !== undefined && !cf.computed && !cf.live) line[c] = v; }
          return line;
        });
      } else {
        const v = this.value(ref, n, f, i, pool);
        if (v !== undefined && !f.computed && !f.live) record.values[n] = v;
      }
    }
    work(this.ev, ref, record, new Set(), { employee: undefined }, true);
    record.title = this.title(ref, record);
    return record;
  }
  fill() {
    const refs = Object.values(this.packages).flatMap((p) => [...Object.keys(p.forms).map((f) => `${p.name}/${f}`), ...Object.keys(p.registers).map((f) => `${p.name}/${f}`)]);
    const depth = (ref) => ({ document: 3, settings: 4 })[formOf(this.packages, ref).form.kind] ?? (names[ref] ? 1 : 2);
    for (let round = 0; round < 2; round++) {
      for (const ref of refs.toSorted((a, b) => depth(a) - depth(b))) {
        const { form, name, pack } = formOf(this.packages, ref);
        const given = pack.demo[name];
        const rows = Array.isArray(given) ? given.length : form.kind === "settings" ? 1 : form.kind === "document" ? 60 : names[ref]?.length ?? 8;
        if (round === 1 && !["document"].includes(form.kind) && this.records[ref]?.length) continue;
        this.records[ref] = Array.from({ length: Math.min(rows, 80) }, (_, i) => {
          const r = this.make(ref, i);
          if (Array.isArray(given)) {
            for (const [n, v] of Object.entries(given[i])) if (form.fields[n] && form.fields[n].kind !== "link" && form.fields[n].kind !== "lines") r.values[n] = typeof v === "number" ? String(v) : v;
            r.title = this.title(ref, r);
          }
          return r;
        });
      }
    }
  }
}
