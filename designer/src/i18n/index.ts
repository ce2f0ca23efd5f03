// The words of the app, in three languages, one flat file each. A language is fetched when it is first used.
import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { setLanguageHeader } from "../api/client";

export const languages = ["zh-CN", "zh-TW", "en"] as const;
export type Language = (typeof languages)[number];
export const languageNames: Record<Language, string> = { "zh-CN": "简体中文", "zh-TW": "繁體中文", en: "English" };

const files: Record<Language, () => Promise<{ default: Record<string, string> }>> = {
  "zh-CN": () => import("./zh-CN.json"),
  "zh-TW": () => import("./zh-TW.json"),
  en: () => import("./en.json"),
};

const known = (l: string | null | undefined): Language | null => (languages as readonly string[]).includes(l ?? "") ? (l as Language) : null;

/** The language before anybody is known: what was chosen at the door of this browser, else what the browser speaks. */
export function firstLanguage(): Language {
  const kept = known(localStorage.getItem("fw.language"));
  if (kept) return kept;
  for (const l of navigator.languages) {
    if (/^zh-(TW|HK|MO|Hant)/i.test(l)) return "zh-TW";
    if (/^zh/i.test(l)) return "zh-CN";
    if (/^en/i.test(l)) return "en";
  }
  return "en";
}

export async function speak(wanted: string): Promise<void> {
  const language = known(wanted) ?? "en";
  if (!i18next.isInitialized) {
    await i18next.use(initReactI18next).init({ lng: language, fallbackLng: false, keySeparator: false, nsSeparator: false, resources: {}, interpolation: { escapeValue: false } });
  }
  if (!i18next.hasResourceBundle(language, "translation")) i18next.addResourceBundle(language, "translation", (await files[language]()).default);
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
}

/** Chosen at the door, before anybody is known: this browser keeps it, and the server answers in it. */
export async function choose(wanted: Language): Promise<void> {
  localStorage.setItem("fw.language", wanted);
  setLanguageHeader(wanted);
  await speak(wanted);
}

export const language = (): Language => known(i18next.language) ?? "en";
