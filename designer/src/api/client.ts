// The one door to the server: JSON in and out, problem+json as a thrown Problem, keys for retries.
import type { FileRef, ProblemBody, Sheet } from "./types";

export class Problem extends Error {
  readonly body: ProblemBody;
  constructor(body: ProblemBody) {
    super(body.title);
    this.body = body;
  }
  get code(): string {
    return this.body.code;
  }
  /** What the server now holds, when somebody else was faster. */
  get theirs(): Sheet | undefined {
    return this.body.theirs ?? (this.body.with?.theirs as Sheet | undefined);
  }
  get changed(): string[] {
    return this.body.changed ?? (this.body.with?.changed as string[] | undefined) ?? [];
  }
}

const state = { csrf: "", language: "" };
export const setCsrf = (csrf: string) => void (state.csrf = csrf);
/** Which language to be answered in, where nobody is logged in yet; whoever is, has one of his own. */
export const setLanguageHeader = (language: string) => void (state.language = language);

/** A key that makes a command happen once, however often it is sent. */
export const newKey = (): string => {
  if (crypto.randomUUID) return crypto.randomUUID();
  // Plain http on a name other than localhost has no randomUUID.
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = (b[6]! & 15) | 64;
  b[8] = (b[8]! & 63) | 128;
  const hex = [...b].map((x) => x.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};

interface Ask { key?: string; keepalive?: boolean; signal?: AbortSignal | undefined }

export async function call<T>(method: string, path: string, body?: unknown, ask: Ask = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (state.language) headers["X-Language"] = state.language;
  if (method !== "GET") {
    headers["Idempotency-Key"] = ask.key ?? newKey();
    if (state.csrf) headers["X-CSRF-Token"] = state.csrf;
  }
  const form = body instanceof FormData;
  if (body !== undefined && !form) headers["Content-Type"] = "application/json";
  let answer: Response;
  try {
    answer = await fetch(`/api${path}`, {
      method,
      headers,
      credentials: "same-origin",
      keepalive: ask.keepalive ?? false,
      signal: ask.signal ?? null,
      body: body === undefined ? null : form ? body : JSON.stringify(body),
    });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new Problem({ status: 0, code: "offline", title: "" });
  }
  if (answer.status === 204) return undefined as T;
  const text = await answer.text();
  if (!answer.ok) throw new Problem(problemOf(answer.status, text));
  return (text ? JSON.parse(text) : undefined) as T;
}

function problemOf(status: number, text: string): ProblemBody {
  try {
    const body = JSON.parse(text) as ProblemBody;
    if (body.code) return { ...body, status };
  } catch {
    // A proxy may answer in HTML; the code below says what is known.
  }
  return { status, code: "unreadable", title: "" };
}

export const get = <T>(path: string, signal?: AbortSignal) => call<T>("GET", path, undefined, { signal });
export const post = <T>(path: string, body: unknown = {}, ask?: Ask) => call<T>("POST", path, body, ask);
export const patch = <T>(path: string, body: unknown, ask?: Ask) => call<T>("PATCH", path, body, ask);
export const remove = <T>(path: string) => call<T>("DELETE", path);

export function upload(file: File): Promise<FileRef> {
  const body = new FormData();
  body.append("file", file);
  return call<FileRef>("POST", "/files", body);
}

/** `?a=b` of what is given; empty things are left out. */
export function query(of: Record<string, string | number | boolean | undefined | null>): string {
  const q = new URLSearchParams();
  for (const [k, v] of Object.entries(of)) if (v !== undefined && v !== null && v !== "") q.set(k, String(v));
  const s = q.toString();
  return s ? `?${s}` : "";
}
