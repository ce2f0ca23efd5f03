// attachment: files, kept by their content. Dropped on the box, picked, or taken with the phone's camera.
import { FileText, Paperclip, X } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { upload } from "../api/client";
import type { FileRef, Value } from "../api/types";
import { bytes } from "../ui/number";
import { useProblemText } from "../ui/parts";
import type { EditProps, FieldContext, FieldKind, ShowProps } from "./types";

export const filesOf = (v: Value): FileRef[] => (Array.isArray(v) ? v.filter((x): x is FileRef => typeof x === "object" && x !== null && "hash" in x) : []);
export const fileAddress = (ctx: FieldContext, f: FileRef, inline = false): string => `/api/records/${ctx.form}/${ctx.record}/files/${f.hash}${inline ? "?inline" : ""}`;

function FileLine({ file, ctx, onRemove }: { file: FileRef; ctx: FieldContext; onRemove?: () => void }) {
  const { t } = useTranslation();
  return (
    <li className="file">
      <FileText size={15} strokeWidth={1.75} />
      {ctx.record ? <a className="cut" href={fileAddress(ctx, file)} download={file.name}>{file.name}</a> : <span className="cut">{file.name}</span>}
      <span className="ink3 small">{bytes(file.size)}</span>
      {onRemove && <button type="button" className="bare" aria-label={t("file.remove", { name: file.name })} onClick={onRemove}><X size={14} /></button>}
    </li>
  );
}

function Show({ value, ctx, cell }: ShowProps) {
  const files = filesOf(value);
  if (!files.length) return <span className="ink4">{cell ? "" : "—"}</span>;
  if (cell) return <span className="row ink2" style={{ gap: 4 }}><Paperclip size={13} />{files.length}</span>;
  return <ul className="files">{files.map((f) => <FileLine key={f.hash} file={f} ctx={ctx} />)}</ul>;
}

/** Uploads one after another and tells each as it arrives; a failure keeps what is there. */
export function useUpload(value: Value, onChange: (v: Value) => void) {
  const say = useProblemText();
  const [busy, setBusy] = useState(0);
  const [wrong, setWrong] = useState("");
  const now = useRef(value);
  now.current = value;
  const take = async (list: FileList | null, one = false) => {
    setWrong("");
    for (const f of [...(list ?? [])]) {
      setBusy((n) => n + 1);
      try {
        const ref = await upload(f);
        onChange(one ? [ref] : [...filesOf(now.current).filter((x) => x.hash !== ref.hash), ref]);
      } catch (e) {
        setWrong(`${f.name}: ${say(e)}`);
      } finally {
        setBusy((n) => n - 1);
      }
    }
  };
  return { take, busy: busy > 0, wrong };
}

function Edit(p: EditProps) {
  const { t } = useTranslation();
  const files = filesOf(p.value);
  const up = useUpload(p.value, p.onChange);
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  return (
    <div
      className={`drop${over ? " over" : ""}`}
      onDragOver={(e) => (e.preventDefault(), setOver(true))}
      onDragLeave={() => setOver(false)}
      onDrop={(e) => (e.preventDefault(), setOver(false), void up.take(e.dataTransfer.files))}
    >
      {files.length > 0 && <ul className="files">{files.map((f) => <FileLine key={f.hash} file={f} ctx={p.ctx} onRemove={() => p.onChange(files.filter((x) => x !== f))} />)}</ul>}
      <button type="button" id={p.id} className="bare link" aria-describedby={p.describedBy} onClick={() => input.current?.click()}>
        <Paperclip size={14} />
        {up.busy ? t("file.sending") : t("file.add")}
      </button>
      {!files.length && <span className="ink4 hint"> {t("file.drop")}</span>}
      <input ref={input} type="file" hidden multiple aria-label={p.label} onChange={(e) => (void up.take(e.target.files), (e.target.value = ""))} />
      {up.wrong && <div className="bad small" role="alert">{up.wrong}</div>}
    </div>
  );
}

export const attachment: FieldKind = { width: 72, wide: () => true, text: (v) => filesOf(v).map((f) => f.name).join("、"), Show, Edit, parse: () => ({ wrong: "field.no_paste" }) };
