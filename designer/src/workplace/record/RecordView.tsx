// The page of one record: head, path, sections, related; the rail beside it. Typing is kept as it happens.
import { CircleAlert, CloudCheck, Link2, TriangleAlert } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Problem, post, remove } from "../../api/client";
import { refresh } from "../../api/queries";
import type { Act, Definition, Finding, Operation, Sheet, TaskBody } from "../../api/types";
import { at, go } from "../../app/route";
import { useHotkeys } from "../../app/keys";
import { useDecided } from "../../app/outbox";
import { useNarrow } from "../../app/theme";
import { TopBar } from "../../app/TopBar";
import { clock } from "../../ui/day";
import { group } from "../../ui/number";
import { Trouble, useProblemText } from "../../ui/parts";
import { toast } from "../../ui/toast";
import { OperationDialog } from "../task/OperationDialog";
import { withoutAmounts } from "../inbox/rows";
import { act as actOn } from "../task/decide";
import { PhoneBar } from "../task/PhoneBar";
import { Acts } from "./Acts";
import { ConfirmDialog, ConflictDialog, FindingList, SubmitDialog } from "./dialogs";
import { Head, WaitsFor } from "./Head";
import { Rail } from "./Rail";
import { Related } from "./Related";
import { Sections } from "./Sections";
import { Tracker } from "./Tracker";
import { useSheet, type Editing } from "./useSheet";

interface Props { def: Definition; sheet: Sheet; id: string | null; task: TaskBody | null; user: string }
type Ask = { kind: "submit"; sheet: Sheet } | { kind: "operation"; operation: Operation } | { kind: "confirm"; act: Act } | null;

export function RecordView({ def, sheet, id, task, user }: Props) {
  const { t } = useTranslation();
  const narrow = useNarrow();
  const say = useProblemText();
  const decided = useDecided();
  const [strict, setStrict] = useState(!!task);
  const [open, setOpen] = useState(false);
  const [ask, setAsk] = useState<Ask>(null);
  const [acting, setActing] = useState(false);
  const editing = useSheet({ def, sheet, id, task: task?.id ?? null, user, strict });
  const record = editing.sheet.record;
  const done = task ? decided.has(task.id) : false;
  const editable = !id || !!task || open || sheet.record.status === "draft" || sheet.at[0]?.kind === "starter" || editing.dirty;
  const still = !editable || done;
  const refused = editing.findings.filter((f) => f.level === "refuse" && (!task || mayMend(editing, f.at)));
  const operations = done ? [] : withBlocks(task?.operations ?? [], refused.length ? refused[0]!.say : null, editing.dirty);

  const saved = async (): Promise<Sheet | null> => {
    const s = await editing.save();
    if (s && !id) go(s.record?.id ? at.record(def.form, s.record.id) : at.list(def.form), "replace");
    if (s) setOpen(false);
    return s;
  };
  const save = async () => {
    if (await saved()) toast(t("state.saved", { form: def.label }));
  };
  const submit = async () => {
    setStrict(true);
    const s = id && !editing.dirty ? editing.sheet : await editing.save();
    if (!s) return;
    if (!id && s.record.id) {
      // The page of the kept record takes over, and asks there.
      sessionStorage.setItem("fw.submit", s.record.id);
      go(at.record(def.form, s.record.id), "replace");
      return;
    }
    setAsk({ kind: "submit", sheet: s });
  };
  useEffect(() => {
    if (id && sessionStorage.getItem("fw.submit") === id) {
      sessionStorage.removeItem("fw.submit");
      setStrict(true);
      setAsk({ kind: "submit", sheet });
    }
    // Only when the page opens.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [id]);

  const command = async (path: string, body: Record<string, unknown>, after?: (answer: Sheet & { form?: string; id?: string }) => void) => {
    setActing(true);
    try {
      const answer = await post<Sheet & { form?: string; id?: string }>(`/records/${def.form}/${id}/${path}`, body);
      setAsk(null);
      if (answer?.record) editing.take(answer);
      else if (path !== "make") go(at.list(def.form), "replace");
      refresh(def.form, id);
      after?.(answer);
    } catch (e) {
      if (e instanceof Problem && e.code === "stale_version" && e.theirs) editing.setConflict(e.theirs);
      else toast(say(e), { bad: true });
    }
    setActing(false);
  };
  const onAct = (a: Act) => {
    if (a.act === "edit") setOpen(true);
    else if (a.act === "make") void command("make", { make: a.make }, (x) => x.form && x.id && go(at.record(x.form, x.id)));
    else if (a.act === "withdraw" || a.act === "delete" || a.act === "reverse") setAsk({ kind: "confirm", act: a });
    else if (a.act === "submit") void submit();
  };
  const confirmed = async (a: Act, reason: string) => {
    if (a.act !== "delete") return command(a.act, { version: record.version, ...(reason ? { reason } : {}) });
    setActing(true);
    try {
      await remove(`/records/${def.form}/${id}?version=${record.version}`);
      editing.drop();
      refresh(def.form, id);
      go(at.list(def.form), "replace");
    } catch (e) {
      toast(say(e), { bad: true });
    }
    setActing(false);
  };
  const onDo = (o: Operation, body: Record<string, unknown>) => {
    setAsk(null);
    if (!task) return;
    const more = o.op === "complete" && editing.dirty ? { values: editing.payload() } : {};
    actOn(o, { task: task.id, form: def.form, formLabel: def.label, record: id ?? "", title: record.title ?? "", version: sheet.record.version }, { ...body, ...more }, () => editing.drop());
    if (narrow || sessionStorage.getItem("fw.from") === "inbox") go("/inbox");
  };
  useHotkeys({ "ctrl+s": () => editable && (editing.dirty || !id) && void save(), ...taskKeys(operations, ask === null, (o) => setAsk({ kind: "operation", operation: o })) }, [operations, ask, editing.dirty]);

  const main = keyAmount(def, editing);
  const acts = (
    <Acts acts={id ? sheet.acts : []} operations={operations} onAct={onAct} onOperation={(o) => setAsk({ kind: "operation", operation: o })} dirty={editing.dirty} busy={editing.busy || acting} isNew={!id} editing={editable && !still} workflow={def.workflow} onSave={() => void save()} onSubmit={() => void submit()} waitingFor={<WaitsFor sheet={sheet} />} />
  );
  return (
    <main className="page">
      <TopBar crumbs={[{ label: def.module_label }, { label: def.label, to: at.list(def.form) }]} title={id ? keyText(def, editing) : t("record.new", { form: def.label })} back={at.list(def.form)}>
        <Kept editing={editing} />
        {id && !narrow && <button type="button" className="bare" onClick={() => void navigator.clipboard?.writeText(window.location.href).then(() => toast(t("record.copied")))}><Link2 size={15} />{t("record.copy_link")}</button>}
      </TopBar>
      <div className="record">
        <div className="record-main">
          <Head def={def} sheet={{ ...sheet, record: { ...record, title: record.title ?? sheet.record.title } }} isNew={!id} amount={main} decided={done} acts={narrow ? null : acts} wrong={refused.length} task={task} onWrong={() => goTo(refused[0]?.at ?? "")} />
          <Notices editing={editing} def={def} strict={strict && !still} refused={refused} />
          {id && !narrow && <Tracker form={def.form} record={id} />}
          <Sections def={def} editing={editing} still={still} />
          {id && narrow && <Tracker form={def.form} record={id} />}
          {id && <Related form={def.form} record={id} def={def} />}
        </div>
        {id && <Rail def={def} record={id} />}
      </div>
      {narrow && <PhoneBar operations={operations} acts={id ? sheet.acts : []} isNew={!id} workflow={def.workflow} dirty={editing.dirty} busy={editing.busy || acting} onOperation={(o) => setAsk({ kind: "operation", operation: o })} onAct={onAct} onSave={() => void save()} onSubmit={() => void submit()} missing={strict ? refused.length : 0} />}
      {ask?.kind === "submit" && <SubmitDialog def={def} record={{ id: id ?? "", title: ask.sheet.record.title }} busy={acting} onClose={() => setAsk(null)} onSubmit={() => void command("submit", { version: ask.sheet.record.version }, () => toast(t("state.submitted", { form: def.label })))} />}
      {ask?.kind === "operation" && <OperationDialog operation={ask.operation} title={withoutAmounts(record.title ?? "")} amount={main ?? undefined} onClose={() => setAsk(null)} onDo={(body) => onDo(ask.operation, body)} />}
      {ask?.kind === "confirm" && <ConfirmDialog title={t("confirm.title", { act: ask.act.label, title: keyText(def, editing) })} text={t(`confirm.${ask.act.act}`)} verb={ask.act.label} reason={ask.act.act === "reverse" || ask.act.act === "withdraw"} busy={acting} onClose={() => setAsk(null)} onYes={(why) => void confirmed(ask.act, why)} />}
      {editing.conflict && <ConflictDialog def={def} base={sheet} theirs={editing.conflict} draft={editing.draft} onClose={() => editing.setConflict(null)} onMerge={(give) => editing.merge(editing.conflict!, give)} />}
    </main>
  );
}

/** A finding that this person could mend here; of another's field only the server says whether it stops this step. */
function mayMend(e: Editing, place: string): boolean {
  const [head = "", line, column] = place.split("/");
  const look = e.context(head, false).look;
  return column ? look(`${head}.${column}`, line).look === "edit" : look(head).look === "edit";
}

/** A node's required field that is still empty blocks agreeing here already; the server would refuse it anyway. */
function withBlocks(list: Operation[], why: string | null, dirty: boolean): Operation[] {
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

export function keyText(def: Definition, e: Editing): string {
  const v = def.key ? e.values[def.key] : undefined;
  return typeof v === "string" && v ? v : (e.sheet.record.title ?? "").split(" · ")[0] || def.label;
}
/** The one amount that stands for the record: the first computed money of its head. */
function keyAmount(def: Definition, e: Editing): string | null {
  const names = Object.keys(def.fields).filter((n) => def.fields[n]!.kind === "money");
  const name = def.list.find((n) => names.includes(n)) ?? names.find((n) => !def.fields[n]!.typed);
  const v = name ? e.values[name] : undefined;
  return typeof v === "string" ? group(v) : null;
}

function goTo(place: string): void {
  const name = place.split("/")[0];
  const field = document.querySelector<HTMLElement>(`[data-field="${name}"]`);
  field?.scrollIntoView({ block: "center" });
  field?.querySelector<HTMLElement>("input,textarea,select,[tabindex='0']")?.focus();
}

function Kept({ editing }: { editing: Editing }) {
  const { t } = useTranslation();
  if (editing.busy) return <span className="ink3 kept">{t("state.saving")}</span>;
  if (!editing.dirty) return null;
  return <span className="ink3 row kept" style={{ gap: 4 }}><CloudCheck size={15} strokeWidth={1.75} />{t("state.kept", { at: clock(editing.draft.at) })}</span>;
}

function Notices({ editing, def, strict, refused }: { editing: Editing; def: Definition; strict: boolean; refused: Finding[] }) {
  const { t } = useTranslation();
  const loose = editing.findings.filter((f) => f.at === "" || (f.level === "warn" && !f.at.includes("/")));
  const error = editing.error instanceof Problem && editing.error.code === "stale_version" ? null : editing.error;
  const fromServer = error instanceof Problem ? (error.body.findings ?? []) : [];
  return (
    <>
      {editing.restored && editing.dirty && (
        <div className="note info"><span className="grow">{t("state.restored", { at: clock(editing.restored) })}</span><button type="button" className="bare link" onClick={editing.drop}>{t("state.discard")}</button></div>
      )}
      {editing.newer && (
        <div className="note"><TriangleAlert size={15} /><span className="grow">{t("state.newer", { who: editing.newer.record.updated_by?.name ?? "" })}</span><button type="button" className="bare link" onClick={() => editing.setConflict(editing.newer)}>{t("state.compare")}</button></div>
      )}
      {!!error && fromServer.length === 0 && <div className="note bad"><CircleAlert size={15} /><Trouble error={error} /></div>}
      {fromServer.length > 0 && <div className="note bad"><FindingList def={def} findings={fromServer} onGo={goTo} /></div>}
      {strict && fromServer.length === 0 && refused.length > 0 && <div className="note bad"><FindingList def={def} findings={refused} onGo={goTo} /></div>}
      {loose.filter((f) => f.level === "warn").length > 0 && <div className="note"><FindingList def={def} findings={loose.filter((f) => f.level === "warn")} onGo={goTo} /></div>}
    </>
  );
}
