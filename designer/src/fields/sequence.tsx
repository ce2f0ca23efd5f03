// sequence: a number the server gives; nobody types it.
import { useTranslation } from "react-i18next";
import type { FieldKind, ShowProps } from "./types";
import { asText } from "./types";

function Show({ value, cell, ctx }: ShowProps) {
  const { t } = useTranslation();
  const s = asText(value);
  return s ? <span>{s}</span> : <span className="ink4">{cell ? "" : t(ctx.record ? "field.number_not_yet" : "field.number_later")}</span>;
}

export const sequence: FieldKind = { width: 152, wide: () => false, text: (v) => asText(v), Show, Edit: Show, parse: () => ({ wrong: "field.number_given" }) };
