// What every kind of field must be able to do. One file a kind beside this one; index.ts lists them all.
import { createContext, type ComponentType } from "react";
import type { FieldDef, Finding, Link, LookNow, Unread, Value, Values } from "../api/types";

/** What a pasted or typed text means for a kind. `find`: a link that must be looked up by its text. */
export type Parsed = { value: Value } | { find: string } | { wrong: string; with?: Record<string, unknown> };

/** What a person has done to a table so far, enough to come back to it. */
export interface TableState { version: number; rows: Value; touched: Record<string, string[]> | undefined }

/** A place to go to: its field or cell takes the focus. The number tells one wish from the next. */
export interface Sought { place: string; n: number }
export const SoughtPlace = createContext<Sought | null>(null);

/** What a field may know of the record around it. */
export interface FieldContext {
  form: string;
  record: string | null;
  /** "supplier", or "lines.item" in a table. */
  path: string;
  /** The line the field stands in. */
  line?: string | undefined;
  values: () => Values;
  look: (path: string, line?: string) => LookNow;
  findings: (at: string) => Finding[];
  /** What a look-up on this field may read of the record. */
  asked: (line?: string) => Values;
  /** Of a table that is being typed in: its state, the way back to one, and whether a line was typed in at all. */
  kept?: { state: () => TableState; back: (to: TableState) => boolean; touched: (line: string) => boolean };
  /** Nothing may be typed now, whatever the looks say. */
  still: boolean;
}

export interface ShowProps {
  def: FieldDef;
  value: Value;
  ctx: FieldContext;
  cell?: boolean;
}
export interface EditProps extends ShowProps {
  onChange: (value: Value) => void;
  id?: string;
  label: string;
  invalid?: boolean;
  describedBy?: string | undefined;
  autoFocus?: boolean;
  /** The text whose typing began the edit in a grid cell. */
  start?: string | undefined;
}
export interface FieldKind {
  /** Width of a grid column in pixels. */
  width: number;
  grow?: number;
  end?: boolean;
  /** Takes a whole row of a section. */
  wide: (def: FieldDef) => boolean;
  text: (value: Value, def: FieldDef) => string;
  Show: ComponentType<ShowProps>;
  Edit: ComponentType<EditProps>;
  parse: (text: string, def: FieldDef) => Parsed;
}

/** What every box to type or pick in is told, whatever it is for. */
export const boxProps = ({ id, label, invalid, describedBy, autoFocus, start, cell }: EditProps) => ({ id, label, invalid, describedBy, autoFocus, start, cell });

export const isMasked = (v: Value): boolean => typeof v === "object" && v !== null && !Array.isArray(v) && "masked" in v;
export const isUnread = (v: Value): v is Unread => typeof v === "object" && v !== null && !Array.isArray(v) && "unread" in v;
export const isEmpty = (v: Value): boolean => v === undefined || v === null || v === "" || (Array.isArray(v) && v.length === 0);
export const asText = (v: Value): string => (typeof v === "string" ? v : isUnread(v) ? v.unread : v === undefined || v === null || isMasked(v) ? "" : String(v));

export const asLink = (v: Value): Link | null => (typeof v === "object" && v !== null && !Array.isArray(v) && "id" in v && !isMasked(v) ? (v as Link) : null);
export const linkText = (l: Link): string => l.title ?? l.key ?? "•••";

/** Are two values the same to a person? Links are the same when they lead to the same record. */
export function same(a: Value, b: Value): boolean {
  const la = asLink(a);
  const lb = asLink(b);
  if (la || lb) return la?.id === lb?.id;
  const nil = (v: Value) => v === undefined || v === null || v === "" || (Array.isArray(v) && v.length === 0);
  if (nil(a) || nil(b)) return nil(a) && nil(b);
  return JSON.stringify(a) === JSON.stringify(b);
}
