// What the buttons of a record do: save, submit, act, decide; and which question is open meanwhile.
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Problem, post, remove } from "../../api/client";
import { parentAsValue, refresh } from "../../api/queries";
import type { Act, Definition, Operation, Sheet, TaskBody } from "../../api/types";
import { at, go } from "../../app/route";
import { useProblemText } from "../../ui/parts";
import { toast } from "../../ui/toast";
import { act as actOn } from "../task/decide";
import type { Editing } from "./useSheet";

export type Ask = { kind: "submit"; sheet: Sheet } | { kind: "operation"; operation: Operation } | { kind: "confirm"; act: Act } | null;
type Answer = Sheet & { form?: string; id?: string };

/** A saved new record is asked about on its own page; this remembers which. */
const SUBMIT_NEXT = "fw.submit";

interface Given {
  def: Definition;
  sheet: Sheet;
  id: string | null;
  task: TaskBody | null;
  editing: Editing;
  narrow: boolean;
  onStrict: () => void;
  onSaved: () => void;
  onGo: (place: string) => void;
}

export function useCommands({ def, sheet, id, task, editing, narrow, onStrict, onSaved, onGo }: Given) {
  const { t } = useTranslation();
  const say = useProblemText();
  const [ask, openAsk] = useState<Ask>(null);
  const [failed, setFailed] = useState<unknown>(null);
  const setAsk = (a: Ask) => (setFailed(null), openAsk(a));
  const [acting, setActing] = useState(false);
  const version = editing.sheet.record.version;

  useEffect(() => {
    if (id && sessionStorage.getItem(SUBMIT_NEXT) === id) {
      sessionStorage.removeItem(SUBMIT_NEXT);
      onStrict();
      setAsk({ kind: "submit", sheet });
    }
    // Only when the page opens.
  }, [id]);

  const save = async () => {
    const unread = editing.findings.find((f) => f.code === "unread");
    if (unread) return onGo(unread.at);
    const s = await editing.save();
    if (!s) return;
    if (!id) go(s.record?.id ? at.record(def.form, s.record.id) : at.list(def.form), "replace");
    onSaved();
    toast(t("state.saved", { form: def.label }));
  };
  const submit = async () => {
    onStrict();
    const first = editing.blocking[0];
    if (first) return onGo(first.at);
    const s = id && !editing.dirty ? editing.sheet : await editing.save();
    if (!s) return;
    if (id) return setAsk({ kind: "submit", sheet: s });
    if (s.record?.id) {
      sessionStorage.setItem(SUBMIT_NEXT, s.record.id);
      go(at.record(def.form, s.record.id), "replace");
    } else go(at.list(def.form), "replace");
  };
  const guarded = async (run: () => Promise<void>) => {
    setActing(true);
    setFailed(null);
    try {
      await run();
    } catch (e) {
      if (e instanceof Problem && e.code === "stale_version" && e.theirs) editing.setConflict(e.theirs);
      // A question that is open says it itself, beside what it asks.
      else if (ask) setFailed(e);
      else toast(say(e), { bad: true });
    }
    setActing(false);
  };
  const command = (path: string, body: Record<string, unknown>, after?: (answer: Answer) => void) =>
    guarded(async () => {
      const answer = await post<Answer>(`/records/${def.form}/${id}/${path}`, body);
      setAsk(null);
      if (answer?.record) editing.take(parentAsValue(answer));
      else if (path !== "make") go(at.list(def.form), "replace");
      refresh(def.form, id);
      after?.(answer);
    });
  const takeBack = (task: string, reason: string) =>
    guarded(async () => {
      await post(`/tasks/${task}/take_back`, reason.trim() ? { opinion: reason.trim() } : {});
      setAsk(null);
      refresh(def.form, id);
    });
  const destroy = () =>
    guarded(async () => {
      await remove(`/records/${def.form}/${id}?version=${version}`);
      editing.drop();
      refresh(def.form, id);
      go(at.list(def.form), "replace");
    });

  return {
    ask,
    setAsk,
    failed,
    acting,
    save,
    submit,
    onAct: (a: Act, openForEdit: () => void) => {
      if (a.act === "edit") openForEdit();
      else if (a.act === "make") void command("make", { make: a.make }, (x) => x.form && x.id && go(at.record(x.form, x.id)));
      else if (a.act === "submit") void submit();
      else setAsk({ kind: "confirm", act: a });
    },
    confirmed: (a: Act, reason: string, to?: string) => (a.act === "delete" ? destroy() : a.task ? takeBack(a.task, reason) : command(a.act, { version, ...(reason ? { reason } : {}), ...(to ? { to } : {}) })),
    submitted: (s: Sheet) => command("submit", { version: s.record.version }, () => toast(t("state.submitted", { form: def.label }))),
    decided: (o: Operation, body: Record<string, unknown>) => {
      setAsk(null);
      if (!task) return;
      const more = o.op === "complete" && editing.dirty ? { values: editing.payload() } : {};
      actOn(o, { task: task.id, form: def.form, formLabel: def.label, record: id ?? "", title: editing.sheet.record.title ?? "", version: sheet.record.version }, { ...body, ...more }, () => editing.drop());
      if (narrow || sessionStorage.getItem("fw.from") === "inbox") go("/inbox");
    },
  };
}
