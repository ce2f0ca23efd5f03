// The bar of a page: where we are, its name, what the whole page can do. On a phone: back, name, acts.
import { ChevronLeft } from "lucide-react";
import { useEffect, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { back as goBack, go, onLink } from "./route";
import { useNarrow } from "./theme";

interface Props { title: string; count?: ReactNode; crumbs?: { label: string; to?: string }[]; back?: string; children?: ReactNode }

export function TopBar({ title, count, crumbs = [], back, children }: Props) {
  const { t } = useTranslation();
  const narrow = useNarrow();
  useEffect(() => {
    document.title = `${title} · Formwork`;
  }, [title]);
  return (
    <header className="topbar">
      {narrow && back && <button type="button" className="bare" aria-label={t("act.back")} onClick={() => (window.history.length > 2 ? goBack() : go(back))}><ChevronLeft size={22} /></button>}
      {narrow && crumbs.length > 0 ? (
        <div className="grow two"><b className="cut">{crumbs[crumbs.length - 1]!.label}</b><span className="ink3 small cut">{title}</span></div>
      ) : (
        <nav className="row crumbs cut" aria-label={t("nav.where")}>
          {crumbs.map((c) => <span key={c.label} className="ink2 row" style={{ gap: 4 }}>{c.to ? <a href={c.to} onClick={onLink} className="ink2">{c.label}</a> : c.label}<span className="ink4">/</span></span>)}
          <b className="page-name cut">{title}</b>
          {count !== undefined && <span className="ink3">{count}</span>}
        </nav>
      )}
      {!(narrow && crumbs.length > 0) && <span className="grow" />}
      {children}
    </header>
  );
}
