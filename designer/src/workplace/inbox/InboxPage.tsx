// The inbox: a list by urgency and a preview beside it, worked through with one hand on the keyboard.
import { Button } from "antd";
import { X } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { get } from "../../api/client";
import { useBox } from "../../api/queries";
import type { TaskRow, TaskSheet } from "../../api/types";
import { useHotkeys } from "../../app/keys";
import { decideAll, undo, useDecided, type Decision } from "../../app/outbox";
import { at, go } from "../../app/route";
import { useNarrow } from "../../app/theme";
import { TopBar } from "../../app/TopBar";
import { dueBand, dueText } from "../../ui/day";
import { Dialog } from "../../ui/Dialog";
import { Avatar, Bones, Empty, StatusTag, Trouble } from "../../ui/parts";
import { toast } from "../../ui/toast";
import { isStarters } from "../record/returned";
import { decision, order } from "../task/decide";
import { TaskPreview } from "../task/TaskPreview";
import { afterLeaving, amountOf, byDue, inOrder, step, tellingFact, titleParts, totalOf } from "./rows";

type Tab = "todo" | "done";

export function InboxPage({ task }: { task: string | null }) {
  const { t } = useTranslation();
  const narrow = useNarrow();
  const [tab, setTab] = useState<Tab>("todo");
  const [want, setWant] = useState("");
  const box = useBox(tab, want);
  const decided = useDecided();
  const shown = useMemo(() => {
    const rows = (box.data?.pages.flatMap((p) => p.rows) ?? []).filter((r) => !r.id || !decided.has(r.id));
    // What is done has no urgency any more: it stays in the order of doing.
    return tab === "todo" ? byDue(rows) : [{ band: "none" as const, rows }];
  }, [box.data, decided, tab]);
  const rows = useMemo(() => inOrder(shown), [shown]);
  const [picked, setPicked] = useState<Set<string>>(new Set());
  const [help, setHelp] = useState(false);
  const [key, setKey] = useState<{ key: string; n: number }>({ key: "", n: 0 });
  const current = rows.find((r) => r.id === task) ?? (narrow ? undefined : rows[0]);

  const show = (r: TaskRow | undefined) => r?.id && go(at.task(r.id), "replace");
  const openRecord = (r: TaskRow | undefined) => {
    if (!r) return;
    sessionStorage.setItem("fw.from", "inbox");
    go(at.record(r.form, r.record.id));
  };
  const toggle = (r: TaskRow | undefined) => r?.id && setPicked((s) => (s.has(r.id!) ? new Set([...s].filter((x) => x !== r.id)) : new Set([...s, r.id!])));
  const left = (gone: string) => show(afterLeaving(rows, gone));
  const takeBack = () => {
    const d = undo();
    if (d) go(at.task(d.task), "replace");
  };
  const press = (k: string) => setKey((x) => ({ key: k, n: x.n + 1 }));
  useHotkeys({
    j: () => show(step(rows, current?.id ?? null, 1)), k: () => show(step(rows, current?.id ?? null, -1)),
    ArrowDown: () => show(step(rows, current?.id ?? null, 1)), ArrowUp: () => show(step(rows, current?.id ?? null, -1)),
    x: () => toggle(current), Enter: () => openRecord(current), "?": () => setHelp(true), z: takeBack,
    a: () => (picked.size > 0 ? void bulk() : press("a")), r: () => press("r"), t: () => press("t"),
  });
  useEffect(() => {
    if (!narrow) document.querySelector(".task-row.current")?.scrollIntoView({ block: "nearest" });
  }, [current?.id, narrow]);

  const chosen = rows.filter((r) => r.id && picked.has(r.id));
  const able = chosen.filter((r) => r.bulk);
  async function bulk(): Promise<void> {
    const taken: { row: TaskRow; decision: Decision }[] = [];
    setPicked(new Set());
    for (const r of able) {
      const got = await get<TaskSheet>(`/tasks/${r.id}`).catch(() => null);
      const o = got && order(got.task.operations).main;
      // What came back to its starter is changed first, never submitted again in passing.
      if (!got || !o?.allowed || o.comment === "required" || isStarters(got.sheet, got.task.node)) continue;
      taken.push({ row: r, decision: decision(o, { task: r.id!, form: r.form, formLabel: r.form_label, record: r.record.id, title: r.record.title ?? "", version: got.sheet.record.version }, { outcome: o.outcome }) });
    }
    decideAll(taken.map((x) => x.decision), t("inbox.approved_n", { count: taken.length, total: totalOf(taken.map((x) => x.row)) }).trim());
    const out = chosen.length - taken.length;
    if (out) toast(t("inbox.left_out", { count: out }), { bad: true });
  }
  const waiting = tab === "todo" ? `${rows.length}${box.hasNextPage ? "+" : ""}` : undefined;
  return (
    <main className="page">
      <TopBar title={t("nav.inbox")} count={waiting}>
        {!narrow && <button type="button" className="bare ink3" onClick={() => setHelp(true)}><kbd>J</kbd><kbd>K</kbd>{t("key.move")} <kbd>X</kbd>{t("key.select")} <kbd>A</kbd>{t("key.approve")} <kbd>R</kbd>{t("key.reject")} <kbd>?</kbd>{t("key.all")}</button>}
      </TopBar>
      <div className="inbox">
        <section className="inbox-list" aria-label={t("nav.inbox")}>
          <BoxTabs tab={tab} onTab={setTab} want={want} onWant={setWant} />
          {chosen.length > 0 && (
            <div className="picked-bar row">
              <b className="grow">{t("inbox.picked", { count: chosen.length })} <span className="ink2">{totalOf(chosen)}</span></b>
              {able.length < chosen.length && <span className="warn small">{t("inbox.not_bulk", { count: chosen.length - able.length })}</span>}
              <Button size="small" type="primary" disabled={able.length === 0} onClick={() => void bulk()}>{t("inbox.approve_n", { count: able.length })}</Button>
              <button type="button" className="bare" aria-label={t("act.cancel")} onClick={() => setPicked(new Set())}><X size={14} /></button>
            </div>
          )}
          <div className="inbox-rows">
            {box.isLoading && <Bones rows={10} />}
            {box.error && <Trouble error={box.error} onRetry={() => void box.refetch()} />}
            {box.data && rows.length === 0 && <Empty title={t(tab === "todo" ? "inbox.none" : "inbox.none_done")} acts={<Button onClick={() => go("/mine")}>{t("inbox.see_mine")}</Button>} />}
            {shown.map((b) => (
              <div key={b.band} role="group" aria-label={t(`due.band_${b.band}`)}>
                {tab === "todo" && <div className={`due-band ${b.band === "late" ? "bad" : ""}`}><b>{t(`due.band_${b.band}`)}</b> <span className="ink3">{b.rows.length}</span></div>}
                {b.rows.map((r) => <TaskLine key={r.id ?? r.record.id} row={r} done={tab === "done"} current={!narrow && r === current} picked={!!r.id && picked.has(r.id)} onPick={tab === "todo" ? () => toggle(r) : undefined} onOpen={() => (narrow || !r.id ? openRecord(r) : show(r))} onEnter={() => openRecord(r)} />)}
              </div>
            ))}
            {box.hasNextPage && <button type="button" className="bare link load-more" onClick={() => void box.fetchNextPage()}>{t("list.more")}</button>}
          </div>
        </section>
        {!narrow && (current?.id && tab === "todo" ? <TaskPreview key={current.id} row={current} pressed={key} onGone={() => left(current.id!)} onOpen={() => openRecord(current)} /> : <section className="preview" />)}
      </div>
      {help && <HelpDialog onClose={() => setHelp(false)} />}
    </main>
  );
}

function BoxTabs({ tab, onTab, want, onWant }: { tab: Tab; onTab: (t: Tab) => void; want: string; onWant: (s: string) => void }) {
  const { t } = useTranslation();
  const tabs: Tab[] = ["todo", "done"];
  if (useNarrow()) {
    return (
      <div className="tabs" role="tablist">
        {tabs.map((k) => <button key={k} type="button" role="tab" aria-selected={tab === k} onClick={() => onTab(k)}>{t(`inbox.${k}`)}</button>)}
        <button type="button" role="tab" aria-selected={false} onClick={() => go("/copied")}>{t("nav.copied")}</button>
      </div>
    );
  }
  return (
    <div className="inbox-tabs row">
      <span className="seg">{tabs.map((k) => <button key={k} type="button" aria-pressed={tab === k} onClick={() => onTab(k)}>{t(`inbox.${k}`)}</button>)}</span>
      <input className="box grow" placeholder={t("inbox.find")} aria-label={t("inbox.find")} value={want} onChange={(e) => onWant(e.target.value)} />
    </div>
  );
}

interface LineProps { row: TaskRow; done: boolean; current: boolean; picked: boolean; onPick?: (() => void) | undefined; onOpen: () => void; onEnter: () => void }
function TaskLine({ row, done, current, picked, onPick, onOpen, onEnter }: LineProps) {
  const { t, i18n } = useTranslation();
  const narrow = useNarrow();
  const parts = titleParts(row);
  const { key, name } = parts;
  const band = dueBand(row.due_at, row.late);
  const fact = tellingFact(row, parts);
  return (
    <div className={`task-row${current ? " current" : ""}${picked ? " picked" : ""}`} onClick={onOpen} onDoubleClick={onEnter}>
      {onPick && !narrow && <input type="checkbox" aria-label={t("inbox.pick", { title: name })} checked={picked} onClick={(e) => e.stopPropagation()} onChange={onPick} />}
      {narrow && <Avatar name={row.started_by?.name ?? "?"} big />}
      <div className="plain grow task-what" role="link" tabIndex={0} aria-current={current || undefined} onKeyDown={(e) => e.key === "Enter" && (e.preventDefault(), onEnter())}>
        <span className="row"><b className="cut">{name}</b>{fact && !narrow && <span className="ink2 cut">· {fact}</span>}</span>
        <span className="row ink3 small">{!narrow && <Avatar name={row.started_by?.name ?? "?"} />}<span className="cut">{row.started_by?.name} {narrow ? "·" : ""} {row.form_label} {narrow ? fact && `· ${fact}` : key}</span></span>
      </div>
      <span className="task-end">
        <b>{amountOf(row)}</b>
        {done ? <span className="small ink3">{row.outcome ? (i18n.exists(`outcome.${row.outcome}`) ? t(`outcome.${row.outcome}`) : row.outcome) : <StatusTag status={row.record.status} />}</span> : row.due_at && <span className={`small ${band === "late" ? "bad strong" : band === "today" ? "warn strong" : "ink3"}`}>{dueText(row.due_at)}</span>}
      </span>
    </div>
  );
}

function HelpDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const keys: [string[], string][] = [[["J", "↓"], "key.next"], [["K", "↑"], "key.previous"], [["X"], "key.select"], [["A"], "key.approve"], [["R"], "key.reject"], [["T"], "key.transfer"], [["Enter"], "key.open"], [["Z"], "key.undo"], [["Ctrl K"], "key.palette"], [["G", "I"], "key.inbox"], [["C"], "key.create"], [["?"], "key.all"]];
  return (
    <Dialog title={t("key.title")} onClose={onClose}>
      <dl className="key-list">{keys.map(([k, say]) => <div key={say}><dt>{k.map((x) => <kbd key={x}>{x}</kbd>)}</dt><dd>{t(say)}</dd></div>)}</dl>
    </Dialog>
  );
}
