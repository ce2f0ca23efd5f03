// A record, new or kept: loads what is needed and draws the page that its definition describes.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get, query } from "../../api/client";
import { useDefinition, useMe, useSheetOf, useTask } from "../../api/queries";
import type { Sheet, TaskBody } from "../../api/types";
import { Bones, Trouble } from "../../ui/parts";
import { RecordView } from "./RecordView";

export function RecordPage({ form, id }: { form: string; id: string }) {
  const def = useDefinition(form);
  const me = useMe();
  const sheet = useSheetOf(form, id, true);
  const mine = sheet.data?.tasks.find((x) => x.id)?.id ?? null;
  const task = useTask(mine);
  const error = def.error ?? sheet.error;
  if (error) return <main className="page"><Trouble error={error} onRetry={() => (void def.refetch(), void sheet.refetch())} /></main>;
  if (!def.data || !sheet.data || !me.data || (mine && task.isLoading)) return <main className="page"><Bones rows={10} /></main>;
  // The task shows the record as its node lets this person see and edit it.
  const shown: Sheet = mine && task.data ? { ...task.data.sheet, tasks: sheet.data.tasks, acts: sheet.data.acts, at: sheet.data.at } : sheet.data;
  const body: TaskBody | null = mine && task.data ? task.data.task : null;
  return <RecordView key={`${form}/${id}/${mine ?? ""}`} def={def.data} sheet={shown} id={id} task={body} user={me.data.user.id} />;
}

/** A new record: the server fills in the defaults; nothing is kept there until it is saved. */
export function NewRecordPage({ form, given }: { form: string; given: string | null }) {
  const def = useDefinition(form);
  const me = useMe();
  // One blank sheet a visit: a refetch must not throw away what is being typed.
  const [visit] = useState(() => Date.now());
  const blank = useQuery({ queryKey: ["new", form, given, visit], queryFn: () => get<Sheet>(`/records/${form}/new${query({ values: given })}`), staleTime: Infinity, gcTime: 0, refetchOnWindowFocus: false });
  const error = def.error ?? blank.error;
  if (error) return <main className="page"><Trouble error={error} onRetry={() => (void def.refetch(), void blank.refetch())} /></main>;
  if (!def.data || !blank.data || !me.data) return <main className="page"><Bones rows={10} /></main>;
  return <RecordView key={`${form}/new`} def={def.data} sheet={blank.data} id={null} task={null} user={me.data.user.id} />;
}
