// Drives the pages in a browser and takes pictures: node browser/shots.mjs [BASE] [LOGIN] [FOLDER] [--only name,name]
// BASE: address of a running site (default http://127.0.0.1:8080), LOGIN: a login, else the second of the demo (password "demo", or PASSWORD=…).
// Nothing is named here that a package could rename: forms, ledgers and records are found through the API.
import { mkdirSync } from "node:fs";
import { desk as atDesk, launch, phone as onPhone } from "./driver.mjs";

const args = process.argv.slice(2).filter((a) => !a.startsWith("--"));
const only = (process.argv.find((a) => a.startsWith("--only="))?.slice(7) ?? "").split(",").filter(Boolean);
const [base = "http://127.0.0.1:8080", who, folder = "shots"] = args;
const login = who ?? (await (await fetch(`${base}/api/health`)).json()).logins[1].login;
const password = process.env.PASSWORD ?? "demo";
const language = process.env.LANGUAGE_OF_SHOTS ?? "zh-CN";
mkdirSync(folder, { recursive: true });

const browser = await launch(language);

const problems = [];
async function open(options) {
  const context = await browser.newContext({ locale: language, timezoneId: "Asia/Shanghai", ...options });
  const page = await context.newPage();
  page.on("console", (m) => m.type() === "error" && !/40[0-9]|net::/.test(m.text()) && problems.push(m.text()));
  page.on("pageerror", (e) => problems.push(String(e)));
  return page;
}
async function settle(page) {
  await page.waitForLoadState("domcontentloaded");
  await page.waitForTimeout(900);
}
const wanted = (name) => only.length === 0 || only.some((o) => name.includes(o));
async function shot(page, name, more = {}) {
  await page.waitForTimeout(350);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth + 1);
  if (wide) problems.push(`${name}: scrolls sideways`);
  if (wanted(name)) await page.screenshot({ path: `${folder}/${name}.png`, ...more });
}
const api = (page, path) => page.evaluate(async ([p, l]) => (await fetch(`/api${p}`, { headers: { "X-Language": l } })).json(), [path, language]);

async function enter(page) {
  await page.goto(base);
  await page.waitForSelector("input[name=username]");
  await page.waitForTimeout(600);
  await shot(page, page.viewportSize().width < 700 ? "phone-login" : "login");
  await page.fill("input[name=username]", login);
  await page.fill("input[name=password]", password);
  await page.click("button[type=submit]");
  await page.waitForSelector(".nav, .phone-tabs");
  if (process.env.LANGUAGE_OF_SHOTS) {
    // The language belongs to the person; it is set as the settings page sets it.
    await page.evaluate(async (l) => {
      const me = await (await fetch("/api/me")).json();
      await fetch("/api/me", { method: "PATCH", headers: { "Content-Type": "application/json", "X-CSRF-Token": me.csrf, "Idempotency-Key": crypto.randomUUID() }, body: JSON.stringify({ language: l }) });
    }, language);
    await page.reload();
  }
  await settle(page);
}
const go = async (page, path) => { await page.goto(base + path); await settle(page); };

/** What there is to show: a document form with records, a posted and a waiting record, a ledger with a balance. */
async function subjects(page) {
  const forms = (await api(page, "/forms")).filter((f) => f.kind === "document" && f.may.includes("read"));
  let best = null;
  for (const f of forms) {
    const rows = (await api(page, `/records/${f.form}?limit=100`)).rows ?? [];
    const def = await api(page, `/forms/${f.form}`);
    const lines = Object.values(def.fields).some((x) => x.kind === "lines");
    const score = rows.length + (lines ? 1000 : 0) + (def.makes.length ? 2000 : 0) + (f.may.includes("create") ? 500 : 0);
    if (!best || score > best.score) best = { score, form: f.form, def, rows };
  }
  const ledgers = await api(page, "/ledgers");
  let ledger = ledgers[0]?.ledger;
  let most = 0;
  for (const l of ledgers) {
    const n = (await api(page, `/ledgers/${l.ledger}/balance?limit=50`)).rows?.length ?? 0;
    if (n > most) { most = n; ledger = l.ledger; }
  }
  const todo = (await api(page, "/tasks?box=todo&limit=50")).rows ?? [];
  return { ...best, ledger, task: todo.find((x) => x.form === best.form) ?? todo[0] };
}

async function desk() {
  const page = await open(atDesk);
  await enter(page);
  const s = await subjects(page);
  await go(page, "/");
  await shot(page, "home");
  await go(page, "/inbox");
  await page.keyboard.press("j");
  await settle(page);
  await shot(page, "inbox");
  await page.keyboard.press("x");
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  await settle(page);
  await shot(page, "inbox-picked");
  await page.keyboard.press("r");
  await shot(page, "inbox-reject");
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  await shot(page, "keys");
  await page.keyboard.press("Escape");
  await go(page, "/mine");
  await shot(page, "mine");
  await go(page, "/new");
  await shot(page, "create");
  await page.keyboard.press("Control+k");
  await page.keyboard.type("PO", { delay: 30 });
  await page.waitForTimeout(900);
  await shot(page, "palette");
  await go(page, `/f/${s.form}`);
  await shot(page, "list");
  await page.click(".filter-words button:last-of-type");
  await shot(page, "list-filter");
  await page.keyboard.press("Escape");
  const posted = s.rows.find((r) => r.status === "posted") ?? s.rows[0];
  if (posted) { await go(page, `/f/${s.form}/${posted.id}`); await shot(page, "record-posted"); }
  if (s.task) { await go(page, `/f/${s.task.form}/${s.task.record.id}`); await shot(page, "record-task"); }
  await go(page, `/f/${s.form}/new`);
  await shot(page, "record-new");
  await fillIn(page, s);
  await shot(page, "record-filled");
  const catalog = (await api(page, "/forms")).find((f) => f.kind === "catalog" && f.may.includes("edit"));
  if (catalog) {
    const row = (await api(page, `/records/${catalog.form}?limit=1`)).rows[0];
    if (row) { await go(page, `/f/${catalog.form}/${row.id}`); await shot(page, "record-master"); }
  }
  if (s.ledger) {
    await go(page, `/l/${s.ledger}`);
    await shot(page, "ledger");
    await page.click(".ledger .grid-row:not(.head):not(.foot) .cell");
    await settle(page);
    await shot(page, "ledger-entries");
    await go(page, `/l/${s.ledger}?tab=turnover&from=${new Date(Date.now() - 20 * 864e5).toISOString().slice(0, 10)}`);
    await shot(page, "ledger-turnover");
  }
  await go(page, "/me");
  await shot(page, "me");
  await go(page, "/notices");
  await shot(page, "notices");
  await page.emulateMedia({ colorScheme: "dark" });
  await go(page, "/");
  await shot(page, "dark-home");
  if (s.task) { await go(page, `/f/${s.task.form}/${s.task.record.id}`); await shot(page, "dark-record"); }
  await page.context().close();
}

/** Types a line into the first table, to see the editor, computed values and totals. */
async function fillIn(page, s) {
  const add = page.locator(".field.table .bare.link").first();
  if ((await add.count()) === 0) return;
  await add.click();
  await page.waitForTimeout(300);
  const cells = page.locator(".sheet .grid-row:not(.head):not(.foot) .cell:not(.read)");
  const n = Math.min(await cells.count(), 3);
  for (let i = 0; i < n; i++) {
    await cells.nth(i).click();
    await page.waitForTimeout(120);
    await page.keyboard.press("Enter");
    await page.waitForTimeout(150);
    const combo = await page.locator(".sheet .cell.editing input[role=combobox]").count();
    if (combo) { await page.keyboard.press("ArrowDown"); await page.waitForTimeout(500); await page.keyboard.press("Enter"); }
    else { await page.keyboard.type("12"); await page.keyboard.press("Tab"); }
    await page.waitForTimeout(600);
  }
  await page.waitForTimeout(700);
  await page.evaluate(() => document.querySelector(".record-main")?.scrollTo(0, 0));
}

async function phone() {
  const page = await open(onPhone);
  await enter(page);
  const s = await subjects(page);
  for (const [path, name] of [["/inbox", "phone-todo"], ["/new", "phone-new"], ["/find", "phone-find"], ["/mine", "phone-mine"], ["/me", "phone-me"], [`/f/${s.form}`, "phone-list"], [`/f/${s.form}/new`, "phone-create"]]) { await go(page, path); await shot(page, name); }
  if (s.task) {
    await go(page, `/f/${s.task.form}/${s.task.record.id}`);
    await shot(page, "phone-approve");
    await page.evaluate(() => document.querySelector(".record")?.scrollBy(0, 900));
    await shot(page, "phone-approve-more");
    const main = page.locator(".phone-bar .ant-btn-primary");
    if (await main.count()) { await main.click(); await shot(page, "phone-sign"); }
  }
  if (s.ledger) { await go(page, `/l/${s.ledger}`); await shot(page, "phone-ledger"); }
  await page.context().close();
}

try {
  await desk();
  await phone();
} finally {
  await browser.close();
}
console.log(problems.length ? `problems:\n${[...new Set(problems)].join("\n")}` : "no errors in the console, no sideways scroll");
