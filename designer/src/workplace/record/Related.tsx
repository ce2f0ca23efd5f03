// What belongs to a record: what it was made from, what was made from it.
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Problem, get } from "../../api/client";
import type { Definition, Status } from "../../api/types";
import { at, onLink } from "../../app/route";
import { StatusTag } from "../../ui/parts";
import { groupInTitle } from "../../ui/number";

interface RelatedRow { form: string; form_label: string; id: string; title: string | null; status: Status; how: "from" | "to" }

/** An older server does not know the question; it is asked once. */
let offered = true;

export function Related({ form, record, def }: { form: string; record: string; def: Definition }) {
  const { t } = useTranslation();
  const rows = useQuery({ queryKey: ["related", form, record], queryFn: () => get<RelatedRow[]>(`/records/${form}/${record}/related`), retry: false, enabled: def.kind === "document" && offered, staleTime: 30_000 });
  if (rows.error instanceof Problem && rows.error.body.status === 404) offered = false;
  if (!rows.data?.length) return null;
  return (
    <section className="band related">
      <header><h2>{t("related.title")}</h2><span className="ink3">{rows.data.length}</span></header>
      <ul>
        {rows.data.map((r) => (
          <li key={r.id} className="row">
            <span className="ink2 what">{r.form_label}</span>
            <a href={at.record(r.form, r.id)} onClick={onLink} className="grow cut">{groupInTitle(r.title ?? r.id)}</a>
            <span className="ink3 small">{t(`related.${r.how}`)}</span>
            <StatusTag status={r.status} />
          </li>
        ))}
      </ul>
    </section>
  );
}
