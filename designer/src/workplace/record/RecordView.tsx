// The page of one record: head, path, sections; the rail beside it. Typing is kept as it happens.
import { Link2 } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Definition, Operation, Sheet, TaskBody, Value } from "../../api/types";
import { linesOf, setCell } from "../../fields/table/rows";
import { SoughtPlace, type Sought } from "../../fields/types";
import { leaveBox, useHotkeys } from "../../app/keys";
import { useDecided } from "../../app/outbox";
import { at } from "../../app/route";
import { useNarrow } from "../../app/theme";
import { TopBar } from "../../app/TopBar";
import { group } from "../../ui/number";
import { toast } from "../../ui/toast";
import { withoutAmounts } from "../inbox/rows";
import { OperationDialog } from "../task/OperationDialog";
import { PhoneBar } from "../task/PhoneBar";
import { atOnce } from "../task/decide";
import { Acts } from "./Acts";
import { ConfirmDialog, ConflictDialog, SubmitDialog } from "./dialogs";
import { placeOf } from "./FieldHistory";
import { Head, WaitsFor } from "./Head";
import { Kept, Notices } from "./Notices";
import { Rail } from "./Rail";
import { isReturned, isStarters } from "./returned";
import { Sections } from "./Sections";
import { Tracker } from "./Tracker";
import { useCommands } from "./useCommands";
import { useSheet, type Editing } from "./useSheet";

interface Props { def: Definition; sheet: Sheet; id: string | null; task: TaskBody | null; user: string }

export function RecordView({ def, sheet, id, task, user }: Props) {
  const { t } = useTranslation();
  const narrow = useNarrow();
  const waiting = useDecided();
  const [strict, setStrict] = useState(!!task);
  const [open, setOpen] = useState(false);
  const [place, setPlace] = useState<string | null>(null);
  const editing = useSheet({ def, sheet, id, task: task?.id ?? null, user, strict });
  const [sought, setSought] = useState<Sought | null>(null);
  const goTo = (to: string) => setSought((s) => ({ place: to, n: (s?.n ?? 0) + 1 }));
  useEffect(() => {
    // A folded section opens first.
    const wait = window.setTimeout(() => sought && focusField(sought.place));
    return () => window.clearTimeout(wait);
  }, [sought]);
  const commands = useCommands({ def, sheet, id, task, editing, narrow, onStrict: () => setStrict(true), onSaved: () => setOpen(false), onGo: goTo });
  const decided = task ? waiting.has(task.id) : false;
  const mayEdit = sheet.acts.some((a) => a.act === "edit" && a.allowed);
  const editable = !id || !!task || open || (sheet.record.status === "draft" && mayEdit) || isReturned(sheet) || editing.dirty;
  const still = !editable || decided;
  const refused = editing.findings.filter((f) => f.level === "refuse" && (!task || mayMend(editing, f.at)));
  // The starter has one act: to submit again.
  const again = isStarters(sheet, task?.node);
  const operations = decided || again ? [] : withBlocks(task?.operations ?? [], refused[0]?.say ?? null, editing.dirty);
  const onOperation = (operation: Operation) => (atOnce(operation) ? commands.decided(operation, {}) : commands.setAsk({ kind: "operation", operation }));
  const canSubmit = (id ? sheet.acts.find((a) => a.act === "submit")?.allowed : def.workflow) ?? false;
  const press = useRef<Record<string, () => unknown>>({});
  press.current = {
    save: () => editable && (editing.dirty || !id) && commands.save(),
    submit: () => (canSubmit ? commands.submit() : press.current.save?.()),
  };
  useHotkeys({
    "alt+h": () => setPlace(placeOf(document.activeElement)),
    "ctrl+s": () => void leaveBox().then(() => press.current.save?.()),
    "ctrl+Enter": () => !document.querySelector("dialog[open]") && void leaveBox().then(() => press.current.submit?.()),
    ...taskKeys(operations, commands.ask === null, onOperation),
  });
  // Who begins a record, or asks to change one, begins at its first field. A phone would bring up its keyboard.
  useEffect(() => {
    if (!narrow && (!id || open)) document.querySelector<HTMLElement>(`.record-main .field.open :is(${BOXES})`)?.focus();
  }, [id, open, narrow]);

  const amount = keyAmount(def, editing);
  const bar = {
    acts: id ? sheet.acts : [], operations, dirty: editing.dirty, busy: editing.busy || commands.acting, isNew: !id, workflow: def.workflow, again,
    onAct: (a: Parameters<typeof commands.onAct>[0]) => commands.onAct(a, () => setOpen(true)), onOperation, onSave: () => void commands.save(), onSubmit: () => void commands.submit(),
  };
  const title = id ? keyText(def, editing) : t("record.new", { form: def.label });
  const headSheet = { ...sheet, record: { ...editing.sheet.record, title: editing.sheet.record.title || sheet.record.title } };
  return (
    <SoughtPlace.Provider value={sought}><main className="page">
      <TopBar crumbs={narrow && !id ? [] : [{ label: def.module_label }, { label: def.label, to: at.list(def.form) }]} title={title} back={at.list(def.form)}>
        <Kept editing={editing} />
        {id && !narrow && <button type="button" className="bare" onClick={() => void navigator.clipboard?.writeText(window.location.href).then(() => toast(t("record.copied")))}><Link2 size={15} />{t("record.copy_link")}</button>}
      </TopBar>
      <div className="record">
        <div className="record-main" onContextMenu={(e) => {
          const at = id ? placeOf(e.target) : null;
          if (!at || window.getSelection()?.toString()) return;
          e.preventDefault();
          setPlace(at);
        }}>
          <Head def={def} sheet={headSheet} isNew={!id} amount={amount} decided={decided} wrong={refused.length} task={task} onWrong={() => goTo(refused[0]?.at ?? "")}
            acts={narrow ? null : <Acts {...bar} editing={!still} waitingFor={<WaitsFor sheet={sheet} />} />} />
          <Notices editing={editing} def={def} strict={strict && !still} refused={refused} record={id} sheet={sheet} onGo={goTo} />
          {id && !narrow && <Tracker form={def.form} record={id} />}
          <Sections def={def} editing={editing} still={still} />
          {id && narrow && <Tracker form={def.form} record={id} />}
        </div>
        {id && <Rail def={def} record={id} place={place} onPlace={setPlace} onRestore={still ? null : (at, value) => restore(editing, at, value)} />}
      </div>
      {narrow && <PhoneBar {...bar} missing={strict ? refused.length : 0} />}
      <Questions def={def} editing={editing} commands={commands} amount={amount} title={title} onGo={goTo} />
    </main></SoughtPlace.Provider>
  );
}

interface QuestionProps { def: Definition; editing: Editing; commands: ReturnType<typeof useCommands>; amount: string | null; title: string; onGo: (place: string) => void }
function Questions({ def, editing, commands, amount, title, onGo }: QuestionProps) {
  const { t } = useTranslation();
  const { ask, setAsk, acting, failed } = commands;
  const close = () => setAsk(null);
  return (
    <>
      {ask?.kind === "submit" && <SubmitDialog def={def} sheet={ask.sheet} busy={acting} failed={failed} onClose={close} onGo={(place) => (close(), onGo(place))} onSubmit={() => void commands.submitted(ask.sheet)} />}
      {ask?.kind === "operation" && <OperationDialog operation={ask.operation} form={def.form} record={editing.sheet.record.id ?? ""} title={withoutAmounts(editing.sheet.record.title ?? "")} amount={amount ?? undefined} onClose={close} onDo={(body) => commands.decided(ask.operation, body)} />}
      {ask?.kind === "confirm" && <ConfirmDialog title={t("confirm.title", { act: ask.act.label, title })} text={t(`confirm.${ask.act.act}`)} verb={ask.act.label} reason={ask.act.act !== "delete" && ask.act.act !== "resume"} needed={ask.act.comment === "required"} targets={ask.act.targets ?? []} busy={acting} failed={failed} onClose={close} onYes={(why, to) => void commands.confirmed(ask.act, why, to)} />}
      {editing.conflict && <ConflictDialog def={def} base={editing.base} theirs={editing.conflict} draft={editing.draft} onClose={() => editing.setConflict(null)} onMerge={(give) => editing.merge(editing.conflict!, give)} />}
    </>
  );
}

/** A finding that this person could mend here; of another's field only the server says whether it stops this step. */
function mayMend(e: Editing, place: string): boolean {
  const [head = "", line, column] = place.split("/");
  const look = e.context(head, false).look;
  return column ? look(`${head}.${column}`, line).look === "edit" : look(head).look === "edit";
}

/** A node's required field that is still empty blocks agreeing here already; the server would refuse it anyway. */
export function withBlocks(list: Operation[], why: string | null, dirty: boolean): Operation[] {
  return list.map((o) => {
    if (o.op !== "complete" || o.outcome === "reject") return o;
    if (why) return { ...o, allowed: false, why };
    // What was typed here may have filled in what was missing.
    return dirty && !o.allowed ? { ...o, allowed: true, why: null } : o;
  });
}
function taskKeys(list: Operation[], free: boolean, open: (o: Operation) => void): Record<string, () => void> {
  if (!free) return {};
  const find = (test: (o: Operation) => boolean) => () => {
    const o = list.find(test);
    if (o?.allowed) open(o);
  };
  return { a: find((o) => o.op === "complete" && o.outcome !== "reject"), r: find((o) => o.outcome === "reject"), t: find((o) => o.op === "transfer") };
}

/** Puts an older value back, as if it were typed. */
function restore(e: Editing, place: string, value: Value): void {
  const [name = "", line, column] = place.split("/");
  if (!line || !column) e.set(name, value);
  else e.set(name, setCell(linesOf(e.values[name]), line, column, value));
}

export function keyText(def: Definition, e: Editing): string {
  const v = def.key ? e.values[def.key] : undefined;
  return typeof v === "string" && v ? v : (e.sheet.record.title ?? "").split(" · ")[0] || def.label;
}
/** The one amount that stands for the record: the money of its list, else the first that nobody types. */
function keyAmount(def: Definition, e: Editing): string | null {
  const names = Object.keys(def.fields).filter((n) => def.fields[n]!.kind === "money");
  const name = def.list.find((n) => names.includes(n)) ?? names.find((n) => !def.fields[n]!.typed);
  const v = name ? e.values[name] : undefined;
  return typeof v === "string" ? group(v) : null;
}

const BOXES = "input,textarea,select,[contenteditable],[role=textbox]";
/** A cell of a table is the table's to find; it may have to be scrolled to or opened first. */
function focusField(place: string): void {
  const field = document.querySelector<HTMLElement>(`[data-field="${CSS.escape(place.split("/")[0] ?? "")}"]`);
  if (!field || field.classList.contains("table")) return;
  field.scrollIntoView({ block: "center" });
  field.querySelector<HTMLElement>(BOXES)?.focus();
}
