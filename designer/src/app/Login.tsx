// The door: login and password; a demo site also shows who can be tried.
import { Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { post } from "../api/client";
import { cache, useHealth } from "../api/queries";
import type { Me } from "../api/types";
import { choose, languageNames, languages } from "../i18n";
import { useProblemText } from "../ui/parts";
import { welcome } from "./session";

export function Login() {
  const { t, i18n } = useTranslation();
  const say = useProblemText();
  const health = useHealth(true);
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState("");
  const enter = async (who: string, pass: string) => {
    setBusy(true);
    setWrong("");
    try {
      const me = await post<Me>("/session", { login: who, password: pass });
      await welcome(me);
      cache.setQueryData(["me"], me);
    } catch (e) {
      setWrong(say(e));
      setBusy(false);
    }
  };
  return (
    <div className="login">
      <form onSubmit={(e) => (e.preventDefault(), void (login.trim() && enter(login.trim(), password)))}>
        <div className="row site"><span className="site-mark" aria-hidden>F</span><b>Formwork</b></div>
        <label className="stack"><span>{t("login.login")}</span><input className="box" name="username" autoComplete="username" autoFocus autoCapitalize="off" value={login} onChange={(e) => setLogin(e.target.value)} /></label>
        <label className="stack"><span>{t("login.password")}</span><input className="box" name="password" type="password" autoComplete="current-password" value={password} onChange={(e) => setPassword(e.target.value)} /></label>
        {wrong && <div className="bad" role="alert">{wrong}</div>}
        <Button type="primary" size="large" htmlType="submit" loading={busy}>{t("login.enter")}</Button>
        {health.data?.demo && (health.data.logins?.length ?? 0) > 0 && (
          <div className="demo">
            <span className="ink3 small">{t("login.demo")}</span>
            <ul>{health.data.logins!.map((l) => <li key={l.login}><button type="button" disabled={busy} onClick={() => void enter(l.login, "demo")}><b>{l.login}</b><span className="ink2 cut">{l.says}</span></button></li>)}</ul>
          </div>
        )}
        <div className="row languages">{languages.map((l) => <button key={l} type="button" lang={l} className={`bare${i18n.language === l ? " strong" : ""}`} aria-pressed={i18n.language === l} onClick={() => void choose(l)}>{languageNames[l]}</button>)}</div>
      </form>
    </div>
  );
}
