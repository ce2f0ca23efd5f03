// Find, on a phone: the menu as a list, and every record by its key or name.
import { BookOpen, ChevronRight, FileText, Search } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useForms } from "../../api/queries";
import type { Me, MenuItem } from "../../api/types";
import { fits, flatten, useRecords } from "../../app/Palette";
import { onLink } from "../../app/route";
import { pathOf } from "../../app/Shell";
import { groupInTitle } from "../../ui/number";
import { TopBar } from "../../app/TopBar";

export function FindPage({ me }: { me: Me }) {
  const { t } = useTranslation();
  const [want, setWant] = useState("");
  const forms = useForms();
  const records = useRecords(want, forms.data);
  const places = want ? flatten(me.menu).filter((f) => fits(f, want)) : [];
  return (
    <main className="page">
      <TopBar title={t("tab.find")} />
      <div className="scroll">
        <div className="find-top"><label className="box row find-box"><Search size={18} className="ink3" /><input className="grow" type="search" aria-label={t("palette.hint")} placeholder={t("palette.hint")} value={want} onChange={(e) => setWant(e.target.value)} /></label></div>
        {want ? (
          <div className="flat">
            {[...places, ...records.found].map((f) => <a key={f.id} className="find-row row" href={f.to} onClick={onLink}><FileText size={18} className="ink3" /><span className="grow cut">{groupInTitle(f.label)}</span><span className="ink3 small cut">{f.extra}</span></a>)}
            {places.length + records.found.length === 0 && <p className="empty">{records.looking ? t("state.loading") : t("pick.none", { typed: want })}</p>}
          </div>
        ) : me.menu.map((m) => <MenuBlock key={m.name} item={m} />)}
      </div>
    </main>
  );
}
function MenuBlock({ item }: { item: MenuItem }) {
  const leaves = (m: MenuItem): MenuItem[] => (pathOf(m) ? [m] : (m.items ?? []).flatMap(leaves));
  return (
    <section>
      <div className="due-band"><b>{item.label}</b></div>
      <div className="flat">
        {leaves(item).map((m) => <a key={m.name} className="find-row row" href={pathOf(m)!} onClick={onLink}>{m.ledger ? <BookOpen size={18} className="ink3" /> : <FileText size={18} className="ink3" />}<span className="grow cut">{m.label}</span><ChevronRight size={16} className="ink4" /></a>)}
      </div>
    </section>
  );
}
