// The first page: what waits for me by when, what I wait for, and beside them notices, pins and drafts.
import { Button } from "antd";
import { Plus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useBox, useCount, useNotices } from "../../api/queries";
import type { Me, TaskRow } from "../../api/types";
import { at, go, onLink } from "../../app/route";
import { useDecided } from "../../app/outbox";
import { useNarrow } from "../../app/theme";
import { TopBar } from "../../app/TopBar";
import { dueBand, dueText, longDay, shortMoment, since, today } from "../../ui/day";
import { groupInTitle } from "../../ui/number";
import { Bones, Empty, PersonName, Trouble } from "../../ui/parts";
import { MineRow } from "../inbox/BoxPage";
import { InboxPage } from "../inbox/InboxPage";
import { amountOf, byDue, titleParts } from "../inbox/rows";

export function HomePage({ me }: { me: Me }) {
  // On a phone the first tab is the to-do list itself.
  return useNarrow() ? <InboxPage task={null} /> : <Desk me={me} />;
}

function Desk({ me }: { me: Me }) {
  const { t } = useTranslation();
  const decided = useDecided();
  const todo = useBox("todo");
  const mine = useBox("mine", "", 8);
  const rows = (todo.data?.pages.flatMap((p) => p.rows) ?? []).filter((r) => !r.id || !decided.has(r.id));
  return (
    <main className="page">
      <TopBar title={t("nav.home")} count={longDay(today())}>
        {me.user.branch && <span className="ink2">{me.user.branch}</span>}
        <Button type="primary" icon={<Plus size={15} />} onClick={() => go("/new")}>{t("home.create")}<kbd>C</kbd></Button>
      </TopBar>
      <div className="scroll">
        <div className="home">
          <Strip me={me} rows={rows} />
          <div className="home-main">
            <TodoPanel rows={rows} loading={todo.isLoading} error={todo.error} more={todo.hasNextPage} onRetry={() => void todo.refetch()} />
            <section className="panel">
              <header><h2>{t("nav.mine")}</h2><span className="grow" /><a href="/mine" onClick={onLink}>{t("home.all_mine")}</a></header>
              {mine.isLoading && <Bones rows={4} />}
              {mine.data && mine.data.pages[0]!.rows.length === 0 && <Empty title={t("box.none_mine")} acts={<Button onClick={() => go("/new")}>{t("box.create")}</Button>} />}
              {mine.data?.pages[0]!.rows.slice(0, 8).map((r) => <MineRow key={r.record.id} row={r} />)}
            </section>
          </div>
          <div className="home-rail">
            <Notices />
            <Pins me={me} />
            <Drafts />
          </div>
        </div>
      </div>
    </main>
  );
}

function Strip({ me, rows }: { me: Me; rows: TaskRow[] }) {
  const { t } = useTranslation();
  const late = rows.filter((r) => dueBand(r.due_at, r.late) === "late").length;
  const due = rows.filter((r) => dueBand(r.due_at, r.late) === "today").length;
  const oldest = rows.map((r) => r.opened_at).filter((x): x is string => !!x).sort()[0];
  const cells: [string, string, number, string, string][] = [
    ["/inbox", t("nav.inbox"), Math.max(rows.length, me.counts.todo), late ? t("home.late", { count: late }) : oldest ? t("home.oldest", { long: since(oldest) }) : t("home.clear"), late ? "bad" : "ink3"],
    ["/inbox", t("home.due_today"), due, due ? t("home.before_evening") : t("home.nothing_due"), due ? "warn" : "ink3"],
    ["/mine", t("nav.mine"), me.counts.mine, t("home.mine_says"), "ink3"],
    ["/drafts", t("nav.drafts"), me.counts.drafts, t("home.drafts_say"), "ink3"],
    ["/copied", t("nav.copied"), me.counts.copied, t("home.copied_say"), "ink3"],
  ];
  return (
    <section className="panel strip">
      {cells.map(([to, label, n, says, tone]) => (
        <a key={label} href={to} onClick={onLink}><span className="ink3 small">{label}</span><b className="big-number">{n}</b><span className={`small ${tone}`}>{says}</span></a>
      ))}
    </section>
  );
}

function TodoPanel({ rows, loading, error, more, onRetry }: { rows: TaskRow[]; loading: boolean; error: unknown; more: boolean; onRetry: () => void }) {
  const { t } = useTranslation();
  const late = rows.filter((r) => dueBand(r.due_at, r.late) === "late").length;
  let left = 12;
  return (
    <section className="panel todo">
      <header><h2>{t("nav.inbox")}</h2><span className="ink3">{rows.length}{more ? "+" : ""}</span>{late > 0 && <span className="bad">{t("home.late", { count: late })}</span>}<span className="grow" /><a href="/inbox" onClick={onLink}>{t("home.all_todo")}</a><kbd>G</kbd><kbd>I</kbd></header>
      {loading && <Bones rows={6} />}
      {!!error && <Trouble error={error} onRetry={onRetry} />}
      {!loading && !error && rows.length === 0 && <Empty title={t("inbox.none")}>{t("home.none_says")}</Empty>}
      {rows.length > 0 && <div className="todo-row head small ink3"><span>{t("home.col_form")}</span><span>{t("home.col_key")}</span><span>{t("home.col_about")}</span><span className="num">{t("home.col_amount")}</span><span>{t("home.col_who")}</span><span>{t("home.col_here")}</span><span>{t("home.col_due")}</span></div>}
      {byDue(rows).map((b) => {
        const shown = b.rows.slice(0, Math.max(0, left));
        left -= shown.length;
        if (shown.length === 0) return null;
        return (
          <div key={b.band}>
            <div className={`due-band ${b.band === "late" ? "bad" : ""}`}><b>{t(`due.band_${b.band}`)}</b> <span className="ink3">{b.rows.length}</span></div>
            {shown.map((r) => <TodoRow key={r.id ?? r.record.id} row={r} />)}
          </div>
        );
      })}
      {rows.length > 12 && <a className="todo-more ink3" href="/inbox" onClick={onLink}>{t("home.more", { count: rows.length - 12 })}</a>}
    </section>
  );
}

function TodoRow({ row }: { row: TaskRow }) {
  const { key, name } = titleParts(row);
  const band = dueBand(row.due_at, row.late);
  return (
    <a className="todo-row" href={row.id ? at.task(row.id) : at.record(row.form, row.record.id)} onClick={onLink}>
      <span className="ink2 cut">{row.form_label}</span>
      <span className="accent cut">{key}</span>
      <span className="cut">{name}</span>
      <span className="num">{amountOf(row) || <span className="ink4">—</span>}</span>
      <PersonName name={row.started_by?.name} />
      <span className="ink2 cut">{row.opened_at ? shortMoment(row.opened_at) : ""}</span>
      <span className={`cut ${band === "late" ? "bad strong" : band === "today" ? "warn strong" : "ink2"}`}>{row.due_at ? dueText(row.due_at) : ""}</span>
    </a>
  );
}

function Notices() {
  const { t } = useTranslation();
  const q = useNotices();
  const rows = q.data?.rows.slice(0, 5) ?? [];
  return (
    <section className="panel">
      <header><h2>{t("nav.notices")}</h2><span className="grow" /><a href="/notices" onClick={onLink}>{t("home.all")}</a></header>
      {rows.length === 0 && <div className="empty">{t("notice.none")}</div>}
      <ul className="notice-list">
        {rows.map((n) => (
          <li key={n.id} className={n.read ? "" : "unread"}>
            {n.form && n.record ? <a href={at.record(n.form, n.record)} onClick={onLink}>{groupInTitle(n.say)}</a> : <span>{groupInTitle(n.say)}</span>}
            <span className="ink3 small">{shortMoment(n.at)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Pins({ me }: { me: Me }) {
  const { t } = useTranslation();
  const pins = me.settings.pinned ?? [];
  return (
    <section className="panel">
      <header><h2>{t("nav.pinned")}</h2></header>
      {pins.length === 0 && <div className="empty">{t("home.no_pins")}</div>}
      {pins.map((p) => <PinRow key={p.path} label={p.label} path={p.path} />)}
    </section>
  );
}
function PinRow({ label, path }: { label: string; path: string }) {
  const url = new URL(path, "http://x");
  const [, room, m, f] = url.pathname.split("/");
  const count = useCount(`${m}/${f}`, { q: url.searchParams.get("q") ?? undefined, filter: url.searchParams.get("filter") ?? undefined }, room === "f");
  return <a className="pin-row row" href={path} onClick={onLink}><span className="grow cut">{label}</span><b>{count.data ? `${count.data.count}${count.data.more ? "+" : ""}` : ""}</b></a>;
}

function Drafts() {
  const { t } = useTranslation();
  const q = useBox("drafts", "", 6);
  const rows = q.data?.pages[0]?.rows ?? [];
  if (rows.length === 0) return null;
  return (
    <section className="panel">
      <header><h2>{t("home.drafts")}</h2><span className="ink3">{rows.length}</span></header>
      {rows.slice(0, 6).map((r) => (
        <a key={r.record.id} className="pin-row row" href={at.record(r.form, r.record.id)} onClick={onLink}><span className="ink2">{r.form_label}</span><span className="grow cut">{titleParts(r).name}</span><span className="ink3 small">{r.opened_at ? shortMoment(r.opened_at) : ""}</span></a>
      ))}
    </section>
  );
}
