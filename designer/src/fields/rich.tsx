// rich: text with a little formatting. What is shown is rebuilt from a short list of tags, never trusted as it came.
import { Bold, Italic, List } from "lucide-react";
import { createElement, useEffect, useRef, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { EditProps, FieldKind, ShowProps } from "./types";
import { asText } from "./types";

const allowed = new Set(["P", "DIV", "BR", "B", "STRONG", "I", "EM", "U", "UL", "OL", "LI", "H3", "H4", "BLOCKQUOTE", "SPAN"]);

function rebuild(node: Node, key: number): ReactNode {
  if (node.nodeType === Node.TEXT_NODE) return node.textContent;
  if (!(node instanceof Element)) return null;
  const children = [...node.childNodes].map(rebuild);
  if (!allowed.has(node.tagName)) return node.tagName === "SCRIPT" || node.tagName === "STYLE" ? null : children;
  return node.tagName === "BR" ? <br key={key} /> : createElement(node.tagName.toLowerCase(), { key }, ...children);
}
const parsed = (html: string) => new DOMParser().parseFromString(html, "text/html").body;

function Show({ value, cell }: ShowProps) {
  const s = asText(value);
  if (!s) return <span className="ink4">{cell ? "" : "—"}</span>;
  if (cell) return <span className="cut">{parsed(s).textContent}</span>;
  return <div className="rich">{[...parsed(s).childNodes].map(rebuild)}</div>;
}

function Edit(p: EditProps) {
  const { t } = useTranslation();
  const self = useRef<HTMLDivElement>(null);
  const last = useRef<string | null>(null);
  const s = asText(p.value);
  useEffect(() => {
    // Written only when it came from elsewhere, or the caret would jump while typing.
    if (self.current && s !== last.current) self.current.innerHTML = s ? cleaned(s) : "";
    last.current = s;
  }, [s]);
  const tell = () => {
    const html = cleaned(self.current?.innerHTML ?? "");
    last.current = html;
    p.onChange(html === "" || html === "<br>" ? null : html);
  };
  const act = (command: string) => (document.execCommand(command), tell());
  if (p.cell) return <input className="cell-editor" aria-label={p.label} autoFocus={p.autoFocus} value={parsed(s).textContent ?? ""} onChange={(e) => p.onChange(e.target.value || null)} />;
  return (
    <div className="area rich-edit">
      <div className="row" role="toolbar" aria-label={t("rich.tools")} onPointerDown={(e) => e.preventDefault()}>
        <button type="button" className="bare" aria-label={t("rich.bold")} onClick={() => act("bold")}><Bold size={14} /></button>
        <button type="button" className="bare" aria-label={t("rich.italic")} onClick={() => act("italic")}><Italic size={14} /></button>
        <button type="button" className="bare" aria-label={t("rich.list")} onClick={() => act("insertUnorderedList")}><List size={14} /></button>
      </div>
      <div ref={self} id={p.id} className="rich" role="textbox" aria-multiline contentEditable suppressContentEditableWarning aria-label={p.label} aria-invalid={p.invalid} aria-describedby={p.describedBy} onInput={tell} />
    </div>
  );
}
/** The same text with only the allowed tags and no attributes. */
function cleaned(html: string): string {
  const body = parsed(html);
  for (const e of [...body.querySelectorAll("*")]) {
    if (e.tagName === "SCRIPT" || e.tagName === "STYLE") e.remove();
    else if (!allowed.has(e.tagName)) e.replaceWith(...e.childNodes);
    else for (const a of [...e.attributes]) e.removeAttribute(a.name);
  }
  return body.innerHTML;
}

export const rich: FieldKind = { width: 180, grow: 1, wide: () => true, text: (v) => parsed(asText(v)).textContent ?? "", Show, Edit, parse: (typed) => ({ value: typed === "" ? null : typed.replaceAll("&", "&amp;").replaceAll("<", "&lt;") }) };
