// Drives the web app in a Chromium as a person would: by labels, boxes, lists and buttons. What a form has is read
// from its definition over the same session; nothing that a package could rename is named here.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

export const desk = { viewport: { width: 1440, height: 900 } };
export const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"];
/** How long a person would wait for the page to answer. */
const PATIENCE = 20_000;

function found(name) {
  try {
    return execFileSync("which", [name]).toString().trim();
  } catch {
    return null;
  }
}

/** A Chromium with a fresh profile. */
export function launch(language = "zh-CN") {
  const executablePath = process.env.FORMWORK_CHROMIUM ?? ["chromium", "chromium-browser", "google-chrome", "chrome"].map(found).find(Boolean);
  if (!executablePath) throw new Error("no Chromium on PATH: apt-get install chromium fonts-noto-cjk");
  const word = language.replace("-", "_");
  return chromium.launch({ executablePath, env: { ...process.env, LANGUAGE: word, LANG: `${word}.UTF-8` }, args: [...FLAGS, `--lang=${language}`] });
}

/** The app's own words, as the page says them. */
export function words(language) {
  const all = JSON.parse(readFileSync(new URL(`../src/i18n/${language}.json`, import.meta.url), "utf8"));
  return (key, values = {}) => {
    if (!(key in all)) throw new Error(`the app has no word ${key}`);
    return all[key].replace(/{{(\w+)}}/g, (_, name) => values[name] ?? "");
  };
}

/** A window of one person. `moment`: what his clock shows; it runs on from there. */
export async function open(browser, { size = desk, language = "zh-CN", moment = null } = {}) {
  const context = await browser.newContext({ locale: language, timezoneId: "Asia/Shanghai", ...size });
  context.setDefaultTimeout(PATIENCE);
  await context.clock.install(moment ? { time: moment } : undefined);
  const page = await context.newPage();
  const seat = { page, context, t: words(language), narrow: size.viewport.width <= 720, errors: [], evaluating: 0 };
  page.on("console", (m) => m.type() === "error" && seat.errors.push(m.text()));
  page.on("pageerror", (e) => seat.errors.push(String(e)));
  const counts = (r) => r.url().endsWith("/evaluate");
  page.on("request", (r) => counts(r) && seat.evaluating++);
  for (const end of ["requestfinished", "requestfailed"]) page.on(end, (r) => counts(r) && seat.evaluating--);
  return seat;
}

/** What the browser complained about since the last time; `expected` leaves out what an answer of the server leads to. */
export function complaints(seat, expected = null) {
  const list = seat.errors.filter((e) => !expected?.test(e));
  seat.errors = [];
  return list;
}

/** Reads through the API in the page's own session. */
export function api(seat, path) {
  return seat.page.evaluate(async (p) => {
    const answer = await fetch(`/api${p}`, { headers: { "X-Language": document.documentElement.lang } });
    return answer.ok ? answer.json() : null;
  }, path);
}

export async function login(seat, base, who, password) {
  await seat.page.goto(base);
  await seat.page.fill("input[name=username]", who);
  await seat.page.fill("input[name=password]", password);
  await seat.page.click("button[type=submit]");
  await seat.page.waitForSelector(".nav, .phone-tabs");
  seat.base = base;
  seat.language = await seat.page.evaluate(() => document.documentElement.lang);
  seat.t = words(seat.language);
  // Without a session there was none to read; that answer is how the page knows.
  seat.errors = seat.errors.filter((e) => !/status of 401/.test(e));
}

/** Opens an address of the app and waits until it shows more than grey rows. */
export async function visit(seat, path) {
  await seat.page.goto(seat.base + path);
  await ready(seat);
}
export async function ready(seat) {
  await seat.page.waitForSelector(".page");
  await seat.page.waitForFunction(() => !document.querySelector(".bones"));
}

/** Waits until what was typed has been worked out by the server. */
export async function settled(seat) {
  // The page asks a quarter of a second after the last key.
  do await seat.page.waitForTimeout(320);
  while (seat.evaluating > 0);
}

/** Types values into the fields of the form on the page, each as its kind is filled in. */
export async function fill(seat, fields, values) {
  for (const [name, value] of Object.entries(values)) await field(seat, seat.page, fields, name, value);
  await settled(seat);
}

async function field(seat, within, fields, name, value) {
  const def = fields[name];
  if (!def) throw new Error(`the form shows no field ${name}`);
  const box = within.locator(`[data-field="${name}"]`).last();
  if (def.kind === "lines") return seat.narrow ? cards(seat, box, def, value) : sheet(seat, box, name, def, value);
  const input = box.locator("input, textarea, select").first();
  // It may appear only with what was typed before.
  if ((await input.count()) === 0) await settled(seat);
  if ((await input.count()) === 0) throw new Error(`${def.label} (${name}) is not open for typing`);
  await input.scrollIntoViewIfNeeded();
  if (def.kind === "switch") return input.setChecked(value);
  if (def.kind === "choices") {
    for (const o of def.options) await box.getByLabel(o.label, { exact: true }).setChecked(value.includes(o.name));
    return;
  }
  if (def.kind === "choice" && seat.narrow) return input.selectOption(value);
  if (def.kind === "choice" || def.kind === "link") return pick(seat, input, said(def, value));
  if (def.kind === "attachment" || def.kind === "image") throw new Error(`${name}: files are not typed`);
  await input.fill(String(value));
  await input.press("Tab");
}

/** What a person types for a value: an option by its label, everything else as it is. */
const said = (def, value) => (def.kind === "choice" ? (def.options.find((o) => o.name === value)?.label ?? value) : String(value));

/** Types into a box with a list and takes the one that fits. */
async function pick(seat, input, text) {
  await input.click();
  await input.fill(text);
  const list = seat.page.locator(`[id="${await input.getAttribute("aria-controls")}"] [role=option]`);
  const fits = list.filter({ hasText: text });
  const any = fits.or(seat.page.locator(".options .none"));
  await any.first().waitFor();
  if ((await fits.count()) === 0) {
    // Found by a key that the list does not show: then it is the only one.
    if ((await list.count()) !== 1) throw new Error(`"${text}" is not in the list: ${(await list.allInnerTexts()).join(" | ") || "nothing"}`);
    return list.first().click();
  }
  const exact = fits.filter({ has: seat.page.getByText(text, { exact: true }) });
  await ((await exact.count()) ? exact : fits).first().click();
}

/** What is typed of a line: not its id, by which a program would name it. */
const typedIn = (line) => Object.entries(line).filter(([column]) => column !== "id");

/** Lines on a desk: a cell is entered, typed in, and left with Tab. */
async function sheet(seat, box, name, def, lines) {
  const add = box.getByRole("button", { name: seat.t("lines.add") });
  const rows = box.locator("[role=rowgroup] > [role=row]");
  if (lines.length < (await rows.count())) throw new Error(`${def.label}: lines are not taken away here`);
  for (const [i, line] of lines.entries()) {
    if (i >= (await rows.count())) {
      await add.click();
      await rows.nth(i).waitFor();
    }
    for (const [column, value] of typedIn(line)) {
      const kind = def.fields[column]?.kind;
      const cell = rows.nth(i).locator(`[data-place$="/${column}"]`);
      if ((await cell.count()) === 0) await settled(seat);
      if ((await cell.count()) === 0) throw new Error(`${def.label} shows no column ${column}`);
      const input = cell.locator("input").first();
      await cell.click();
      // The cell that has the cursor already is edited by the press itself.
      if ((await input.count()) === 0) await seat.page.keyboard.press("Enter");
      if ((await cell.getAttribute("aria-readonly")) === "true") throw new Error(`${def.fields[column].label} is not open for typing`);
      await input.waitFor();
      if (kind === "link" || kind === "choice") await pick(seat, input, said(def.fields[column], value));
      else if (kind === "switch") await input.setChecked(value);
      else await input.fill(String(value));
      await seat.page.keyboard.press("Tab");
    }
    await settled(seat);
  }
}

/** Lines on a phone: a card each, filled in on a sheet of its own. */
async function cards(seat, box, def, lines) {
  const existing = box.locator(".card");
  for (const [i, line] of lines.entries()) {
    if (i < (await existing.count())) await existing.nth(i).click();
    else await box.getByRole("button", { name: seat.t("lines.add") }).click();
    const dialog = seat.page.locator("dialog[open]");
    for (const [column, value] of typedIn(line)) await field(seat, dialog, def.fields, column, value);
    await settled(seat);
    await dialog.getByRole("button", { name: seat.t("act.done"), exact: true }).click();
    await dialog.waitFor({ state: "detached" });
  }
}

/** A button by its word, key caps beside it or not; on a phone also in the sheet behind "more". */
export async function button(seat, label, within = seat.page) {
  const buttons = within.locator("button:visible");
  const named = async () => {
    for (const b of await buttons.all()) {
      const text = await b.evaluate((e) => [...e.childNodes].map((n) => (n.nodeName === "KBD" ? "" : n.textContent)).join("").trim());
      if (text === label || text === `${label}…`) return b;
    }
    return null;
  };
  const here = await named();
  if (here) return here;
  const more = within.locator(seat.narrow ? ".phone-bar button.stacked" : `.acts button[aria-label="${seat.t("act.more")}"]`);
  if ((await more.count()) === 0) return null;
  await more.first().click();
  const there = await named();
  if (!there) await seat.page.keyboard.press("Escape");
  return there;
}
export const mayPress = async (b) => (await b.getAttribute("aria-disabled")) !== "true" && (await b.isEnabled());

/** Does something that writes, and gives what the server answered: `{status, body}`. */
export async function answer(seat, method, path, run) {
  const wanted = (r) => r.request().method() === method && new RegExp(`^/api${path}$`).test(new URL(r.url()).pathname);
  const [response] = await Promise.all([seat.page.waitForResponse(wanted, { timeout: PATIENCE }), run()]);
  const text = await response.text();
  return { status: response.status(), body: text ? JSON.parse(text) : null };
}

/** The ten seconds in which a decision can be taken back go by. */
export const letPass = (seat) => seat.context.clock.fastForward(11_000);

/** Fails with what a person would stumble over on this page: words without translation, sideways scroll. */
export async function looksRight(seat, where) {
  const wrong = await seat.page.evaluate(([latin, narrow]) => {
    const out = [];
    const visible = (e) => e.checkVisibility({ visibilityProperty: true }) && e.getClientRects().length > 0;
    const key = /^[a-z_]+(\.[a-z_]+)+$/;
    const broken = /{{|}}|\bundefined\b|\bNaN\b|\[object /;
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const text = walker.currentNode.textContent.trim();
      const parent = walker.currentNode.parentElement;
      if (!text || !visible(parent) || parent.closest("script, style")) continue;
      if (key.test(text) || broken.test(text)) out.push(`"${text}" is no text for people`);
    }
    if (!latin) {
      // In Chinese a label is Chinese; names, codes and key caps are not labels.
      const label = (text, what) => /[a-z]{2}/.test(text) && !/\p{Script=Han}/u.test(text) && out.push(`${what} "${text}" is not translated`);
      for (const e of document.querySelectorAll("label, button, th, dt, legend, h2, .nav a, [role=columnheader], [role=tab], [role=menuitem], .field-label, .nav-head, .status")) {
        if (!visible(e) || e.closest("[lang]:not(html), .demo, [role=listbox]")) continue;
        const copy = e.cloneNode(true);
        copy.querySelectorAll("kbd, input, select, textarea, svg, [aria-hidden]").forEach((x) => x.remove());
        label(copy.textContent.trim(), e.tagName.toLowerCase());
      }
      for (const e of document.querySelectorAll("[placeholder], [aria-label]")) if (visible(e) && !e.closest("[lang]:not(html)")) for (const a of ["placeholder", "aria-label"]) label(e.getAttribute(a) ?? "", a);
    }
    const wide = (e) => e.scrollWidth > e.clientWidth + 1;
    if (document.documentElement.scrollWidth > innerWidth + 1) out.push("the page scrolls sideways");
    if (narrow) for (const e of document.querySelectorAll(".page, .page *, dialog[open], dialog[open] *")) {
      if (!/auto|scroll/.test(getComputedStyle(e).overflowX) || !wide(e) || e.closest(".grid, .tabs, .quick")) continue;
      out.push(`${e.tagName.toLowerCase()}.${e.className} scrolls sideways`);
    }
    return [...new Set(out)];
  }, [!(seat.language ?? "zh-CN").startsWith("zh"), seat.narrow]);
  if (wrong.length) throw new Error(`${where}: ${wrong.join("; ")}`);
}
