// A buyer writes an order with two lines, its manager approves it on a phone, the ledger shows it: once with the buyer
// at a desk, once on a phone, in Chinese. Every page on the way must look right.   node order.mjs ADDRESS [FOLDER]
// FOLDER: where pictures of the pages go.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { button, complaints, desk, fill, api, launch, letPass, login, looksRight, open, phone, ready, visit } from "../../designer/browser/driver.mjs";

const [base, folder] = process.argv.slice(2);
if (folder) mkdirSync(folder, { recursive: true });
const browser = await launch("zh-CN");
const LINES = [{ item: "BE-001", quantity: "50" }, { item: "BE-006", quantity: "12" }];

/** The page is whole: nothing untranslated, no sideways scroll, no word of complaint from the browser. */
async function whole(seat, name) {
  await looksRight(seat, name);
  assert.deepEqual(complaints(seat), [], `${name}: the browser complains`);
  if (folder) await seat.page.screenshot({ path: `${folder}/${name}.png` });
}
const text = (seat, of) => seat.page.locator(of).first().innerText();
const shows = (seat, of, what) => seat.page.locator(of).filter({ hasText: what }).first().waitFor();

/** To a list or ledger the way a person goes: by the menu, on a phone by its second home, "find". */
async function byMenu(seat, ...labels) {
  if (seat.narrow) {
    await seat.page.click('.phone-tabs a[href="/find"]');
    await ready(seat);
    await looksRight(seat, "find");
    await seat.page.getByRole("link", { name: labels.at(-1), exact: true }).click();
  } else {
    for (const label of labels.slice(0, -1)) {
      const group = seat.page.locator(".nav button.nav-item").filter({ hasText: label });
      if ((await group.getAttribute("aria-expanded")) !== "true") await group.click();
    }
    await seat.page.locator(".nav a.nav-item").filter({ hasText: labels.at(-1) }).click();
  }
  await ready(seat);
}

async function writeOrder(seat, tag) {
  if (seat.narrow) await seat.page.click('.phone-tabs a[href="/new"]');
  else await seat.page.getByRole("button", { name: "新建" }).click();
  await ready(seat);
  await whole(seat, `${tag}-new`);
  await seat.page.locator("a.tile").filter({ hasText: "采购订单" }).first().click();
  await ready(seat);
  const def = await api(seat, "/forms/purchasing/purchase_order");
  await fill(seat, def.fields, { supplier: "S007", warehouse: "NJ01", lines: LINES });
  await whole(seat, `${tag}-filled`);
  // Worked out while typing: the agreed price, the tax rate as people write it, the total.
  const lines = await text(seat, '[data-field="lines"]');
  if (seat.narrow) assert.match(lines, /50 \S+ × 20\.90/);
  else assert.match(lines, /20\.90\s+13%/);
  const total = await text(seat, ".totals .main dd");
  assert.match(total, /^\d,\d{3}\.\d{2}$/);
  await (await button(seat, "提交")).click();
  const asked = seat.page.locator("dialog[open]");
  await asked.getByText("采购经理").first().waitFor();
  await whole(seat, `${tag}-submit`);
  await asked.getByRole("button", { name: "提交", exact: true }).click();
  await shows(seat, ".record-head .status", "审批中");
  await asked.waitFor({ state: "detached" });
  await whole(seat, `${tag}-submitted`);
  const number = (await seat.page.title()).match(/PO-\d+-\d+/)?.[0] ?? (await text(seat, ".page")).match(/PO-\d+-\d+/)?.[0];
  assert.ok(number, "the order has a number");
  return { number, total, path: new URL(seat.page.url()).pathname };
}

/** The manager, on a phone: the task is in the inbox with its amount, is read, and agreed to. */
async function approve(seat, order, tag) {
  await visit(seat, "/inbox");
  const row = seat.page.locator(".task-row").filter({ hasText: order.total });
  await row.first().waitFor();
  await whole(seat, `${tag}-inbox`);
  await row.first().click();
  await ready(seat);
  await shows(seat, ".phone-amount", order.total);
  await shows(seat, ".page", order.number);
  await whole(seat, `${tag}-task`);
  await (await button(seat, "同意")).click();
  const asked = seat.page.locator("dialog[open]");
  await asked.getByText(order.total).waitFor();
  await whole(seat, `${tag}-sign`);
  await asked.getByRole("button", { name: "同意", exact: true }).click();
  await shows(seat, ".toast", `同意 采购订单 ${order.number}`);
  const sent = seat.page.waitForResponse((r) => r.url().endsWith("/complete"));
  await letPass(seat);
  assert.equal((await sent).status(), 200);
  await row.first().waitFor({ state: "detached" });
  assert.deepEqual(complaints(seat), []);
}

/** The buyer sees what became of it, on the record, in the list and in the ledger. */
async function follow(seat, order, tag) {
  await visit(seat, order.path);
  await shows(seat, ".record-head .status", "已过账");
  await shows(seat, ".tracker .seat", "同意");
  await shows(seat, ".stream", "王强 同意");
  await whole(seat, `${tag}-posted`);
  if (seat.narrow) await visit(seat, "/find");
  await byMenu(seat, "采购管理", "采购订单");
  await seat.page.getByText(order.number).first().waitFor();
  await whole(seat, `${tag}-list`);
  if (seat.narrow) await visit(seat, "/find");
  await byMenu(seat, "采购管理", "执行进度", "采购未清");
  await whole(seat, `${tag}-ledger`);
}
/** How much is on order from the order's supplier, as the ledger's page says it. */
async function ordered(seat, supplier) {
  await visit(seat, "/l/purchasing/po_open?by=supplier");
  const row = seat.page.locator(".ledger [role=row]").filter({ hasText: supplier });
  return Number((await row.first().locator("[role=gridcell]").nth(1).innerText()).replace(/[,—]/g, "") || 0);
}

try {
  const manager = await open(browser, { size: phone });
  for (const [tag, size] of [["desk", desk], ["phone", phone]]) {
    const buyer = await open(browser, { size });
    await buyer.page.goto(base);
    await buyer.page.waitForSelector(".demo");
    buyer.errors = [];
    await whole(buyer, `${tag}-login`);
    await login(buyer, base, "lina", "demo");
    await ready(buyer);
    await whole(buyer, `${tag}-home`);
    const [{ title: supplier }] = await api(buyer, "/lookup/purchasing/supplier?q=S007");
    const before = await ordered(buyer, supplier);
    await visit(buyer, "/");
    const order = await writeOrder(buyer, tag);
    if (!manager.base) await login(manager, base, "wangqiang", "demo");
    await approve(manager, order, tag);
    await follow(buyer, order, tag);
    assert.equal((await ordered(buyer, supplier)) - before, 62, "what is on order from the supplier");
    await buyer.context.close();
    process.stdout.write(`ok   an order on a ${tag}\n`);
  }
} finally {
  await browser.close();
}
