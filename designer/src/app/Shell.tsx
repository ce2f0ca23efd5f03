// The frame of every page: navigation at the left, on a phone four tabs at the foot.
import { AtSign, Bell, BookOpen, CirclePlus, FileText, Folder, House, Inbox, ListFilter, LogOut, PencilLine, Search, Send, Settings2, User, ChevronRight } from "lucide-react";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { remove } from "../api/client";
import { cache, useNotices } from "../api/queries";
import type { Me, MenuItem } from "../api/types";
import { languageNames, type Language } from "../i18n";
import { Avatar } from "../ui/parts";
import { Popover } from "../ui/Popover";
import { useHotkeys } from "./keys";
import { useDecided, undo } from "./outbox";
import { Palette } from "./Palette";
import { at, go, onLink, usePlace } from "./route";
import { change } from "./settings";
import { useNarrow } from "./theme";
import { switchLanguage } from "./session";

export const pathOf = (m: MenuItem): string | null => (m.form ? at.list(m.form) : m.register ? at.list(m.register) : m.ledger ? at.ledger(m.ledger) : null);

export function Shell({ me, children }: { me: Me; children: ReactNode }) {
  const narrow = useNarrow();
  const [palette, setPalette] = useState(false);
  useHotkeys({ "ctrl+k": () => setPalette(true), "g i": () => go("/inbox"), "g h": () => go("/"), "g m": () => go("/mine"), c: () => go("/new"), z: () => undo() });
  const { t } = useTranslation();
  const skip = () => {
    const main = document.querySelector("main");
    main?.setAttribute("tabindex", "-1");
    main?.focus();
  };
  return (
    <div className="shell">
      <button type="button" className="skip" onClick={skip}>{t("nav.skip")}</button>
      {!narrow && <Nav me={me} onSearch={() => setPalette(true)} />}
      {children}
      {narrow && <PhoneTabs me={me} />}
      {palette && <Palette me={me} onClose={() => setPalette(false)} />}
    </div>
  );
}

function Nav({ me, onSearch }: { me: Me; onSearch: () => void }) {
  const { t } = useTranslation();
  const place = usePlace();
  const todo = me.counts.todo - useDecided().size;
  const own: [string, string, typeof House, number][] = [["/", t("nav.home"), House, 0], ["/inbox", t("nav.inbox"), Inbox, Math.max(0, todo)], ["/mine", t("nav.mine"), Send, me.counts.mine], ["/drafts", t("nav.drafts"), PencilLine, me.counts.drafts], ["/copied", t("nav.copied"), AtSign, me.counts.copied]];
  return (
    <nav className="nav" aria-label={t("nav.label")}>
      <div className="site row"><span className="site-mark" aria-hidden>{[...me.site.name][0]}</span><b className="cut word">{me.site.name}</b></div>
      <button type="button" className="search" onClick={onSearch}><Search size={15} /><span className="grow word">{t("nav.search")}</span><kbd>Ctrl K</kbd></button>
      <div className="nav-scroll">
        {own.map(([to, label, Icon, n]) => (
          <a key={to} href={to} onClick={onLink} className="nav-item" aria-current={isAt(place.path, to) ? "page" : undefined} title={label}>
            <Icon size={16} strokeWidth={1.75} /><span className="grow cut word">{label}</span>
            {n > 0 && <span className={to === "/inbox" ? "bad strong word" : "ink3 word"}>{n}</span>}
          </a>
        ))}
        <div className="nav-head word">{t("nav.business")}</div>
        {me.menu.map((m) => <NavGroup key={m.name} item={m} me={me} path={place.path} depth={0} />)}
        {(me.settings.pinned ?? []).length > 0 && <div className="nav-head word">{t("nav.pinned")}</div>}
        {(me.settings.pinned ?? []).map((p) => <a key={p.path} href={p.path} onClick={onLink} className="nav-item" title={p.label}><ListFilter size={16} strokeWidth={1.75} /><span className="grow cut word">{p.label}</span></a>)}
      </div>
      <NavFoot me={me} />
    </nav>
  );
}
const isAt = (path: string, to: string) => (to === "/" ? path === "/" : path === to || path.startsWith(`${to}/`));
const holds = (m: MenuItem, path: string): boolean => {
  const own = pathOf(m);
  return (!!own && isAt(path, own)) || (m.items ?? []).some((x) => holds(x, path));
};

function NavGroup({ item, me, path, depth }: { item: MenuItem; me: Me; path: string; depth: number }) {
  const to = pathOf(item);
  const inside = holds(item, path);
  const kept = me.settings.nav?.[item.name];
  const open = kept ?? inside;
  const items = item.items ?? [];
  if (to && items.length === 0) {
    return <a href={to} onClick={onLink} className={`nav-item deep-${depth}`} aria-current={isAt(path, to) ? "page" : undefined} title={item.label}>{depth === 0 && <FileText size={16} strokeWidth={1.75} />}<span className="grow cut word">{item.label}</span>{item.ledger && <BookOpen size={13} className="ink4 word" />}</a>;
  }
  return (
    <>
      <button type="button" className={`nav-item deep-${depth}`} aria-expanded={open} title={item.label} onClick={() => change({ nav: { ...me.settings.nav, [item.name]: !open } })}>
        {depth === 0 && <Folder size={16} strokeWidth={1.75} />}<span className="grow cut word">{item.label}</span><ChevronRight size={13} className={`ink4 word fold-mark${open ? " open" : ""}`} />
      </button>
      {open && items.map((m) => <NavGroup key={m.name} item={m} me={me} path={path} depth={Math.min(depth + 1, 2)} />)}
    </>
  );
}

function NavFoot({ me }: { me: Me }) {
  const { t } = useTranslation();
  const self = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  const notices = useNotices();
  const unread = notices.data?.rows.filter((n) => !n.read).length ?? 0;
  const out = async () => {
    await remove("/session").catch(() => undefined);
    cache.clear();
    go("/", "replace");
    window.location.reload();
  };
  return (
    <footer className="nav-foot row">
      <button ref={self} type="button" className="me row grow" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Avatar name={me.user.name} big />
        <span className="two word grow"><b className="cut">{me.user.name}</b><span className="ink3 small cut" title={[me.user.department, ...me.roles.map((r) => r.label)].filter(Boolean).join(" · ")}>{me.roles[0]?.label ?? me.user.department}</span></span>
      </button>
      <a href="/notices" onClick={onLink} className="bare word bell" aria-label={t("nav.notices")} title={t("nav.notices")}><Bell size={16} strokeWidth={1.75} />{unread > 0 && <b>{unread > 99 ? "99+" : unread}</b>}</a>
      {open && (
        <Popover anchor={self.current} onClose={() => setOpen(false)} className="menu" role="menu">
          <a href="/me" role="menuitem" onClick={(e) => (onLink(e), setOpen(false))}><Settings2 size={15} />{t("nav.settings")}</a>
          <a href="/notices" role="menuitem" onClick={(e) => (onLink(e), setOpen(false))}><Bell size={15} />{t("nav.notices")}{unread > 0 && <b className="bad">{unread}</b>}</a>
          <hr />
          {me.languages.map((l) => <button key={l} type="button" role="menuitemradio" aria-checked={l === document.documentElement.lang} lang={l} className={l === document.documentElement.lang ? "strong" : ""} onClick={() => (setOpen(false), void switchLanguage(l))}>{languageNames[l as Language] ?? l}</button>)}
          <hr />
          <button type="button" role="menuitem" onClick={() => void out()}><LogOut size={15} />{t("nav.out")}</button>
        </Popover>
      )}
    </footer>
  );
}

function PhoneTabs({ me }: { me: Me }) {
  const { t } = useTranslation();
  const { path, parts } = usePlace();
  const todo = Math.max(0, me.counts.todo - useDecided().size);
  // A record has its own bar at the foot.
  const [hidden, setHidden] = useState(false);
  useEffect(() => setHidden(parts[0] === "f" && parts.length >= 4), [path]);
  if (hidden) return null;
  const tabs: [string, string, typeof House, boolean][] = [
    ["/inbox", t("tab.todo"), Inbox, path === "/" || path.startsWith("/inbox") || path === "/copied"],
    ["/new", t("tab.new"), CirclePlus, path === "/new"],
    ["/find", t("tab.find"), Search, path === "/find" || parts[0] === "f" || parts[0] === "l"],
    ["/mine", t("tab.mine"), User, ["/mine", "/drafts", "/me", "/notices"].includes(path)],
  ];
  return (
    <nav className="phone-tabs" aria-label={t("nav.label")}>
      {tabs.map(([to, label, Icon, on]) => (
        <a key={to} href={to} onClick={onLink} aria-current={on ? "page" : undefined}><span className="tab-icon"><Icon size={24} strokeWidth={1.6} />{to === "/inbox" && todo > 0 && <b className="badge">{todo}</b>}</span>{label}</a>
      ))}
    </nav>
  );
}
