// Ctrl K: go anywhere, make anything, find any record by its key or name.
import { ArrowRight, CirclePlus, FileText, Search } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { get, query } from "../api/client";
import { useForms } from "../api/queries";
import type { FormHead, Link, Me, MenuItem } from "../api/types";
import { groupInTitle } from "../ui/number";
import { pathOf } from "./Shell";
import { at, go } from "./route";

export interface Found { id: string; label: string; extra: string; to: string; kind: "go" | "new" | "record" }

/** All entries of the menu with the way to them: "Purchasing / Orders". */
export function flatten(menu: MenuItem[], above: string[] = []): Found[] {
  return menu.flatMap((m) => {
    const to = pathOf(m);
    const here = [...above, m.label];
    return [...(to ? [{ id: `go ${to}`, label: m.label, extra: above.join(" / "), to, kind: "go" as const }] : []), ...flatten(m.items ?? [], here)];
  });
}
export const fits = (f: { label: string; extra: string }, want: string): boolean => {
  const text = `${f.label} ${f.extra}`.normalize("NFKC").toLowerCase();
  return want.normalize("NFKC").toLowerCase().split(/\s+/).every((w) => text.includes(w));
};

/** Records whose key or name fits, looked for in the forms that a person may read; documents first. */
export function useRecords(want: string, forms: FormHead[] | undefined): { found: Found[]; looking: boolean } {
  const [found, setFound] = useState<Found[]>([]);
  const [looking, setLooking] = useState(false);
  useEffect(() => {
    if (want.trim().length < 2 || !forms) return setFound([]);
    let gone = false;
    setLooking(true);
    const wait = window.setTimeout(async () => {
      const rank = (f: FormHead) => (f.kind === "document" ? 0 : f.kind === "settings" ? 2 : 1);
      const readable = forms.filter((f) => f.may.includes("read") && f.kind !== "settings").sort((a, b) => rank(a) - rank(b)).slice(0, 16);
      const all = await Promise.all(readable.map(async (f) => {
        const rows = await get<Link[]>(`/lookup/${f.form}${query({ q: want.trim(), limit: 4 })}`).catch(() => []);
        return rows.map((r): Found => ({ id: `${f.form} ${r.id}`, label: r.title ?? r.key ?? r.id, extra: f.label, to: at.record(f.form, r.id), kind: "record" }));
      }));
      if (gone) return;
      setFound(all.flat().slice(0, 24));
      setLooking(false);
    }, 180);
    return () => {
      gone = true;
      window.clearTimeout(wait);
    };
  }, [want, forms]);
  return { found, looking };
}

export function Palette({ me, onClose }: { me: Me; onClose: () => void }) {
  const { t } = useTranslation();
  const self = useRef<HTMLDialogElement>(null);
  const [want, setWant] = useState("");
  const [mark, setMark] = useState(0);
  const forms = useForms();
  const records = useRecords(want, forms.data);
  useEffect(() => self.current?.showModal(), []);
  const fixed = useMemo<Found[]>(() => [
    ...[["/", "nav.home"], ["/inbox", "nav.inbox"], ["/mine", "nav.mine"], ["/drafts", "nav.drafts"], ["/notices", "nav.notices"], ["/me", "nav.settings"]].map(([to, k]): Found => ({ id: `go ${to}`, label: t(k!), extra: "", to: to!, kind: "go" })),
    ...flatten(me.menu),
    ...(forms.data ?? []).filter((f) => f.may.includes("create") && f.kind !== "settings").map((f): Found => ({ id: `new ${f.form}`, label: t("record.new", { form: f.label }), extra: f.module_label, to: at.create(f.form), kind: "new" })),
  ], [me.menu, forms.data, t]);
  const list = [...fixed.filter((f) => fits(f, want)).slice(0, want ? 10 : 14), ...records.found];
  const open = (f: Found | undefined) => {
    if (!f) return;
    onClose();
    go(f.to);
  };
  const icons = { go: ArrowRight, new: CirclePlus, record: FileText };
  return (
    <dialog ref={self} className="palette" aria-label={t("nav.search")} onCancel={onClose} onClose={onClose} onClick={(e) => e.target === self.current && onClose()}>
      <div className="row palette-box">
        <Search size={17} className="ink3" />
        <input autoFocus className="grow" placeholder={t("palette.hint")} aria-label={t("palette.hint")} role="combobox" aria-expanded aria-controls="palette-list" aria-activedescendant={list[mark] ? `palette-${mark}` : undefined} value={want}
          onChange={(e) => (setWant(e.target.value), setMark(0))}
          onKeyDown={(e) => {
            if (e.nativeEvent.isComposing) return;
            if (e.key === "ArrowDown" || e.key === "ArrowUp") (e.preventDefault(), setMark((m) => (m + (e.key === "ArrowDown" ? 1 : list.length - 1)) % Math.max(1, list.length)));
            if (e.key === "Enter") open(list[mark]);
          }} />
        <kbd>Esc</kbd>
      </div>
      <ul id="palette-list" role="listbox" aria-label={t("nav.search")}>
        {list.map((f, i) => {
          const Icon = icons[f.kind];
          return <li key={f.id} id={`palette-${i}`} role="option" aria-selected={i === mark} className={i === mark ? "mark" : ""} onPointerMove={() => setMark(i)} onClick={() => open(f)}><Icon size={15} strokeWidth={1.75} /><span className="grow cut">{groupInTitle(f.label)}</span><span className="ink3 small cut">{f.extra}</span></li>;
        })}
        {list.length === 0 && <li className="ink3">{records.looking ? t("state.loading") : t("pick.none", { typed: want })}</li>}
      </ul>
    </dialog>
  );
}
