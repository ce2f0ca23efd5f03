// The routes of http.md, one `if` each, over the state in state.mjs.
import * as s from "./state.mjs";
const { demo, flow, packages, refuse, who } = s;

const tell = (kind, form, record) => { for (const r of s.streams) r.write(`event: change\ndata: ${JSON.stringify({ form, record, kind })}\n\n`); };

function session(req, res, url, body, lang) {
  if (req.method === "DELETE") { who.session = null; return [204, null]; }
  const user = demo.users.find((u) => u.login === body.login);
  if (!user || body.password !== "demo") refuse(401, "not_logged_in", { en: "Login or password is wrong", "zh-CN": "登录名或密码不对", "zh-TW": "帳號或密碼不正確" }[lang]);
  who.session = user;
  return s.me(lang);
}

function record(req, url, body, lang, ref, id, rest) {
  const r = demo.find(ref, id) ?? refuse(404, "not_found", "没有这张单据");
  const name = rest[0];
  const stale = () => {
    const version = body.version ?? Number(url.searchParams.get("version"));
    if (version !== r.version) refuse(409, "stale_version", "别人先改了这张单据", { theirs: s.sheet(r, lang), changed: r.changed ?? [] });
  };
  const bump = (act, changes = []) => { r.version++; r.updated_at = new Date().toISOString(); r.updated_by = who.session; r.history.push({ version: r.version, at: r.updated_at, by: who.session, act, changes }); tell("record", ref, id); };
  if (!name && req.method === "GET") return s.sheet(r, lang);
  if (!name && req.method === "PATCH") {
    stale();
    const before = s.valuesOut(s.formOf(packages, ref).form.fields, ref.split("/")[0], r.values);
    r.changed = s.apply(r, body.values);
    bump("edit", diff(s.definition(packages, ref, lang), before, s.valuesOut(s.formOf(packages, ref).form.fields, ref.split("/")[0], r.values)));
    return s.sheet(r, lang);
  }
  if (!name && req.method === "DELETE") { stale(); demo.records[ref] = demo.records[ref].filter((x) => x !== r); return [204, null]; }
  if (name === "preview") return { path: flow.path(r).map((n) => { const d = flow.def(ref); const k = d.flow.nodes[n]; return { node: n, label: flow.label(d, n, lang), kind: k.kind, people: k.kind === "approval" || k.kind === "fill" ? [{ name: flow.seat(r, n).name }] : [], certain: true }; }), findings: s.sayFindings(ref, s.findings(s.ev, ref, r, {}, true), lang) };
  if (name === "flow") return flow.flow(r, lang);
  if (name === "history") return [...r.history].reverse();
  if (name === "comments" && req.method === "GET") return s.comments[id] ?? [];
  if (name === "comments") { const c = { id: s.newId(), at: new Date().toISOString(), by: { name: who.session.name }, text: body.text }; (s.comments[id] ??= []).push(c); return [201, c]; }
  if (name === "submit") {
    stale(); s.apply(r, body.values);
    const bad = s.findings(s.ev, ref, r, {}, true).filter((f) => f.level === "refuse");
    if (bad.length) refuse(422, "invalid", "还有没填好的地方", { findings: s.sayFindings(ref, bad, lang) });
    flow.submit(r); bump("submit"); return s.sheet(r, lang);
  }
  if (name === "withdraw") { stale(); for (const t of flow.tasks.filter((t) => t.record === r && t.state === "open")) t.state = "cancelled"; for (const st of r.steps) if (st.state === "open") Object.assign(st, { state: "cancelled", left: new Date().toISOString() }); r.status = "withdrawn"; bump("withdraw"); return s.sheet(r, lang); }
  if (name === "reverse") { stale(); r.status = "reversed"; bump("reverse"); return s.sheet(r, lang); }
  if (name === "make") { const to = s.definition(packages, ref, lang).makes.find((m) => m.make === body.make).to; const n = s.blank(to, {}); n.title = demo.title(to, n); demo.records[to].unshift(n); return [201, { form: to, id: n.id }]; }
  if (name === "files") { const f = s.files[rest[1]]; if (!f) refuse(404, "not_found", "没有这个文件"); return { ...f, data: undefined }; }
  refuse(404, "not_found", "?");
}

function diff(def, before, after) {
  const out = [];
  const text = (f, v) => (v && typeof v === "object" && !Array.isArray(v) ? v.title : f.options ? f.options.find((o) => o.name === v)?.label : v) ?? null;
  for (const [n, f] of Object.entries(def.fields)) {
    if (f.kind === "lines") {
      for (const l of after[n] ?? []) {
        const old = (before[n] ?? []).find((x) => x.id === l.id);
        for (const [c, cf] of Object.entries(f.fields)) if (JSON.stringify(old?.[c]) !== JSON.stringify(l[c])) out.push({ at: `${n}/${l.id}/${c}`, label: cf.label, line: (after[n].indexOf(l) + 1), old: text(cf, old?.[c]), new: text(cf, l[c]) });
      }
    } else if (JSON.stringify(before[n]) !== JSON.stringify(after[n])) out.push({ at: n, label: f.label, old: text(f, before[n]), new: text(f, after[n]) });
  }
  return out;
}

function records(req, url, body, lang, [m, f, id, ...rest]) {
  const ref = `${m}/${f}`;
  const q = url.searchParams;
  if (!s.formOf(packages, ref)) refuse(404, "not_found", "没有这种单据");
  const def = s.definition(packages, ref, lang);
  if (!id && req.method === "GET") return s.page(s.rowsOf(ref, q).map((r) => ({ id: r.id, version: r.version, status: r.returned ? "returned" : r.status, title: r.title, at: flow.tasks.filter((t) => t.record === r && t.state === "open").map((t) => flow.label(flow.def(ref), t.node, lang)), values: s.valuesOut(s.formOf(packages, ref).form.fields, m, r.values), created_by: r.created_by, created_at: r.created_at, updated_at: r.updated_at })), q);
  if (!id) {
    const r = s.blank(ref, body.values);
    r.version = 1; r.values[def.key] ??= def.fields[def.key]?.kind === "sequence" ? demo.value(ref, def.key, s.formOf(packages, ref).form.fields[def.key], demo.records[ref].length) : undefined;
    r.title = demo.title(ref, r); r.history.push({ version: 1, at: r.created_at, by: who.session, act: "create", changes: [] });
    demo.records[ref].unshift(r);
    return [201, s.sheet(r, lang)];
  }
  if (id === "count") { const n = s.rowsOf(ref, q).length; return { count: n, more: false }; }
  if (id === "new") return s.sheet(s.blank(ref, q.get("values") ? JSON.parse(q.get("values")) : {}), lang);
  if (id === "evaluate") {
    const old = body.id && demo.find(ref, body.id);
    const r = old ? { ...old, values: structuredClone(old.values) } : s.blank(ref, {});
    s.apply(r, body.values);
    return s.sheet(r, lang, body.task && flow.tasks.find((t) => t.id === body.task));
  }
  return record(req, url, body, lang, ref, id, rest);
}

function operations(t, lang) {
  const k = flow.def(t.record.form).flow.nodes[t.node];
  const w = { en: { approve: "Approve", reject: "Reject", done: "Done", return: "Return", transfer: "Transfer", add_seat: "Add signer", remind: "Remind", copy: "Copy to" }, "zh-CN": { approve: "同意", reject: "驳回", done: "完成", return: "退回", transfer: "转办", add_seat: "加签", remind: "催办", copy: "抄送" }, "zh-TW": { approve: "核准", reject: "駁回", done: "完成", return: "退回", transfer: "轉辦", add_seat: "加簽", remind: "催辦", copy: "副知" } }[lang];
  const bad = s.findings(s.ev, t.record.form, t.record, {}, true).find((f) => f.level === "refuse" && k.fields && k.fields[f.at.replace(/\/[^/]+\//, ".")] === "required");
  const outcomes = Object.keys(k.outcomes ?? { done: "" });
  const ops = outcomes.map((o) => ({ op: "complete", outcome: o, label: w[o] ?? o, comment: o === "reject" || k.opinion === "required" ? "required" : "optional", allowed: !(bad && o !== "reject"), why: bad ? s.sayFindings(t.record.form, [bad], lang)[0].say : undefined }));
  for (const [op, m] of Object.entries(k.may ?? {})) {
    if (op === "return") { const d = flow.def(t.record.form); const lived = t.record.steps.filter((x) => x.state === "done" && x.kind === "approval" && x.node !== t.node).map((x) => ({ node: x.node, label: flow.label(d, x.node, lang) })); ops.push({ op, label: w[op], comment: m.comment ?? "optional", allowed: true, targets: [{ node: "starter", label: { en: "Who started it", "zh-CN": "发起人", "zh-TW": "申請人" }[lang] }, ...(m.to === "any" ? lived : [])], then: m.then ?? "rerun" }); }
    else ops.push({ op, label: w[op] ?? op, comment: m.comment ?? "optional", allowed: true, ...(op === "add_seat" ? { how: m.how } : {}) });
  }
  return ops;
}

function tasks(req, url, body, lang, [id, op]) {
  if (!id) return s.page(s.boxRows(url.searchParams.get("box") ?? "todo", lang).filter((r) => !url.searchParams.get("q") || r.record.title.includes(url.searchParams.get("q"))), url.searchParams);
  const t = flow.tasks.find((x) => x.id === id) ?? refuse(404, "not_found", "没有这件待办");
  if (!op) return { task: { id, node: t.node, label: flow.label(flow.def(t.record.form), t.node, lang), opened_at: t.opened_at, due_at: t.due_at, state: t.state, operations: operations(t, lang) }, sheet: s.sheet(t.record, lang, t) };
  if (t.state !== "open") refuse(409, "already_done", "这件已经处理过了");
  if (op === "complete") { if (body.values) { s.apply(t.record, body.values); t.record.version++; } flow.complete(t, body.outcome, body.opinion); }
  if (op === "return") flow.back(t, body.opinion);
  if (op === "transfer") t.user = demo.users.find((u) => u.id === body.to);
  tell("task", t.record.form, t.record.id);
  const next = flow.tasks.find((x) => x.state === "open" && x.user.id === who.session.id);
  return { next: next?.id ?? null, record: { form: t.record.form, id: t.record.id, status: t.record.status } };
}

function ledgers(url, lang, [m, l, what]) {
  const q = url.searchParams;
  if (!m) return Object.values(packages).flatMap((p) => Object.keys(p.ledgers).map((n) => ({ ledger: `${p.name}/${n}`, label: s.ledgerDef(`${p.name}/${n}`, lang).label, module: p.name, module_label: p.name })));
  const ref = `${m}/${l}`, def = s.ledgerDef(ref, lang);
  if (!what) return def;
  const filter = q.get("filter") ? JSON.parse(q.get("filter")) : {};
  const wanted = (v) => (Array.isArray(v) ? v : [v]).map(s.kid);
  let rows = s.entriesOf(ref).filter((e) => Object.entries(filter).every(([d, v]) => wanted(v).includes(s.kid(e.key[d]))));
  const by = (q.get("by") ?? Object.keys(def.dimensions).join(",")).split(",").filter(Boolean);
  const from = q.get("from"), to = q.get("to");
  if (what === "balance") {
    const at = q.get("at");
    if (at) rows = rows.filter((e) => e.date <= at);
    const g = s.group(rows, by, def, () => ["b"]);
    const t = s.group(rows, [], def, () => ["b"]);
    return { ...s.page(g.rows.map((r) => ({ key: r.key, measures: r.get("b") })), q), totals: t.rows[0]?.get("b") ?? {} };
  }
  if (what === "turnover") {
    const g = s.group(rows.filter((e) => !to || e.date <= to), by, def, (e, v) => (e.date < from ? ["opening", "closing"] : [v < 0 ? "out" : "in", "closing"]));
    return { ...s.page(g.rows.map((r) => ({ key: r.key, opening: r.get("opening"), in: r.get("in"), out: r.get("out"), closing: r.get("closing") })), q) };
  }
  rows = rows.filter((e) => (!from || e.date >= from) && (!to || e.date <= to));
  return s.page(rows.map((e) => ({ ...e, form_label: s.definition(packages, e.form, lang).label })), q);
}

export function route(req, res, url, raw, lang) {
  const [, , room, ...rest] = url.pathname.split("/").map(decodeURIComponent);
  const body = raw.length && (req.headers["content-type"] ?? "").includes("json") ? JSON.parse(raw.toString()) : {};
  if (room === "health") return { status: "ok", demo: true, logins: demo.users.map((u) => ({ login: u.login, says: `${u.name} · ${u.role}` })) };
  if (room === "session") return session(req, res, url, body, lang);
  if (!who.session) refuse(401, "not_logged_in", "请先登录");
  switch (room) {
    case "me":
      if (req.method === "PATCH") { if (body.language) who.session.language = body.language; if (body.settings) who.session.settings = body.settings; return s.me(body.language ?? lang); }
      return s.me(lang);
    case "forms":
      if (rest.length) return s.definition(packages, rest.join("/"), lang) ?? refuse(404, "not_found", "没有这种单据");
      return Object.values(packages).flatMap((p) => [...Object.keys(p.forms), ...Object.keys(p.registers)].map((f) => { const d = s.definition(packages, `${p.name}/${f}`, lang); return { form: d.form, label: d.label, module: p.name, module_label: d.module_label, kind: d.kind, may: d.may }; }));
    case "records": return records(req, url, body, lang, rest);
    case "tasks": return tasks(req, url, body, lang, rest);
    case "ledgers": return ledgers(url, lang, rest);
    case "lookup": { const rows = (demo.records[rest.join("/")] ?? []).filter((r) => s.textOf(r).includes(url.searchParams.get("q") ?? "")); return rows.slice(0, 20).map((r) => ({ id: r.id, title: r.title, key: r.values.code ?? r.values.number ?? "" })); }
    case "people": return demo.users.filter((u) => u.name.includes(url.searchParams.get("q") ?? "")).map((u) => ({ user: u.id, name: u.name, department: "采购部", position: u.role }));
    case "views": { const ref = `${rest[0]}/${rest[1]}`; const v = (s.views[ref] ??= []); if (req.method === "POST") { const x = { id: s.newId(), shared: false, ...body }; v.push(x); return [201, x]; } if (req.method === "DELETE") { s.views[ref] = v.filter((x) => x.id !== rest[2]); return [204, null]; } return v; }
    case "notices": if (req.method === "POST") { for (const n of s.notices) if (body.ids.includes(n.id)) n.read = true; return [204, null]; } return { rows: s.notices.filter((n) => n.user === who.session.id) };
    case "files": { const hash = s.newId(); const head = raw.subarray(0, 600).toString("latin1"); const name = Buffer.from(/filename="([^"]*)"/.exec(head)?.[1] ?? "file", "latin1").toString("utf8"); const f = { hash, name, size: raw.length, media: /Content-Type: (\S+)/.exec(head)?.[1] ?? "application/octet-stream" }; s.files[hash] = f; return f; }
    case "stream": res.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" }); res.write(": hello\n\n"); s.streams.add(res); res.on("close", () => s.streams.delete(res)); return undefined;
    default: return refuse(404, "not_found", "?");
  }
}
