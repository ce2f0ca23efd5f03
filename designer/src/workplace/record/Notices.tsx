// Between the head and the path: what was restored, what others changed, what is wrong; and what is kept here.
import { CloudCheck, PauseCircle, TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Problem } from "../../api/client";
import type { Definition, Finding, Sheet } from "../../api/types";
import { useNarrow } from "../../app/theme";
import { clock, shortMoment } from "../../ui/day";
import { Trouble } from "../../ui/parts";
import { FindingList } from "./dialogs";
import { ReturnNote } from "./returned";
import type { Editing } from "./useSheet";

export function Kept({ editing }: { editing: Editing }) {
  const { t } = useTranslation();
  if (editing.busy) return <span className="ink3 kept">{t("state.saving")}</span>;
  if (!editing.dirty) return null;
  return <span className="ink3 row kept" style={{ gap: 4 }}><CloudCheck size={15} strokeWidth={1.75} />{t("state.kept", { at: clock(editing.draft.at) })}</span>;
}

interface Props { editing: Editing; def: Definition; strict: boolean; refused: Finding[]; record: string | null; sheet: Sheet; onGo: (place: string) => void }

export function Notices({ editing, def, strict, refused, record, sheet, onGo }: Props) {
  const { t } = useTranslation();
  // On a phone each field says it itself, and the button how many there are.
  const narrow = useNarrow();
  const warnings = editing.findings.filter((f) => f.level === "warn" && !f.at.includes("/"));
  // A conflict has a dialog of its own.
  const error = editing.error instanceof Problem && editing.error.code === "stale_version" ? null : editing.error;
  const fromServer = error instanceof Problem ? (error.body.findings ?? []) : [];
  return (
    <>
      {sheet.suspended && <div className="note"><PauseCircle size={15} /><span className="grow">{t("record.suspended", { who: sheet.suspended.by.name, at: shortMoment(sheet.suspended.at) })}</span></div>}
      {record && <ReturnNote form={def.form} record={record} sheet={sheet} />}
      {editing.restored && editing.dirty && (
        <div className="note info"><span className="grow">{t("state.restored", { at: clock(editing.restored) })}</span><button type="button" className="bare link" onClick={editing.drop}>{t("state.discard")}</button></div>
      )}
      {editing.newer && (
        <div className="note"><TriangleAlert size={15} /><span className="grow">{t("state.newer", { who: editing.newer.record.updated_by?.name ?? "" })}</span><button type="button" className="bare link" onClick={() => editing.setConflict(editing.newer)}>{t("state.compare")}</button></div>
      )}
      {!!error && fromServer.length === 0 && <div className="note bad"><Trouble error={error} /></div>}
      {fromServer.length > 0 && <div className="note bad"><FindingList def={def} findings={fromServer} values={editing.values} onGo={onGo} /></div>}
      {strict && !narrow && fromServer.length === 0 && refused.length > 0 && <div className="note bad"><FindingList def={def} findings={refused} values={editing.values} onGo={onGo} /></div>}
      {warnings.length > 0 && <div className="note"><FindingList def={def} findings={warnings} values={editing.values} onGo={onGo} /></div>}
    </>
  );
}
