// What pages read, each with its cache key. Keys start with the noun, so that the stream can refresh by noun.
import { QueryClient, keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import i18next from "i18next";
import { Problem, get, query } from "./client";
import type * as T from "./types";

export const cache = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      refetchOnWindowFocus: true,
      retry: (n, e) => n < 2 && e instanceof Problem && (e.body.status === 503 || e.body.status === 0),
    },
  },
});

export const useMe = () => useQuery({ queryKey: ["me"], queryFn: () => get<T.Me>("/me"), retry: false, staleTime: 30_000 });
export const useHealth = (on: boolean) => useQuery({ queryKey: ["health"], queryFn: () => get<T.Health>("/health"), enabled: on, staleTime: Infinity });
export const useForms = (on = true) => useQuery({ queryKey: ["forms"], queryFn: () => get<T.FormHead[]>("/forms"), staleTime: 300_000, enabled: on });
/** The records of a tree stand below one another; the record above is a link like any other to the one who fills it in. */
function withParent(def: T.Definition): T.Definition {
  if (def.kind !== "tree" || def.fields.parent) return def;
  const parent: T.FieldDef = { label: i18next.t("record.parent"), kind: "link", look: "edit", typed: true, from: null, required: false, to: def.form, to_label: def.label };
  const [first, ...rest] = def.layout;
  return { ...def, fields: { ...def.fields, parent }, layout: first ? [{ ...first, rows: [...first.rows, ["parent"]] }, ...rest] : [] };
}
export const definitionQuery = (form: string) => ({ queryKey: ["definition", form], queryFn: async () => withParent(await get<T.Definition>(`/forms/${form}`)), staleTime: 300_000 });
export const useDefinition = (form: string, on = true) => useQuery({ ...definitionQuery(form), enabled: on });

/** The record above, shown among the values where the form draws it. */
export const parentAsValue = (s: T.Sheet): T.Sheet => (s.record?.parent && s.record.values.parent === undefined ? { ...s, record: { ...s.record, values: { ...s.record.values, parent: s.record.parent } } } : s);

export const sheetKey = (form: string, id: string) => ["sheet", form, id] as const;
export const useSheetOf = (form: string, id: string, on: boolean) =>
  useQuery({ queryKey: sheetKey(form, id), queryFn: async () => parentAsValue(await get<T.Sheet>(`/records/${form}/${id}`)), enabled: on, staleTime: 0 });
export const useTask = (id: string | null | undefined) =>
  useQuery({ queryKey: ["task", id], queryFn: () => get<T.TaskSheet>(`/tasks/${id}`), enabled: !!id, staleTime: 0 });
export const useFlow = (form: string, id: string, on = true) =>
  useQuery({ queryKey: ["flow", form, id], queryFn: () => get<T.FlowView>(`/records/${form}/${id}/flow`), enabled: on });
export const useHistory = (form: string, id: string, on = true) =>
  useQuery({ queryKey: ["history", form, id], queryFn: () => get<T.HistoryRow[]>(`/records/${form}/${id}/history`), enabled: on });
export const useComments = (form: string, id: string) =>
  useInfiniteQuery({
    queryKey: ["comments", form, id],
    queryFn: ({ pageParam }) => get<T.Page<T.Comment>>(`/records/${form}/${id}/comments${query({ after: pageParam })}`),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
  });
export const usePreview = (form: string, id: string, on: boolean) =>
  useQuery({ queryKey: ["preview", form, id], queryFn: () => get<T.Preview>(`/records/${form}/${id}/preview`), enabled: on, staleTime: 0, gcTime: 0 });

export type Box = "todo" | "done" | "mine" | "copied" | "drafts";
export const useBox = (box: Box, q = "", limit = 50, on = true) =>
  useInfiniteQuery({
    queryKey: ["tasks", box, q, limit],
    queryFn: ({ pageParam }) => get<T.Page<T.TaskRow>>(`/tasks${query({ box, q, limit, after: pageParam })}`),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
    enabled: on,
  });

export interface ListAsk { q?: string | undefined; filter?: string | undefined; sort?: string | undefined; columns?: string | undefined }
export const useList = (form: string, ask: ListAsk, on = true, limit = 50) =>
  useInfiniteQuery({
    queryKey: ["list", form, ask, limit],
    queryFn: ({ pageParam, signal }) => get<T.Page<T.ListRow>>(`/records/${form}${query({ ...ask, limit, after: pageParam })}`, signal),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
    enabled: on,
  });
export const useCount = (form: string, ask: Pick<ListAsk, "q" | "filter">, on = true) =>
  useQuery({ queryKey: ["count", form, ask.q, ask.filter], queryFn: () => get<T.Count>(`/records/${form}/count${query({ q: ask.q, filter: ask.filter })}`), placeholderData: keepPreviousData, enabled: on });
export const useViews = (form: string) => useQuery({ queryKey: ["views", form], queryFn: () => get<T.View[]>(`/views/${form}`) });

export const usePeople = (q: string, on = true) =>
  useQuery({ queryKey: ["people", q], queryFn: () => get<T.PersonRow[]>(`/people${query({ q })}`), enabled: on, placeholderData: keepPreviousData });
export const useNotices = () => useQuery({ queryKey: ["notices"], queryFn: () => get<{ rows: T.Notice[] }>("/notices") });

export const useLedger = (ledger: string) => useQuery({ queryKey: ["ledger", ledger], queryFn: () => get<T.LedgerDef>(`/ledgers/${ledger}`), staleTime: 300_000 });
export interface LedgerAsk { at?: string | undefined; from?: string | undefined; to?: string | undefined; by?: string | undefined; filter?: string | undefined }
type Sum<R> = T.Page<R> & { totals?: T.Sums };
const pages = <R>(ledger: string, what: string, ask: LedgerAsk, on: boolean) => ({
  queryKey: ["balance", ledger, what, ask],
  queryFn: ({ pageParam }: { pageParam: string }) => get<Sum<R>>(`/ledgers/${ledger}/${what}${query({ ...ask, limit: 100, after: pageParam })}`),
  initialPageParam: "",
  getNextPageParam: (page: Sum<R>) => page.next ?? undefined,
  placeholderData: keepPreviousData,
  enabled: on,
});
export const useBalance = (ledger: string, ask: LedgerAsk, on: boolean) => useInfiniteQuery(pages<T.BalanceRow>(ledger, "balance", ask, on));
export const useTurnover = (ledger: string, ask: LedgerAsk, on: boolean) => useInfiniteQuery(pages<T.TurnoverRow>(ledger, "turnover", ask, on));
export const useEntries = (ledger: string, ask: LedgerAsk, on: boolean) => useInfiniteQuery(pages<T.Entry>(ledger, "entries", ask, on));

/** Everything shown about a record is read again: after a command, and when the stream tells of a change. */
export function refresh(form?: string | null, id?: string | null): void {
  void cache.invalidateQueries({ queryKey: ["tasks"] });
  void cache.invalidateQueries({ queryKey: ["task"] });
  void cache.invalidateQueries({ queryKey: ["me"] });
  if (!form) return;
  for (const noun of ["list", "count"]) void cache.invalidateQueries({ queryKey: [noun, form] });
  void cache.invalidateQueries({ queryKey: ["balance"] });
  if (id) for (const noun of ["sheet", "flow", "history", "comments"]) void cache.invalidateQueries({ queryKey: [noun, form, id] });
}
