// Plays the steps of stories in the browser: one JSON object a line comes in, one goes out.
//   node player.mjs ADDRESS
// A step names who acts, his login and the moment his clock shows; it is carried out by labels and boxes. The answer is
// {done: {form, id}}, {refused: {status, body}} where the server said no, {absent: "…"} where the page offers no way to
// do it, or {failed: "…"} where the page did not do as it should.
import { createInterface } from "node:readline";
import { answer, api, button, complaints, desk, fill, launch, letPass, login, looksRight, mayPress, open, ready, visit } from "./driver.mjs";

const base = process.argv[2];
const browser = await launch();
const seats = new Map();

/** The window of somebody, logged in, with the story's moment on its clock. */
async function seatOf(step) {
  let seat = seats.get(step.login);
  if (!seat) {
    seat = await open(browser, { size: desk, moment: step.moment });
    seats.set(step.login, seat);
    await login(seat, base, step.login, step.password);
  } else if (seat.moment !== step.moment) await seat.context.clock.setSystemTime(step.moment);
  seat.moment = step.moment;
  // A session that ended while the story's clock moved begins anew.
  if (!(await api(seat, "/me"))) await login(seat, base, step.login, step.password);
  return seat;
}

class Absent extends Error {}
const at = (form, id) => `/records/${form}/${id}`;
const definition = (seat, form) => api(seat, `/forms/${form}`);

async function openRecord(seat, form, id) {
  const seen = await api(seat, at(form, id));
  if (!seen) throw new Absent(`${form} is not shown to this user`);
  await visit(seat, `/f/${form}/${id}`);
  return seen;
}
/** Presses a button of the page; the reason why not where it may not be pressed. */
async function press(seat, label, within) {
  const b = await button(seat, label, within);
  if (!b) throw new Absent(`there is no button ${label}`);
  if (!(await mayPress(b))) throw new Absent(`${label} may not be pressed`);
  await b.click();
}
const dialog = (seat) => seat.page.locator("dialog[open]");

/** What an answer of the server means for the story; after a yes the page must look right. */
async function outcome(seat, got, done) {
  if (got.status >= 400) return { refused: got };
  await ready(seat);
  await looksRight(seat, seat.page.url());
  return { done: done ?? { form: got.body.form ?? got.body.record?.form, id: got.body.id ?? got.body.record?.id } };
}

async function create(seat, { form, values }) {
  await visit(seat, "/new");
  const tile = seat.page.locator(`a.tile[href="/f/${form}/new"]`);
  if ((await tile.count()) === 0) throw new Absent(`${form} is not offered to this user`);
  await tile.first().click();
  await ready(seat);
  const def = await definition(seat, form);
  await fill(seat, def.fields, values);
  return save(seat, "POST", `/records/${form}`, def);
}
async function change(seat, { form, id, values }) {
  const seen = await openRecord(seat, form, id);
  const edit = seen.acts.find((a) => a.act === "edit");
  const there = edit?.allowed ? await button(seat, edit.label) : null;
  if (there) await there.click();
  const def = await definition(seat, form);
  await fill(seat, def.fields, values);
  return save(seat, "PATCH", at(form, id), def);
}
async function save(seat, method, path, def) {
  const draft = seat.t("act.save_draft");
  const label = def.workflow && (await button(seat, draft)) ? draft : seat.t("act.save");
  const got = await answer(seat, method, path, () => press(seat, label));
  return outcome(seat, got);
}

async function submit(seat, { form, id }) {
  const seen = await openRecord(seat, form, id);
  const act = seen.acts.find((a) => a.act === "submit");
  const again = seen.record.status === "submitted" && seen.at[0]?.kind === "starter";
  await press(seat, again ? seat.t("act.resubmit") : (act?.label ?? seat.t("act.submit")));
  const sure = dialog(seat).locator("button[type=submit]");
  try {
    await sure.waitFor({ timeout: 3000 });
  } catch {
    throw new Absent("the page shows what is still missing instead of submitting");
  }
  await ready(seat);
  if (!(await mayPress(sure))) throw new Absent("the path shows why it may not be submitted");
  const got = await answer(seat, "POST", `${at(form, id)}/submit`, () => sure.click());
  return outcome(seat, got, { form, id });
}

/** An act of a record that is asked about once more: withdraw, reverse, delete. */
async function confirmed(seat, { do: act, form, id }) {
  const seen = await openRecord(seat, form, id);
  const label = seen.acts.find((a) => a.act === act)?.label;
  if (!label) throw new Absent(`${act} is not offered`);
  await press(seat, label);
  const sure = dialog(seat).locator("button[type=submit]");
  const gone = act === "delete";
  const got = await answer(seat, gone ? "DELETE" : "POST", gone ? at(form, id) : `${at(form, id)}/${act}`, () => sure.click());
  return outcome(seat, got, { form, id });
}

async function make(seat, { form, id, make: name }) {
  const seen = await openRecord(seat, form, id);
  const label = seen.acts.find((a) => a.act === "make" && a.make === name)?.label;
  if (!label) throw new Absent(`${name} is not offered`);
  const got = await answer(seat, "POST", `${at(form, id)}/make`, () => press(seat, label));
  return outcome(seat, got);
}

/** An operation on a task, from the record's own page. */
async function task(seat, { task: id, op, outcome: wanted, opinion, values = {}, users = [], to, how }) {
  const seen = await api(seat, `/tasks/${id}`);
  if (!seen) throw new Absent("the task is not shown to this user");
  const { form, id: record } = seen.sheet.record;
  const offered = seen.task.operations.filter((o) => o.op === op);
  const operation = wanted ? offered.find((o) => o.outcome === wanted) : offered[0];
  if (!operation) throw new Absent(`${wanted ?? op} is not offered`);
  await visit(seat, `/f/${form}/${record}`);
  if (Object.keys(values).length) await fill(seat, (await definition(seat, form)).fields, values);
  await press(seat, operation.label);
  const write = (run) => answer(seat, "POST", `/tasks/${id}/${op}`, run);
  if (op === "remind") return outcome(seat, await write(async () => undefined), { form, id: record });
  const asked = dialog(seat);
  if (opinion) await asked.locator("textarea").fill(opinion);
  if (to) await asked.locator(`input[name="to"][value="${to}"]`).check();
  if (how) await asked.getByLabel(seat.t(`op.how_${how}`)).check();
  for (const user of users) await person(seat, asked, user);
  const got = await write(async () => {
    await asked.locator("button[type=submit]").click();
    // Without what must be said the dialog stays and says so.
    if (await asked.locator("[aria-invalid=true]").count()) throw new Absent("the dialog asks for what is missing");
    if (op === "complete" || op === "return" || op === "transfer") await letPass(seat);
  });
  return outcome(seat, got, { form, id: record });
}
async function person(seat, asked, user) {
  const name = (await api(seat, "/people")).find((p) => p.user === user)?.name;
  if (!name) throw new Absent("this person is not offered");
  await asked.getByRole("combobox").fill(name);
  await seat.page.getByRole("option").filter({ hasText: name }).first().click();
}

/** The record's page says the status that the server says. */
async function see(seat, { form, id }) {
  const seen = await openRecord(seat, form, id);
  const back = seen.record.status === "submitted" && seen.at[0]?.kind === "starter";
  const word = seat.t(`status.${back ? "returned" : seen.record.status}`);
  const said = await seat.page.locator(".record-head .status").allInnerTexts();
  if (said.length && said[0].trim() !== word) throw new Error(`the page says ${said[0].trim()}, the server ${word}`);
  await looksRight(seat, seat.page.url());
  return { done: { form, id } };
}

const steps = { create, change, submit, withdraw: confirmed, reverse: confirmed, delete: confirmed, make, task, see };

async function play(step) {
  let seat = null;
  try {
    seat = await seatOf(step);
    const told = await steps[step.do](seat, step);
    const wrong = complaints(seat, /status of 4(03|04|09|22)/);
    return wrong.length ? { failed: `the browser complains: ${wrong.join("; ")}` } : told;
  } catch (e) {
    if (e instanceof Absent) return { absent: e.message };
    return { failed: `${e.message} (at ${seat?.page.url() ?? base})` };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await play(JSON.parse(line)))}\n`);
}
await browser.close();
