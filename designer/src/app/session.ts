// Who is here: the language and the look follow the person, not the browser.
import { patch, setCsrf } from "../api/client";
import { cache } from "../api/queries";
import type { Me } from "../api/types";
import { speak } from "../i18n";

export async function welcome(me: Me): Promise<void> {
  setCsrf(me.csrf);
  if (document.documentElement.lang !== me.user.language) await speak(me.user.language);
}

/** Words change at once; labels of forms and menus come again from the server in the new language. */
export async function switchLanguage(language: string): Promise<void> {
  await speak(language);
  const me = await patch<Me>("/me", { language }).catch(() => undefined);
  if (me) {
    setCsrf(me.csrf);
    cache.setQueryData(["me"], me);
  }
  await cache.invalidateQueries();
}
