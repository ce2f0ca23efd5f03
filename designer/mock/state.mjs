// What the mock remembers, and how it turns it into the answers of http.md.
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { load, definition, menu, formOf, say, full } from "./packages.mjs";
import { Evaluator, work, findings } from "./evaluate.mjs";
import { Demo, newId, random } from "./demo.mjs";
import { Flow } from "./flow.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const packages = load(process.argv[2] ?? join(here, "../../builtin-modules"));
let demo;
const ev = new Evaluator(packages, (ref, id) => demo.find(ref, id));
demo = new Demo(packages, ev);
demo.fill();
const flow = new Flow(demo);
flow.run(random);
const comments = {};
const views = {};
const files = {};
let session = null;
const streams = new Set();
const notices = demo.users.flatMap((u) => [{ id: newId(), user: u.id, at: new Date(Date.now() - 36e5).toISOString(), say: "采购订单已批准，供应商已收到通知", form: null, record: null, read: false }]);

class Problem extends Error {
  constructor(status, code, title, more = {}) { super(title); this.body = { status, code, title, ...more }; }
}
const refuse = (...a) => { throw new Problem(...a); };

function sayFindings(ref, list, lang) {
  const { pack } = formOf(packages, ref);
  const words = { required: { en: "Fill this in", "zh-CN": "还没填", "zh-TW": "尚未填寫" }, too_few_lines: { en: "At least one line", "zh-CN": "至少要有一行", "zh-TW": "至少要有一行" } };
  return list.map((f) => ({ code: f.code, at: f.at, level: f.level, check: f.check, say: f.path ? say(pack, lang, f.path, f.inPlace) : words[f.code][lang] }));
}

function linkOut(ref, id) {
  const r = demo.find(ref, id);
  return { id, title: r?.title ?? null, key: r?.values?.code ?? r?.values?.number ?? "" };
}

function valuesOut(fields, packName, values) {
  const out = {};
  for (const [n, f] of Object.entries(fields)) {
    const v = values[n];
    if (v === undefined || v === null) continue;
    if (f.kind === "link") out[n] = linkOut(full(packName, f.to), v.id ?? v);
    else if (f.kind === "lines") out[n] = v.map((l) => ({ id: l.id, ...valuesOut(f.fields, packName, l) }));
    else out[n] = v;
  }
  return out;
}

function looks(ref, record, task, user) {
  const { form, pack } = formOf(packages, ref);
  const out = {};
  const d = flow.def(ref);
  const node = task ? d.flow.nodes[task.node].fields ?? {} : null;
  const mine = record.status === "draft" || record.returned || !form.workflow;
  const sc = ev.scope({ record: ev.wrap(record, form.fields, pack.name), user }, pack.name);
  const test = (v) => (typeof v === "string" ? !!ev.run(v, sc) : v);
  const each = (fields, prefix) => {
    for (const [n, f] of Object.entries(fields)) {
      const path = prefix + n;
      const free = !f.computed && !f.live && f.kind !== "sequence" && !test(prefix ? f.readonly === true : f.readonly ?? false);
      const at = node?.[path] ?? (node ? "read" : undefined);
      const look = at === "hidden" ? "hidden" : free && (node ? at === "edit" || at === "required" : mine) ? "edit" : "read";
      out[path] = { look, required: at === "required" || f.required === true || (!prefix && typeof f.required === "string" && test(f.required)), shown: prefix || f.shown === undefined ? true : !!test(f.shown) };
      if (f.kind === "lines") each(f.fields, `${path}.`);
    }
  };
  each(form.fields, "");
  return out;
}

function taskRow(t, lang) {
  const r = t.record;
  const def = definition(packages, r.form, lang);
  const out = valuesOut(formOf(packages, r.form).form.fields, r.form.split("/")[0], r.values);
  const money = def.list.findLast((n) => def.fields[n].kind === "money");
  const facts = def.list.filter((n) => n !== def.key && n !== money).slice(0, 4).map((n) => ({ label: def.fields[n].label, value: typeof out[n] === "object" && out[n] ? out[n].title ?? "" : choice(def.fields[n], out[n]) ?? "" }));
  const d = flow.def(r.form);
  return { id: t.id ?? null, form: r.form, form_label: def.label, record: { id: r.id, title: r.title, status: r.status }, node: t.node ?? null, label: t.node && d ? flow.label(d, t.node, lang) : "", opened_at: t.opened_at ?? r.updated_at, due_at: t.due_at ?? null, late: !!t.due_at && t.state === "open" && new Date(t.due_at) < new Date(), started_by: { name: r.created_by.name }, outcome: t.outcome, amount: money ? out[money] : undefined, facts, bulk: !!t.node && d.flow.nodes[t.node].opinion !== "required" };
}
const choice = (f, v) => f.options?.find((o) => o.name === v)?.label ?? v;

function acts(record, lang) {
  const w = { en: { submit: "Submit", withdraw: "Withdraw", reverse: "Reverse", delete: "Delete", edit: "Edit", no_posted: "The order is not posted yet, so it can't be received against.", by: "Only {x} can withdraw it." }, "zh-CN": { submit: "提交", withdraw: "撤回", reverse: "冲销", delete: "删除", edit: "修改", no_posted: "还没过账，不能往下生成。", by: "只有 {x} 能撤回。" }, "zh-TW": { submit: "送出", withdraw: "抽回", reverse: "沖銷", delete: "刪除", edit: "修改", no_posted: "尚未過帳，不能往下產生。", by: "只有 {x} 能抽回。" } }[lang];
  const def = definition(packages, record.form, lang);
  const out = [];
  const mine = record.created_by.id === session?.id;
  const draft = record.status === "draft" || !!record.returned;
  if (draft || !def.workflow) out.push({ act: "edit", label: w.edit, allowed: true });
  if (def.workflow && draft) out.push({ act: "submit", label: w.submit, allowed: true });
  if (record.status === "submitted" && !record.returned) out.push({ act: "withdraw", label: w.withdraw, allowed: mine, why: mine ? undefined : w.by.replace("{x}", record.created_by.name) });
  for (const m of def.makes) out.push({ act: "make", make: m.make, label: m.label, allowed: record.status === "posted", why: record.status === "posted" ? undefined : w.no_posted });
  if (record.status === "posted" && def.workflow) out.push({ act: "reverse", label: w.reverse, allowed: true });
  if (draft || !def.workflow) out.push({ act: "delete", label: w.delete, allowed: true });
  return out;
}

function sheet(record, lang, task) {
  const { form, pack } = formOf(packages, record.form);
  const user = { employee: undefined };
  const d = flow.def(record.form);
  const open = flow.tasks.filter((t) => t.record === record && t.state === "open");
  const editable = record.status === "draft" || task || record.returned;
  const at = record.returned ? [{ node: "submitted", kind: "starter", label: { en: "Sent back", "zh-CN": "退回修改", "zh-TW": "退回修改" }[lang], since: record.returned.at, people: [record.created_by.name], late: false }] : open.map((t) => ({ node: t.node, label: flow.label(d, t.node, lang), since: t.opened_at, people: [t.user.name], late: new Date(t.due_at) < new Date() }));
  return {
    record: { id: record.id, form: record.form, version: record.version, status: record.status, title: record.title, created_at: record.created_at, created_by: record.created_by, updated_at: record.updated_at, updated_by: record.updated_by, parent: record.parent ? linkOut(record.form, record.parent) : null, values: valuesOut(form.fields, pack.name, record.values) },
    looks: looks(record.form, record, task, user),
    findings: editable ? sayFindings(record.form, findings(ev, record.form, record, user, true), lang) : [],
    acts: acts(record, lang),
    tasks: open.filter((t) => t.user.id === session?.id).map((t) => taskRow(t, lang)),
    at,
  };
}

function takeLines(f, old, given) {
  return given.map((g) => {
    const known = old.find((l) => l.id === g.id) ?? { id: g.id ?? newId() };
    const line = { ...known };
    for (const [c, v] of Object.entries(g)) {
      if (c === "id" || !f.fields[c]) continue;
      line[c] = f.fields[c].kind === "link" && v ? v.id ?? v : v;
      line.$typed = [...new Set([...(line.$typed ?? []), c])];
    }
    return line;
  });
}

function apply(record, values) {
  const { form } = formOf(packages, record.form);
  const changed = [];
  for (const [n, v] of Object.entries(values ?? {})) {
    const f = form.fields[n];
    if (n === "parent" && form.kind === "tree") { record.parent = v ? v.id ?? v : null; continue; }
    if (!f) refuse(422, "unknown_field", `unknown field ${n}`);
    if (f.kind === "lines") { record.values[n] = takeLines(f, record.values[n] ?? [], v ?? []); changed.push(n); continue; }
    const next = f.kind === "link" && v ? v.id ?? v : v;
    if (record.values[n] !== next) changed.push(n);
    record.values[n] = next;
    record.typed = [...new Set([...(record.typed ?? []), n])];
  }
  work(ev, record.form, record, new Set(record.typed ?? []), {}, false);
  record.title = demo.title(record.form, record);
  return changed;
}

function blank(ref, values) {
  const { form } = formOf(packages, ref);
  const user = {};
  const r = { id: newId(), form: ref, version: 0, status: form.workflow ? "draft" : "posted", title: "", created_at: new Date().toISOString(), created_by: session, updated_at: new Date().toISOString(), updated_by: session, parent: null, values: {}, history: [], comments: [] };
  work(ev, ref, r, new Set(), user, true);
  apply(r, values);
  r.title = "";
  return r;
}

function matches(r, filter) {
  const { form } = formOf(packages, r.form);
  for (const [path, test] of Object.entries(filter ?? {})) {
    const n = path.split(".")[0];
    let v = n === "status" ? r.status : n === "created_at" ? r.created_at : r.values[n];
    if (form.fields[n]?.kind === "link" && v) v = v.id ?? v;
    const ts = test !== null && typeof test === "object" && !Array.isArray(test) ? test : { in: Array.isArray(test) ? test : [test] };
    const num = (x) => (["money", "number", "quantity"].includes(form.fields[n]?.kind) ? Number(x) : x);
    for (const [op, want] of Object.entries(ts)) {
      const ok = { in: () => want.includes(v), not: () => !(Array.isArray(want) ? want : [want]).includes(v), above: () => num(v) > num(want), below: () => num(v) < num(want), at_least: () => num(v) >= num(want), at_most: () => num(v) <= num(want), like: () => String(v ?? "").includes(want), empty: () => (v === undefined || v === null || v === "") === want, under: () => v === want }[op];
      if (ok && !ok()) return false;
    }
  }
  return true;
}

function page(rows, q) {
  const from = Number(q.get("after") ?? 0), limit = Math.min(Number(q.get("limit") ?? 50), 200);
  return { rows: rows.slice(from, from + limit), next: from + limit < rows.length ? String(from + limit) : null };
}

const textOf = (r) => r.title + " " + JSON.stringify(valuesOut(formOf(packages, r.form).form.fields, r.form.split("/")[0], r.values));

function rowsOf(ref, q) {
  let rows = demo.records[ref] ?? [];
  const text = q.get("q");
  if (text) rows = rows.filter((r) => textOf(r).includes(text));
  if (q.get("filter")) { const f = JSON.parse(q.get("filter")); rows = rows.filter((r) => matches(r, f)); }
  const sort = (q.get("sort") ?? "").split(",").filter(Boolean)[0];
  if (sort) {
    const n = sort.replace(/^-/, ""), dir = sort.startsWith("-") ? -1 : 1;
    const key = (r) => { const v = n === "status" ? r.status : n === "created_at" ? r.created_at : r.values[n]; return v === undefined || v === null ? "" : isNaN(Number(v)) ? String(v) : Number(v); };
    rows = rows.toSorted((a, b) => (key(a) < key(b) ? -dir : key(a) > key(b) ? dir : 0));
  }
  return rows;
}

const me = (lang) => ({
  user: { id: session.id, login: session.login, name: session.name, language: session.language, person: null, department: "采购部", branch: "苏州分公司" },
  csrf: "mock", roles: [{ role: session.role, label: { buyer: "采购员", purchasing_manager: "采购经理" }[session.role] ?? session.role }], admin: false,
  menu: menu(packages, lang),
  counts: { todo: flow.tasks.filter((t) => t.state === "open" && t.user.id === session.id).length, mine: mine("mine").length, drafts: mine("drafts").length, copied: 0 },
  site: { name: "江南集团", version: "0.1.0", demo: true }, languages: ["zh-CN", "zh-TW", "en"], settings: session.settings,
});
const all = () => Object.values(demo.records).flat().filter((r) => flow.def(r.form));
const mine = (box) => all().filter((r) => r.created_by.id === session.id && (box === "drafts" ? r.status === "draft" : r.status !== "draft")).toSorted((a, b) => (a.status === "submitted" ? 0 : 1) - (b.status === "submitted" ? 0 : 1));

function boxRows(box, lang) {
  if (box === "todo" || box === "done") return flow.tasks.filter((t) => t.user.id === session.id && (box === "todo" ? t.state === "open" : t.state === "done")).toSorted((a, b) => (a.due_at < b.due_at ? -1 : 1)).map((t) => taskRow(t, lang));
  if (box === "copied") return [];
  return mine(box).map((r) => { const t = flow.tasks.find((x) => x.record === r && x.state === "open"); return { ...taskRow({ record: r, node: t?.node, opened_at: t?.opened_at }, lang), bulk: false, steps: flow.flow(r, lang).steps.map((s) => s.state), waits: t ? [t.user.name] : [] }; });
}

function ledgerDef(ref, lang) {
  const [p, n] = ref.split("/");
  const pack = packages[p], l = pack.ledgers[n];
  const part = (key, def) => Object.fromEntries(Object.entries(l[key] ?? {}).map(([k, f]) => [k, { label: say(pack, lang, `ledgers/${n}/${key}/${k}`, f.label), kind: f.kind, scale: f.scale ?? 2, to: f.to && full(p, f.to), computed: !!f.computed, ...def }]));
  return { ledger: ref, label: say(pack, lang, `ledgers/${n}`, l.label), dimensions: part("dimensions"), attributes: part("attributes"), measures: part("measures"), constraints: Object.entries(l.constraints ?? {}).map(([c, k]) => ({ name: c, say: say(pack, lang, `ledgers/${n}/constraints/${c}`, k.say) })) };
}

function entriesOf(ref) {
  if (entriesOf.cache?.[ref]) return entriesOf.cache[ref];
  const def = ledgerDef(ref, "zh-CN"), out = [];
  const docs = all().filter((r) => r.status === "posted");
  for (const r of docs.slice(0, 90)) {
    const key = {};
    for (const [d, f] of Object.entries(def.dimensions)) {
      if (f.kind !== "link") { key[d] = r.values.date; continue; }
      const [form, table] = f.to.split(".");
      if (table) { const src = demo.records[form]?.[out.length % 20]; const l = src?.values[table]?.[0]; key[d] = { id: l?.id ?? newId(), title: src ? `${src.title.split(" · ")[0]} #1` : "" }; continue; }
      const pool = demo.records[f.to] ?? [];
      const x = pool[(out.length * 7 + d.length) % Math.min(pool.length, d.length > 5 ? 3 : 8)];
      key[d] = x ? { id: x.id, title: x.title } : null;
    }
    const measures = {};
    let i = 0;
    for (const [m, f] of Object.entries(def.measures)) if (!f.computed) measures[m] = ((out.length % 4 === 3 && i === 0 && Object.keys(def.measures).length === 1 ? -1 : 1) * (5 + Math.floor(random() * 60)) * (i++ ? 0.6 : 1)).toFixed(f.scale);
    out.push({ id: newId(), date: r.values.date ?? r.created_at.slice(0, 10), posted_at: r.updated_at, form: r.form, form_label: null, record: { id: r.id, title: r.title }, kind: "post", key, attributes: {}, measures });
  }
  out.sort((a, b) => (a.date < b.date ? -1 : 1));
  (entriesOf.cache ??= {})[ref] = out;
  return out;
}

const kid = (v) => (v && typeof v === "object" ? v.id : String(v ?? ""));
function group(entries, by, def, bucket) {
  const rows = new Map();
  for (const e of entries) {
    const k = by.map((d) => kid(e.key[d])).join("|");
    if (!rows.has(k)) rows.set(k, { key: Object.fromEntries(by.map((d) => [d, e.key[d]])), sums: {} });
    const r = rows.get(k);
    for (const [m, v] of Object.entries(e.measures)) for (const b of bucket(e, Number(v))) { r.sums[b] ??= {}; r.sums[b][m] = (r.sums[b][m] ?? 0) + Number(v); }
  }
  const fix = (o = {}) => { const x = Object.fromEntries(Object.entries(def.measures).map(([m, f]) => [m, (f.computed ? Math.max((o.ordered ?? o.requested ?? 0) - (o.received ?? 0), 0) : o[m] ?? 0).toFixed(f.scale)])); return x; };
  return { rows: [...rows.values()].map((r) => ({ key: r.key, get: (b) => fix(r.sums[b]) })), fix };
}

export { packages, demo, flow, ev, comments, views, files, streams, notices, Problem, refuse, sayFindings, valuesOut, linkOut, taskRow, acts, sheet, apply, blank, page, rowsOf, me, all, mine, boxRows, ledgerDef, entriesOf, group, kid, newId, definition, findings, full, formOf, say, textOf };
export const who = { get session() { return session; }, set session(v) { session = v; } };

