// Who is here: the language and the look follow the person, not the browser.
import i18next from "i18next";
import { patch, Problem, setCsrf, setLanguageHeader } from "../api/client";
import { cache } from "../api/queries";
import type { Me } from "../api/types";
import { speak } from "../i18n";
import { toast } from "../ui/toast";

export async function welcome(me: Me): Promise<void> {
  setCsrf(me.csrf);
  setLanguageHeader("");
  if (document.documentElement.lang !== me.user.language) await speak(me.user.language);
}

/** Words change at once; labels of forms and menus come again from the server in the new language. */
export async function switchLanguage(language: string): Promise<void> {
  try {
    await patch("/me", { language });
  } catch (e) {
    toast(e instanceof Problem && e.body.title ? e.body.title : i18next.t("problem.offline"), { bad: true });
    return;
  }
  await speak(language);
  await cache.invalidateQueries();
}
