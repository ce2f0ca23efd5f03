// Short messages at the foot of the page, and the ten seconds in which a decision can be taken back.
import { useLayoutEffect, useRef, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";

export interface Toast { id: number; text: string; bad?: boolean; act?: { label: string; run: () => void; hot?: string } | undefined }

let toasts: Toast[] = [];
let next = 1;
const listeners = new Set<() => void>();
const set = (list: Toast[]) => {
  toasts = list;
  listeners.forEach((f) => f());
};

export function toast(text: string, more: Omit<Toast, "id" | "text"> & { stay?: number } = {}): number {
  const id = next++;
  const { stay, ...rest } = more;
  set([...toasts.slice(-2), { id, text, ...rest }]);
  window.setTimeout(() => dismiss(id), stay ?? (more.bad ? 9000 : 4000));
  return id;
}
export const retext = (id: number, text: string): void => set(toasts.map((x) => (x.id === id ? { ...x, text } : x)));
export const dismiss = (id: number): void => set(toasts.filter((x) => x.id !== id));

/** For a bar at the foot of a page: messages stand above it, never on what is being written there. */
export function useFoot(): React.RefObject<HTMLElement | null> {
  const self = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    const bar = self.current;
    if (!bar) return;
    const style = document.documentElement.style;
    const watch = new ResizeObserver(() => style.setProperty("--foot", `${bar.offsetHeight}px`));
    watch.observe(bar);
    return () => {
      watch.disconnect();
      style.removeProperty("--foot");
    };
  }, []);
  return self;
}

export function Toasts() {
  const { t } = useTranslation();
  const list = useSyncExternalStore((f) => (listeners.add(f), () => listeners.delete(f)), () => toasts);
  return (
    <div className="toasts" role="status" aria-live="polite" aria-label={t("state.messages")}>
      {list.map((x) => (
        <div key={x.id} className={`toast${x.bad ? " bad" : ""}`}>
          <span className="grow">{x.text}</span>
          {x.act && (
            <button type="button" onClick={() => (x.act?.run(), dismiss(x.id))}>
              {x.act.label}
              {x.act.hot && <kbd>{x.act.hot}</kbd>}
            </button>
          )}
        </div>
      ))}
    </div>
  );
}
