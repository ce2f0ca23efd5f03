// A text box with a list under it (the ARIA combobox): for links, choices and people.
import { Check, ChevronDown } from "lucide-react";
import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Popover } from "./Popover";

export interface PickOption {
  id: string;
  text: string;
  extra?: string | undefined;
}
interface Props {
  value: PickOption | null;
  onPick: (option: PickOption | null) => void;
  /** What fits the typed text; recent ones first when nothing is typed. */
  load: (typed: string) => Promise<PickOption[]> | PickOption[];
  /** Text that was left and that nothing fits, as far as was known then; without it such text is dropped. */
  onUnread?: ((text: string) => void) | undefined;
  /** Such text of before, shown where the value would be. */
  unread?: string | undefined;
  id?: string | undefined;
  label?: string | undefined;
  placeholder?: string | undefined;
  invalid?: boolean | undefined;
  describedBy?: string | undefined;
  autoFocus?: boolean | undefined;
  start?: string | undefined;
  clearable?: boolean | undefined;
  cell?: boolean | undefined;
  openAtOnce?: boolean;
  foot?: ReactNode;
}

/** The one option that a text means: the only one there is, or the one that is called so. */
export function meant(options: PickOption[], text: string): PickOption | undefined {
  const folded = (s: string | undefined) => s?.normalize("NFKC").trim().toLowerCase();
  return options.find((o) => folded(o.text) === folded(text) || folded(o.extra) === folded(text)) ?? (options.length === 1 ? options[0] : undefined);
}

/** What is typed, what fits it, and which one is marked. */
function usePicking(p: Props) {
  const list = useId();
  const [typed, setTyped] = useState<string | null>(p.start ?? null);
  const [open, setOpen] = useState(p.start !== undefined || p.openAtOnce === true);
  const [found, setFound] = useState<{ typed: string; list: PickOption[] } | null>(null);
  // What fitted an earlier text is still shown, but is no answer to this one.
  const current = found !== null && found.typed === (typed ?? "");
  const [mark, setMark] = useState(0);
  const load = useRef(p.load);
  load.current = p.load;
  const chosen = p.value?.id;

  useEffect(() => {
    if (!open) return;
    let gone = false;
    const wait = window.setTimeout(() => {
      void Promise.resolve(load.current(typed ?? "")).then(
        (found) => {
          if (gone) return;
          setFound({ typed: typed ?? "", list: found });
          setMark(Math.max(0, typed ? 0 : found.findIndex((o) => o.id === chosen)));
        },
        () => !gone && setFound({ typed: typed ?? "", list: [] }),
      );
    }, typed ? 140 : 0);
    return () => {
      gone = true;
      window.clearTimeout(wait);
    };
  }, [open, typed, chosen]);

  useEffect(() => {
    if (open) document.getElementById(`${list}-${mark}`)?.scrollIntoView({ block: "nearest" });
  }, [open, mark, list]);
  return { list, typed, setTyped, open, setOpen, options: found?.list ?? null, current, forget: () => setFound(null), mark, setMark };
}

/** What keys and leaving do to it. */
function usePickKeys(p: Props, s: ReturnType<typeof usePicking>) {
  const { typed, setTyped, open, setOpen, options, current, forget, mark, setMark } = s;
  const pick = (o: PickOption | null) => {
    setTyped(null);
    setOpen(false);
    forget();
    if (o?.id !== p.value?.id) p.onPick(o);
  };
  const shut = () => {
    setOpen(false);
    setTyped(null);
  };
  // What was typed in full is still an answer when only one thing fits.
  const leave = () => {
    const text = typed?.trim() ?? "";
    const only = current && options && text ? meant(options, text) : undefined;
    if (typed !== null && text === "" && p.clearable !== false) pick(null);
    else if (only) pick(only);
    else {
      if (text && text !== p.value?.text && text !== p.unread) p.onUnread?.(text);
      shut();
    }
  };
  const onKey = (e: KeyboardEvent) => {
    if (e.nativeEvent.isComposing || (e.key === "Enter" && (e.ctrlKey || e.metaKey))) return;
    const shown = open && current && options;
    if (e.key === "ArrowDown" || e.key === "ArrowUp") {
      e.preventDefault();
      e.stopPropagation();
      if (!open) return setOpen(true);
      const n = options?.length ?? 0;
      if (n) setMark((m) => (m + (e.key === "ArrowDown" ? 1 : n - 1)) % n);
    } else if ((e.key === "Enter" || e.key === "Tab") && shown) {
      const o = shown[mark];
      if (typed === "" && p.clearable !== false) pick(null);
      else if (o && (e.key === "Enter" || typed)) pick(o);
      else leave();
      if (e.key === "Enter" && !p.cell) e.preventDefault();
    } else if (e.key === "Escape" && open) {
      shut();
      if (!p.cell) e.stopPropagation();
    } else if ((e.key === "Enter" || e.key === "Tab") && typed) {
      // Faster than the list, as a scanner is.
      leave();
      if (e.key === "Enter" && !p.cell) e.preventDefault();
    } else if (e.key === "Enter" && !p.cell) {
      e.preventDefault();
      setOpen(true);
    }
  };
  return { pick, shut, onKey, leave };
}

export function Picker(p: Props) {
  const { t } = useTranslation();
  const box = useRef<HTMLDivElement>(null);
  const s = usePicking(p);
  const { list, typed, open, options, mark } = s;
  const { pick, shut, onKey, leave } = usePickKeys(p, s);
  return (
    <div className={p.cell ? "picker cell-editor" : "picker"} ref={box}>
      <input
        id={p.id}
        className={p.cell ? "" : "box"}
        role="combobox"
        aria-label={p.label}
        aria-expanded={open}
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={open && options?.length ? `${list}-${mark}` : undefined}
        aria-invalid={p.invalid}
        aria-describedby={p.describedBy}
        autoComplete="off"
        autoFocus={p.autoFocus}
        placeholder={p.value ? p.value.text : p.placeholder}
        value={typed ?? p.unread ?? p.value?.text ?? ""}
        onChange={(e) => {
          s.setTyped(e.target.value);
          s.setOpen(true);
        }}
        onClick={() => s.setOpen(true)}
        onFocus={(e) => p.start === undefined && e.target.select()}
        onKeyDown={onKey}
        onBlur={leave}
      />
      <ChevronDown size={14} className="picker-arrow" />
      {open && (
        <Popover anchor={box.current} onClose={shut} match className="options" role="presentation">
          <ul id={list} role="listbox" aria-label={p.label} onPointerDown={(e) => e.preventDefault()}>
            {options?.map((o, i) => (
              <li
                key={o.id}
                id={`${list}-${i}`}
                role="option"
                aria-selected={o.id === p.value?.id}
                className={i === mark ? "mark" : ""}
                onPointerMove={() => s.setMark(i)}
                onClick={() => pick(o)}
              >
                <span className="cut grow">{o.text}</span>
                {o.extra && <span className="ink3 small">{o.extra}</span>}
                {o.id === p.value?.id && <Check size={14} />}
              </li>
            ))}
            {options?.length === 0 && <li className="none ink3">{typed ? t("pick.none", { typed }) : t("pick.empty")}</li>}
          </ul>
          {p.foot}
        </Popover>
      )}
    </div>
  );
}
