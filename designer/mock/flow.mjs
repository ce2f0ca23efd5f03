// A toy of the workflow: walks approvals and exclusive gateways one after another, one seat each.
import { formOf, full, say } from "./packages.mjs";
import { newId, seats } from "./demo.mjs";

const PEOPLE = new Set(["approval", "fill"]);

export class Flow {
  constructor(demo) {
    this.demo = demo;
    this.tasks = [];
  }
  def(ref) {
    const { form, pack } = formOf(this.demo.packages, ref);
    if (!form.workflow) return null;
    const w = full(pack.name, form.workflow);
    const [p, n] = w.split("/");
    const flow = this.demo.packages[p]?.workflows[n];
    return flow ? { pack: this.demo.packages[p], name: n, flow } : null;
  }
  label(d, node, language) {
    return say(d.pack, language, `workflows/${d.name}/nodes/${node}`, d.flow.nodes[node].label ?? node);
  }
  after(record, node) {
    const d = this.def(record.form);
    const k = d.flow.nodes[node];
    if (k.kind !== "exclusive_gateway") return k.next ?? k.outcomes?.approve ?? k.outcomes?.done ?? Object.values(k.outcomes ?? {})[0] ?? Object.values(k.branches ?? {})[0]?.to;
    const { form, pack } = formOf(this.demo.packages, record.form);
    const ev = this.demo.ev;
    const scope = ev.scope({ record: ev.wrap(record, form.fields, pack.name) }, pack.name);
    const branches = Object.values(k.branches);
    const hit = branches.find((b) => b.when && ev.run(b.when, scope) === true) ?? branches.find((b) => !b.when) ?? branches[branches.length - 1];
    return hit.to;
  }
  path(record, from) {
    const d = this.def(record.form);
    const out = [];
    let node = from ?? Object.keys(d.flow.nodes).find((n) => d.flow.nodes[n].kind === "start");
    for (let i = 0; node && i < 20; i++) {
      const k = d.flow.nodes[node];
      if (k.kind !== "exclusive_gateway") out.push(node);
      if (k.kind === "end") break;
      node = this.after(record, node);
    }
    return out;
  }
  seat(record, node) {
    const list = this.path(record).filter((n) => PEOPLE.has(this.def(record.form).flow.nodes[n].kind));
    return this.demo.users.find((u) => u.login === seats[Math.max(0, list.indexOf(node)) % seats.length]);
  }
  enter(record, node, at) {
    const d = this.def(record.form);
    for (let i = 0; node && i < 30; i++) {
      const k = d.flow.nodes[node];
      if (PEOPLE.has(k.kind)) {
        const opened = at ?? new Date().toISOString();
        const task = { id: newId(), record, node, user: this.seat(record, node), opened_at: opened, due_at: new Date(new Date(opened).getTime() + 2 * 864e5).toISOString(), state: "open" };
        this.tasks.push(task);
        record.status = "submitted";
        record.steps.push({ node, kind: k.kind, attempt: 1, state: "open", entered: opened, left: null, seats: [{ who: task.user.name, state: "open", since: opened }] });
        return;
      }
      if (k.kind !== "exclusive_gateway") record.steps.push({ node, kind: k.kind, attempt: 1, state: "done", entered: at ?? new Date().toISOString(), left: at ?? new Date().toISOString(), seats: k.kind === "start" ? [{ who: record.created_by.name, state: "done", at }] : [] });
      if (k.kind === "end") { record.status = k.status ?? "approved"; record.ended_at = new Date().toISOString(); return; }
      node = this.after(record, node);
    }
  }
  submit(record, at) {
    const d = this.def(record.form);
    record.steps ??= [];
    record.started_at = at ?? new Date().toISOString();
    record.started_by = record.created_by;
    const back = record.returned;
    record.returned = null;
    if (back) { record.steps.push({ node: "$starter", kind: "start", attempt: 2, state: "done", entered: back.at, left: new Date().toISOString(), seats: [{ who: record.created_by.name, state: "done", outcome: "resubmit", at: new Date().toISOString() }] }); this.enter(record, back.node, at); return; }
    this.enter(record, Object.keys(d.flow.nodes).find((n) => d.flow.nodes[n].kind === "start"), at);
  }
  complete(task, outcome, opinion, at) {
    const { record, node } = task;
    const k = this.def(record.form).flow.nodes[node];
    const when = at ?? new Date().toISOString();
    task.state = "done"; task.outcome = outcome; task.done_at = when;
    const step = record.steps.findLast((s) => s.node === node && s.state === "open");
    Object.assign(step, { state: "done", left: when, seats: [{ who: task.user.name, state: "done", outcome, opinion, at: when, since: task.opened_at }] });
    record.history.push({ version: record.version, at: when, by: task.user, act: outcome, opinion, changes: [] });
    const to = k.outcomes?.[outcome] ?? k.next;
    if (outcome === "reject") { record.steps.push({ node: to, kind: "end", attempt: 1, state: "done", entered: when, left: when, seats: [] }); record.status = "rejected"; return; }
    this.enter(record, to, when);
  }
  back(task, opinion) {
    const { record, node } = task;
    const when = new Date().toISOString();
    task.state = "done"; task.outcome = "return"; task.done_at = when;
    Object.assign(record.steps.findLast((s) => s.node === node && s.state === "open"), { state: "returned", left: when, seats: [{ who: task.user.name, state: "returned", opinion, at: when, since: task.opened_at }] });
    record.history.push({ version: record.version, at: when, by: task.user, act: "return", opinion, changes: [] });
    record.returned = { node, at: when, opinion };
  }
  flow(record, language) {
    const d = this.def(record.form);
    if (!d || !record.steps?.length) return { status: record.status, started_by: null, started_at: null, ended_at: null, steps: [] };
    const lived = record.steps.map((s) => ({ ...s, label: s.node === "$starter" ? { en: "Submitted again", "zh-CN": "重新提交", "zh-TW": "重新送出" }[language] : this.label(d, s.node, language) }));
    const open = record.steps.findLast((s) => s.state === "open");
    const rest = open ? this.path(record, open.node).slice(1) : [];
    const expected = rest.map((n) => ({ node: n, label: this.label(d, n, language), kind: d.flow.nodes[n].kind, attempt: 1, state: "expected", entered: null, left: null, seats: PEOPLE.has(d.flow.nodes[n].kind) ? [{ who: this.seat(record, n).name, state: "waiting" }] : [] }));
    return { status: record.status, started_by: record.started_by, started_at: record.started_at, ended_at: record.ended_at ?? null, steps: [...lived, ...expected] };
  }
  run(chance) {
    for (const rows of Object.values(this.demo.records)) {
      for (const r of rows) {
        if (!this.def(r.form) || chance() < 0.1) continue;
        let at = new Date(r.created_at).getTime();
        this.submit(r, new Date(at).toISOString());
        for (let i = 0; i < 4 && r.status === "submitted" && chance() > 0.3; i++) {
          const t = this.tasks.findLast((x) => x.record === r && x.state === "open");
          at += chance() * 3e7;
          this.complete(t, chance() < 0.06 ? "reject" : "approve", chance() > 0.6 ? "同意，按此执行" : null, new Date(at).toISOString());
        }
      }
    }
  }
}
