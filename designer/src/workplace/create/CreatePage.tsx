// New: every form one may fill in, found by its name; recent ones first.
import { Search } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useForms, useMe } from "../../api/queries";
import type { FormHead } from "../../api/types";
import { at, go, onLink } from "../../app/route";
import { TopBar } from "../../app/TopBar";
import { keptKey } from "../record/useSheet";
import { Bones, Empty, Trouble } from "../../ui/parts";

const recentKey = "fw.recent.new";
const recent = (): string[] => {
  try {
    return JSON.parse(localStorage.getItem(recentKey) ?? "[]") as string[];
  } catch {
    return [];
  }
};
export const remember = (form: string): void => localStorage.setItem(recentKey, JSON.stringify([form, ...recent().filter((f) => f !== form)].slice(0, 6)));

export function CreatePage() {
  const { t } = useTranslation();
  const forms = useForms();
  const me = useMe();
  const [want, setWant] = useState("");
  const all = (forms.data ?? []).filter((f) => f.may.includes("create") && f.kind !== "settings");
  const fit = all.filter((f) => `${f.label} ${f.module_label}`.toLowerCase().includes(want.trim().toLowerCase()));
  const last = recent().map((r) => all.find((f) => f.form === r)).filter((f): f is FormHead => !!f);
  // Documents are what people fill in every day; masters come after them.
  const documents = groups(fit.filter((f) => f.kind === "document"));
  const others = groups(fit.filter((f) => f.kind !== "document"));
  const begun = (f: FormHead) => !!me.data && localStorage.getItem(keptKey(me.data.user.id, f.form, null)) !== null;
  const open = (f: FormHead | undefined) => f && (remember(f.form), go(at.create(f.form)));
  const tile = (f: FormHead, where = false) => (
    <a key={f.form} className="tile" href={at.create(f.form)} onClick={(e) => (remember(f.form), onLink(e))}>
      <b className="cut">{f.label}</b>
      {(where || begun(f)) && <span className={`small cut ${begun(f) ? "warn" : "ink3"}`}>{begun(f) ? t("create.begun") : f.module_label}</span>}
    </a>
  );
  return (
    <main className="page">
      <TopBar title={t("create.title")} />
      <div className="scroll">
        <div className="create">
          <label className="box row find-box"><Search size={15} className="ink3" /><input className="grow" autoFocus aria-label={t("create.find")} placeholder={t("create.find")} value={want} onChange={(e) => setWant(e.target.value)} onKeyDown={(e) => e.key === "Enter" && !e.nativeEvent.isComposing && open(fit[0])} /></label>
          {forms.isLoading && <Bones rows={8} />}
          {forms.error && <Trouble error={forms.error} onRetry={() => void forms.refetch()} />}
          {forms.data && fit.length === 0 && <Empty title={t("pick.none", { typed: want })} />}
          {!want && last.length > 0 && <section><h2>{t("create.recent")}</h2><div className="tiles">{last.map((f) => tile(f, true))}</div></section>}
          {documents.map(([m, list]) => <section key={m}><h2>{m}</h2><div className="tiles">{list.map((f) => tile(f))}</div></section>)}
          {others.length > 0 && <h2 className="ink3">{t("create.masters")}</h2>}
          {others.map(([m, list]) => <section key={m}><h2>{m}</h2><div className="tiles">{list.map((f) => tile(f))}</div></section>)}
        </div>
      </div>
    </main>
  );
}
function groups(list: FormHead[]): [string, FormHead[]][] {
  const map = new Map<string, FormHead[]>();
  for (const f of list) map.set(f.module_label, [...(map.get(f.module_label) ?? []), f]);
  return [...map];
}
