// My settings: language, how dense and how bright the pages are, password; who I am here.
import { Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { patch, remove } from "../../api/client";
import { cache } from "../../api/queries";
import type { Me, Settings } from "../../api/types";
import { go } from "../../app/route";
import { switchLanguage } from "../../app/session";
import { change } from "../../app/settings";
import { TopBar } from "../../app/TopBar";
import { languageNames, type Language } from "../../i18n";
import { Avatar, useProblemText } from "../../ui/parts";
import { toast } from "../../ui/toast";

export function MePage({ me }: { me: Me }) {
  const { t, i18n } = useTranslation();
  const out = async () => {
    await remove("/session").catch(() => undefined);
    cache.clear();
    go("/", "replace");
    window.location.reload();
  };
  return (
    <main className="page">
      <TopBar title={t("nav.settings")} back="/mine" />
      <div className="scroll">
        <div className="pad settings">
          <section className="panel">
            <div className="row who-am-i"><Avatar name={me.user.name} big /><div className="two grow"><b>{me.user.name}</b><span className="ink3">{[me.user.login, me.user.department, me.user.branch].filter(Boolean).join(" · ")}</span></div><Button onClick={() => void out()}>{t("nav.out")}</Button></div>
            <dl className="pairs"><dt>{t("me.roles")}</dt><dd>{me.roles.map((r) => <span key={r.role + (r.within ?? "")} className="chip">{r.label}{r.within && <span className="ink3">{r.within}</span>}</span>)}{me.roles.length === 0 && "—"}</dd></dl>
          </section>
          <section className="panel">
            <dl className="pairs">
              <dt>{t("me.language")}</dt>
              <dd><span className="seg">{me.languages.map((l) => <button key={l} type="button" lang={l} aria-pressed={i18n.language === l} onClick={() => void switchLanguage(l)}>{languageNames[l as Language] ?? l}</button>)}</span></dd>
              <dt>{t("me.density")}</dt>
              <dd><Choice of={["28", "32", "40"]} word="me.density_" value={me.settings.density ?? "32"} onPick={(density) => change({ density: density as NonNullable<Settings["density"]> })} /></dd>
              <dt>{t("me.theme")}</dt>
              <dd><Choice of={["light", "dark", "auto"]} word="me.theme_" value={me.settings.theme ?? "auto"} onPick={(theme) => change({ theme: theme as NonNullable<Settings["theme"]> })} /></dd>
            </dl>
          </section>
          <Password />
          <p className="ink3 small">{me.site.name} · Formwork {me.site.version}</p>
        </div>
      </div>
    </main>
  );
}
function Choice({ of, word, value, onPick }: { of: string[]; word: string; value: string; onPick: (v: string) => void }) {
  const { t } = useTranslation();
  return <span className="seg">{of.map((v) => <button key={v} type="button" aria-pressed={v === value} onClick={() => onPick(v)}>{t(word + v)}</button>)}</span>;
}

function Password() {
  const { t } = useTranslation();
  const say = useProblemText();
  const [old, setOld] = useState("");
  const [fresh, setFresh] = useState("");
  const [again, setAgain] = useState("");
  const [wrong, setWrong] = useState("");
  const submit = async () => {
    if (fresh !== again) return setWrong(t("me.password_differs"));
    try {
      await patch<Me>("/me", { password: { old, new: fresh } });
      setOld(""), setFresh(""), setAgain(""), setWrong("");
      toast(t("me.password_changed"));
    } catch (e) {
      setWrong(say(e));
    }
  };
  return (
    <section className="panel">
      <header><h2>{t("me.password")}</h2></header>
      <form className="password" onSubmit={(e) => (e.preventDefault(), void submit())}>
        <label className="stack"><span>{t("me.password_old")}</span><input className="box" type="password" autoComplete="current-password" value={old} onChange={(e) => setOld(e.target.value)} /></label>
        <label className="stack"><span>{t("me.password_new")}</span><input className="box" type="password" autoComplete="new-password" value={fresh} onChange={(e) => setFresh(e.target.value)} /></label>
        <label className="stack"><span>{t("me.password_again")}</span><input className="box" type="password" autoComplete="new-password" value={again} onChange={(e) => setAgain(e.target.value)} /></label>
        {wrong && <div className="bad" role="alert">{wrong}</div>}
        <div><Button htmlType="submit" disabled={!old || !fresh}>{t("me.password_change")}</Button></div>
      </form>
    </section>
  );
}
