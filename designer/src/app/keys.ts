// Keys of a page: single letters, chords with Ctrl, and two in a row ("g i"). Silent while somebody types.
import { useEffect, useRef } from "react";

const isBox = (el: HTMLElement): boolean => el.isContentEditable || (/^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName) && !/^(checkbox|radio|button)$/.test(el.getAttribute("type") ?? ""));
const typing = (e: KeyboardEvent): boolean => e.target instanceof HTMLElement && isBox(e.target);
/** "ctrl+k", "a", "?", "g i" as the map's keys. */
export function chord(e: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey">): string {
  const key = e.key.length === 1 ? e.key.toLowerCase() : e.key;
  return `${e.ctrlKey || e.metaKey ? "ctrl+" : ""}${e.altKey ? "alt+" : ""}${key}`;
}

/**
 * A box gives on what was typed when it is left. A key that acts on the whole record leaves it first, and comes
 * back to it once the page has heard.
 */
export async function leaveBox(): Promise<void> {
  const box = document.activeElement;
  if (!(box instanceof HTMLElement) || !isBox(box)) return;
  box.blur();
  await new Promise((done) => setTimeout(done));
  if (box.isConnected) box.focus();
}

const PAIR_MS = 900;

export function useHotkeys(map: Record<string, () => unknown>, _deps: unknown[] = []): void {
  const now = useRef(map);
  now.current = map;
  useEffect(() => {
    let first = "";
    let when = 0;
    const hear = (e: KeyboardEvent) => {
      // An input method's own keys are not ours; a dialog has the keyboard to itself.
      if (e.isComposing || e.defaultPrevented || e.key === "Process") return;
      const name = chord(e);
      const plain = !name.includes("+");
      if (plain && (typing(e) || document.querySelector("dialog[open]"))) return;
      const pair = Date.now() - when < PAIR_MS ? `${first} ${name}` : "";
      const run = (pair && now.current[pair]) || now.current[name];
      first = name;
      when = Date.now();
      if (!run) return;
      // Enter and Space belong to a focused button or link first.
      if ((e.key === "Enter" || e.key === " ") && (e.target as HTMLElement).closest("button,a,[role='gridcell'],[role='tab']")) return;
      e.preventDefault();
      run();
    };
    document.addEventListener("keydown", hear);
    return () => document.removeEventListener("keydown", hear);
  }, []);
}
