// What floats: placed beside its anchor, flipped and kept inside the window; closed by a press outside or Esc.
import { createContext, useContext, useEffect, useLayoutEffect, useRef, type ReactNode } from "react";
import { createPortal } from "react-dom";

/** Where floating things are put: inside the open dialog, because a modal dialog covers everything else. */
export const Host = createContext<HTMLElement | null>(null);

/** How many popovers this one stands in: an inner one lies above the outer. */
const Depth = createContext(0);

/** Those open now, the last one on top: Esc closes that one only. */
const stack: object[] = [];

interface Props {
  anchor: HTMLElement | null;
  onClose: () => void;
  children: ReactNode;
  className?: string;
  /** "start": left edges meet; "end": right edges meet. */
  align?: "start" | "end";
  /** As wide as the anchor, at least. */
  match?: boolean;
  label?: string;
  role?: string;
}

export function Popover({ anchor, onClose, children, className = "", align = "start", match = false, label, role = "dialog" }: Props) {
  const host = useContext(Host) ?? document.body;
  const depth = useContext(Depth);
  const self = useRef<HTMLDivElement>(null);
  const inside = useRef(false);
  const close = useRef(onClose);
  close.current = onClose;

  useLayoutEffect(() => {
    const box = self.current;
    if (!box || !anchor) return;
    const place = () => {
      const a = anchor.getBoundingClientRect();
      if (match) box.style.minWidth = `${a.width}px`;
      box.style.maxHeight = "";
      const w = box.offsetWidth;
      const h = box.offsetHeight;
      const below = window.innerHeight - a.bottom - 8;
      const above = a.top - 8;
      const up = h > below && above > below;
      box.style.maxHeight = `${Math.max(120, up ? above : below)}px`;
      const left = align === "start" ? a.left : a.right - w;
      box.style.left = `${Math.max(8, Math.min(left, window.innerWidth - w - 8))}px`;
      box.style.top = up ? `${Math.max(8, a.top - Math.min(h, above) - 4)}px` : `${a.bottom + 4}px`;
    };
    place();
    const watch = new ResizeObserver(place);
    watch.observe(box);
    window.addEventListener("resize", place);
    window.addEventListener("scroll", place, true);
    return () => {
      watch.disconnect();
      window.removeEventListener("resize", place);
      window.removeEventListener("scroll", place, true);
    };
  }, [anchor, align, match]);

  useEffect(() => {
    // A tip goes with what it explains; no key and no press is for it.
    if (role === "tooltip") return;
    const me = {};
    stack.push(me);
    const down = (e: PointerEvent) => {
      if (inside.current) inside.current = false;
      else if (!anchor?.contains(e.target as Node)) close.current();
    };
    const key = (e: KeyboardEvent) => {
      if (e.key === "Escape" && !e.isComposing && stack[stack.length - 1] === me) {
        e.stopPropagation();
        e.preventDefault();
        close.current();
        anchor?.focus();
      }
    };
    document.addEventListener("pointerdown", down);
    document.addEventListener("keydown", key, true);
    return () => {
      stack.splice(stack.indexOf(me), 1);
      document.removeEventListener("pointerdown", down);
      document.removeEventListener("keydown", key, true);
    };
  }, [anchor, role]);

  // React's events bubble through portals, so a press in a popover opened from this one counts as inside.
  return createPortal(
    <div ref={self} className={`pop ${className}`} role={role} aria-label={label} style={depth ? { zIndex: 40 + depth } : undefined} onPointerDownCapture={() => (inside.current = true)}>
      <Depth.Provider value={depth + 1}>{children}</Depth.Provider>
    </div>,
    host,
  );
}
