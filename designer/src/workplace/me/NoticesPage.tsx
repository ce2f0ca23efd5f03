// What the system has told me; opening the page reads it.
import { Button } from "antd";
import { useTranslation } from "react-i18next";
import { post } from "../../api/client";
import { cache, useNotices } from "../../api/queries";
import { at, onLink } from "../../app/route";
import { TopBar } from "../../app/TopBar";
import { shortMoment } from "../../ui/day";
import { groupInTitle } from "../../ui/number";
import { Bones, Empty, Trouble } from "../../ui/parts";

export function NoticesPage() {
  const { t } = useTranslation();
  const q = useNotices();
  const rows = q.data?.rows ?? [];
  const unread = rows.filter((n) => !n.read).map((n) => n.id);
  const read = async (ids: string[]) => {
    if (ids.length === 0) return;
    await post("/notices/read", { ids });
    await cache.invalidateQueries({ queryKey: ["notices"] });
  };
  return (
    <main className="page">
      <TopBar title={t("nav.notices")} count={unread.length || undefined} back="/mine">{unread.length > 0 && <Button onClick={() => void read(unread)}>{t("notice.read_all")}</Button>}</TopBar>
      <div className="scroll">
        <div className="pad"><section className="panel">
          {q.isLoading && <Bones rows={6} />}
          {q.error && <Trouble error={q.error} onRetry={() => void q.refetch()} />}
          {q.data && rows.length === 0 && <Empty title={t("notice.none")} />}
          <ul className="notice-list wide">
            {rows.map((n) => (
              <li key={n.id} className={n.read ? "" : "unread"}>
                {n.form && n.record ? <a href={at.record(n.form, n.record)} onClick={(e) => (void read(n.read ? [] : [n.id]), onLink(e))}>{groupInTitle(n.say)}</a> : <span>{groupInTitle(n.say)}</span>}
                {n.body && <span className="notice-body ink2">{n.body}</span>}
                <span className="ink3 small">{shortMoment(n.at)}</span>
              </li>
            ))}
          </ul>
        </section></div>
      </div>
    </main>
  );
}
