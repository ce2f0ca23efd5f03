// What I have asked for, what I have begun, what was copied to me; on a phone also the way to my own page.
import { Button } from "antd";
import { Bell, Settings2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useBox, useFlow, type Box } from "../../api/queries";
import type { Me, TaskRow } from "../../api/types";
import { at, go, onLink } from "../../app/route";
import { useNarrow } from "../../app/theme";
import { TopBar } from "../../app/TopBar";
import { shortMoment } from "../../ui/day";
import { Avatar, Bones, Empty, StatusTag, Trouble } from "../../ui/parts";
import { StepBar, visibleSteps, waiting } from "../record/Tracker";
import { amountOf, titleParts } from "./rows";

export function BoxPage({ box, me }: { box: Extract<Box, "mine" | "drafts" | "copied">; me: Me }) {
  const { t } = useTranslation();
  const narrow = useNarrow();
  const q = useBox(box);
  const rows = q.data?.pages.flatMap((p) => p.rows) ?? [];
  return (
    <main className="page">
      <TopBar title={t(`nav.${box}`)} count={box === "mine" && q.data ? t("box.mine_count", { running: me.counts.mine, all: `${rows.length}${q.hasNextPage ? "+" : ""}` }) : rows.length || undefined}>
        {narrow && <a className="bare" href="/notices" onClick={onLink} aria-label={t("nav.notices")}><Bell size={20} /></a>}
        {narrow && <a className="bare" href="/me" onClick={onLink} aria-label={t("nav.settings")}><Settings2 size={20} /></a>}
      </TopBar>
      {narrow && (
        <div className="tabs" role="tablist">
          {(["mine", "drafts"] as const).map((b) => <button key={b} type="button" role="tab" aria-selected={box === b} onClick={() => go(`/${b}`, "replace")}>{t(`nav.${b}`)}<span className="ink3">{me.counts[b] || ""}</span></button>)}
        </div>
      )}
      <div className="scroll">
        <div className={narrow ? "" : "pad"}>
          <section className={narrow ? "flat" : "panel"}>
            {q.isLoading && <Bones rows={8} />}
            {q.error && <Trouble error={q.error} onRetry={() => void q.refetch()} />}
            {q.data && rows.length === 0 && <Empty title={t(`box.none_${box}`)} acts={box === "copied" ? undefined : <Button type="primary" onClick={() => go("/new")}>{t("box.create")}</Button>} />}
            {rows.map((r) => <MineRow key={r.record.id + (r.id ?? "")} row={r} />)}
            {q.hasNextPage && <button type="button" className="bare link load-more" onClick={() => void q.fetchNextPage()}>{t("list.more")}</button>}
          </section>
        </div>
      </div>
    </main>
  );
}

/** One of mine: what, how far, with whom and for how long. */
export function MineRow({ row }: { row: TaskRow }) {
  const { t } = useTranslation();
  const narrow = useNarrow();
  const { key, name } = titleParts(row);
  const running = row.record.status === "submitted" || row.record.status === "returned";
  const flow = useFlow(row.form, row.record.id, running && !row.steps);
  const steps = flow.data ? visibleSteps(flow.data.steps) : [];
  const states = row.steps ?? steps.map((s) => s.state);
  const open = steps.find((s) => s.state === "open");
  const who = row.waits?.[0] ?? open?.seats.find((s) => s.state === "open")?.who ?? "";
  const began = open?.entered ?? row.opened_at;
  return (
    <a className="mine-row" href={at.record(row.form, row.record.id)} onClick={onLink}>
      <span className="ink2 what cut">{row.form_label}</span>
      <span className="key cut">{key || row.record.title}</span>
      <span className="name cut">{key ? name : ""}</span>
      <b className="amount">{amountOf(row)}</b>
      {running ? (
        <>
          <StepBar states={states} />
          <span className="who row cut">{who && <Avatar name={who} />}<span className="cut">{open?.kind === "start" ? <span className="warn">{t("status.returned")}</span> : row.label} {who && <span className="ink3">{who}</span>}</span></span>
          <span className="ink3 small long">{began ? waiting(began, t) : ""}</span>
        </>
      ) : (
        <>
          <span className="state"><StatusTag status={row.record.status} /></span>
          {!narrow && <span />}
          <span className="ink3 small long">{row.opened_at ? shortMoment(row.opened_at) : ""}</span>
        </>
      )}
    </a>
  );
}
