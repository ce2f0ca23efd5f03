// Beside the record: what happened, what was said, what was changed field by field.
import { Button } from "antd";
import { ArrowRight, Pencil, Undo } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { post } from "../../api/client";
import { cache, useComments, useHistory } from "../../api/queries";
import type { Change, Comment, Definition, FieldDef, HistoryRow, Value } from "../../api/types";
import { say as sayField } from "../../fields";
import { shortMoment } from "../../ui/day";
import { group } from "../../ui/number";
import { Avatar, Bones, Empty, Trouble, useProblemText } from "../../ui/parts";
import { toast } from "../../ui/toast";
import { FieldHistory } from "./FieldHistory";

type Tab = "all" | "comments" | "changes";
interface Props { def: Definition; record: string; place: string | null; onPlace: (place: string | null) => void; onRestore: ((place: string, value: Value) => void) | null }

export function Rail({ def, record, place, onPlace, onRestore }: Props) {
  const { t } = useTranslation();
  const [tab, setTab] = useState<Tab>("all");
  const history = useHistory(def.form, record);
  const comments = useComments(def.form, record);
  const said = comments.data?.pages.flatMap((page) => page.rows) ?? [];
  const changes = (history.data ?? []).filter((h) => h.changes.length > 0);
  const tabs: [Tab, string, number | null][] = [["all", t("rail.all"), null], ["comments", t("rail.comments"), said.length], ["changes", t("rail.changes"), changes.length]];
  return (
    <aside className="rail" aria-label={t("rail.all")}>
      <div className="tabs" role="tablist">
        {tabs.map(([k, label, n]) => (
          <button key={k} type="button" role="tab" aria-selected={tab === k} onClick={() => setTab(k)}>{label}{n ? <span className="ink3">{n}</span> : null}</button>
        ))}
      </div>
      <div className="rail-body">
        {place && <FieldHistory def={def} place={place} history={history.data ?? []} onClose={() => onPlace(null)} onRestore={onRestore} />}
        {tab !== "changes" && <Write form={def.form} record={record} />}
        {(history.isLoading || comments.isLoading) && <Bones rows={5} />}
        {history.error && <Trouble error={history.error} onRetry={() => void history.refetch()} />}
        <Stream tab={tab} def={def} history={history.data ?? []} comments={said} />
        {tab !== "changes" && comments.hasNextPage && <button type="button" className="bare link load-more" onClick={() => void comments.fetchNextPage()}>{t("rail.older")}</button>}
      </div>
    </aside>
  );
}

function Write({ form, record }: { form: string; record: string }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const send = async () => {
    if (!text.trim() || busy) return;
    setBusy(true);
    try {
      await post(`/records/${form}/${record}/comments`, { text: text.trim() });
      setText("");
      void cache.invalidateQueries({ queryKey: ["comments", form, record] });
    } catch (e) {
      toast(say(e), { bad: true });
    }
    setBusy(false);
  };
  return (
    <div className="write">
      <textarea className="area" rows={2} aria-label={t("rail.write")} placeholder={t("rail.write")} value={text} onChange={(e) => setText(e.target.value)} onKeyDown={(e) => e.key === "Enter" && (e.ctrlKey || e.metaKey) && !e.nativeEvent.isComposing && (e.preventDefault(), void send())} />
      <div className="row"><span className="grow" /><kbd>Ctrl Enter</kbd><Button size="small" disabled={!text.trim()} loading={busy} onClick={() => void send()}>{t("rail.send")}</Button></div>
    </div>
  );
}

type Item = { at: string; history?: HistoryRow; comment?: Comment };
function Stream({ tab, def, history, comments }: { tab: Tab; def: Definition; history: HistoryRow[]; comments: Comment[] }) {
  const { t } = useTranslation();
  const items: Item[] = [];
  if (tab !== "comments") for (const h of history) if (tab === "all" || h.changes.length) items.push({ at: h.at, history: h });
  if (tab !== "changes") for (const c of comments) items.push({ at: c.at, comment: c });
  items.sort((a, b) => (a.at < b.at ? 1 : -1));
  if (items.length === 0) return <Empty title={t(tab === "comments" ? "rail.no_comments" : "rail.nothing")} />;
  return (
    <ol className="stream">
      {items.map((i, n) => (i.comment ? (
        <li key={i.comment.id}>
          <Avatar name={i.comment.by.name} />
          <div><b>{i.comment.by.name}</b> <span className="ink3 small">{shortMoment(i.at)}</span><p className="said">{i.comment.text}</p></div>
        </li>
      ) : (
        <HistoryItem key={`${i.at}-${n}`} row={i.history!} def={def} all={tab === "changes"} />
      )))}
    </ol>
  );
}

const FEW = 3;
function HistoryItem({ row, def, all }: { row: HistoryRow; def: Definition; all: boolean }) {
  const { t, i18n } = useTranslation();
  const [open, setOpen] = useState(all);
  const who = row.by?.name ?? t("flow.system");
  const word = row.act_label ? row.act_label : i18n.exists(`did.${row.act}`) ? t(`did.${row.act}`) : i18n.exists(`outcome.${row.act}`) ? t(`outcome.${row.act}`) : row.act;
  const shown = open ? row.changes : row.changes.slice(0, FEW);
  return (
    <li>
      {row.act === "return" ? <Undo size={15} className="warn" /> : row.changes.length ? <Pencil size={15} className="ink3" /> : <Avatar name={who} />}
      <div>
        <b>{who}</b> <span className={row.act === "return" ? "warn" : row.outcome === "reject" ? "bad" : ""}>{word}</span> <span className="ink3 small">{shortMoment(row.at)}</span>
        {row.opinion && <p className="said">{row.opinion}</p>}
        {shown.map((c, i) => <ChangeLine key={i} change={c} def={def} />)}
        {row.changes.length > shown.length && <button type="button" className="bare link small" onClick={() => setOpen(true)}>{t("rail.more", { count: row.changes.length - shown.length })}</button>}
      </div>
    </li>
  );
}

export function ChangeLine({ change, def }: { change: Change; def: Definition }) {
  const { t } = useTranslation();
  const field = fieldAt(def, change.at);
  return (
    <div className="change small">
      <span className="ink3">{change.line ? `${t("rail.line", { n: change.line })} ` : ""}{change.label}</span>
      <s className="ink3">{valueText(change.old, field) || t("rail.blank")}</s>
      <ArrowRight size={12} className="ink4" />
      <b>{valueText(change.new, field) || t("rail.blank")}</b>
    </div>
  );
}
export function fieldAt(def: Definition, at: string): FieldDef | undefined {
  const parts = at.split("/");
  const head = def.fields[parts[0] ?? ""];
  return parts.length > 1 ? head?.fields?.[parts[parts.length - 1] ?? ""] : head;
}
/** A value of the history: usually as in a record, sometimes already as text. */
export function valueText(v: Value, def: FieldDef | undefined): string {
  if (v === null || v === undefined) return "";
  if (def && def.kind !== "lines") return sayField(v, def) || (typeof v === "string" ? v : "");
  if (typeof v === "string") return group(v);
  if (Array.isArray(v)) return String(v.length);
  return typeof v === "object" && "title" in v ? (v.title ?? "") : String(v);
}
