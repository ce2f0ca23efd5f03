// image: one picture, shown small; a file by its content, like an attachment.
import { Camera, X } from "lucide-react";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { fileAddress, filesOf, useUpload } from "./attachment";
import type { EditProps, FieldKind, ShowProps } from "./types";

function Show({ value, ctx, cell }: ShowProps) {
  const f = filesOf(value)[0];
  if (!f) return <span className="ink4">{cell ? "" : "—"}</span>;
  if (!ctx.record) return <span className="ink2">{f.name}</span>;
  const img = <img className={cell ? "thumb small" : "thumb"} src={fileAddress(ctx, f, true)} alt={f.name} loading="lazy" />;
  return cell ? img : <a href={fileAddress(ctx, f, true)} target="_blank" rel="noreferrer">{img}</a>;
}
function Edit(p: EditProps) {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  const up = useUpload(p.value, p.onChange);
  const f = filesOf(p.value)[0];
  return (
    <div className="row">
      {f && <Show {...p} />}
      <button type="button" id={p.id} className="camera" aria-label={f ? t("file.replace") : t("file.picture")} onClick={() => input.current?.click()}><Camera size={18} strokeWidth={1.75} /></button>
      {f && <button type="button" className="bare" aria-label={t("file.remove", { name: f.name })} onClick={() => p.onChange(null)}><X size={14} /></button>}
      <input ref={input} type="file" accept="image/*" hidden aria-label={p.label} onChange={(e) => (void up.take(e.target.files, true), (e.target.value = ""))} />
      {up.busy && <span className="ink3">{t("file.sending")}</span>}
      {up.wrong && <span className="bad small" role="alert">{up.wrong}</span>}
    </div>
  );
}

export const image: FieldKind = { width: 64, wide: () => false, text: (v) => filesOf(v)[0]?.name ?? "", Show, Edit, parse: () => ({ wrong: "field.no_paste" }) };
