// Where we are: the path of the address bar as one value, and the way to go elsewhere.
import { useSyncExternalStore } from "react";

const listeners = new Set<() => void>();
const tell = () => listeners.forEach((f) => f());
window.addEventListener("popstate", tell);

const here = () => window.location.pathname + window.location.search;
const listen = (f: () => void) => {
  listeners.add(f);
  return () => listeners.delete(f);
};

export function go(to: string, how: "push" | "replace" = "push"): void {
  if (to === here()) return;
  window.history[how === "push" ? "pushState" : "replaceState"](null, "", to);
  tell();
}
export const back = (): void => (window.history.length > 1 ? window.history.back() : go("/"));

export interface Place { path: string; parts: string[]; search: URLSearchParams }
const place = (at: string): Place => {
  const url = new URL(at, "http://x");
  return { path: url.pathname, parts: url.pathname.split("/").filter(Boolean).map(decodeURIComponent), search: url.searchParams };
};
export function usePlace(): Place {
  return place(useSyncExternalStore(listen, here));
}

/** A click that stays in the app, unless the person asked for a new tab. */
export function onLink(e: React.MouseEvent<HTMLAnchorElement>): void {
  if (e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
  const to = e.currentTarget.getAttribute("href");
  if (!to?.startsWith("/")) return;
  e.preventDefault();
  go(to);
}

export const at = {
  record: (form: string, id: string) => `/f/${form}/${id}`,
  list: (form: string) => `/f/${form}`,
  create: (form: string) => `/f/${form}/new`,
  ledger: (ledger: string) => `/l/${ledger}`,
  task: (id: string) => `/inbox/${id}`,
};
