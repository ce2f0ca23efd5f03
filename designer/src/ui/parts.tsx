// Small things that stand on every page: status, person, empty, loading, what went wrong, an act with its reason.
import { Button } from "antd";
import { ArrowUpLeft, CircleAlert, CircleCheck, CircleDashed, CircleDot, CircleMinus, CircleX, CloudOff, Lock, Undo2, Undo, CircleSlash } from "lucide-react";
import { useRef, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "../api/client";
import type { Status } from "../api/types";
import { Popover } from "./Popover";

const glyphs = { draft: CircleDashed, submitted: CircleDot, approved: CircleCheck, posted: Lock, returned: ArrowUpLeft, rejected: CircleX, withdrawn: CircleMinus, reversed: Undo2, closed: CircleSlash };

export function StatusTag({ status }: { status: Status }) {
  const { t } = useTranslation();
  const Glyph = glyphs[status] ?? CircleDot;
  return (
    <span className={`status ${status}`}>
      {status === "returned" ? <Undo size={13} strokeWidth={1.75} /> : <Glyph size={13} strokeWidth={1.75} />}
      {t(`status.${status}`)}
    </span>
  );
}

const hues = ["#6b6a3f", "#4c7a58", "#7a5c3a", "#8a5548", "#7a4f78", "#4f6a86", "#5b6470", "#3f7376"];
/** A round initial: the last sign of a Chinese name, the first letter of another. Colour by name, so it stays. */
export function Avatar({ name, big = false }: { name: string; big?: boolean }) {
  let hash = 0;
  for (const c of name) hash = (hash * 31 + (c.codePointAt(0) ?? 0)) >>> 0;
  const letters = [...name];
  const sign = /\p{Script=Han}/u.test(name) ? letters[letters.length - 1] : letters[0]?.toUpperCase();
  return <span className={`avatar${big ? " big" : ""}`} style={{ background: hues[hash % hues.length] }} aria-hidden>{sign ?? "?"}</span>;
}
export function PersonName({ name }: { name: string | null | undefined }) {
  if (!name) return <span className="ink4">—</span>;
  return <span className="row" style={{ gap: 6 }}><Avatar name={name} /><span className="cut">{name}</span></span>;
}

/** Grey rows of true height; they show only after 200 ms. */
export function Bones({ rows = 6 }: { rows?: number }) {
  const { t } = useTranslation();
  return (
    <div className="bones" role="status" aria-label={t("state.loading")}>
      {Array.from({ length: rows }, (_, i) => <i key={i} style={{ width: `${92 - ((i * 37) % 40)}%` }} />)}
    </div>
  );
}

export function Empty({ title, children, acts }: { title: ReactNode; children?: ReactNode; acts?: ReactNode }) {
  return (
    <div className="empty">
      <b>{title}</b>
      {children}
      {acts && <div className="row wrap">{acts}</div>}
    </div>
  );
}

/** What happened, that input is safe, one button. */
export function Trouble({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const offline = error instanceof Problem && error.code === "offline";
  return (
    <div className="empty" role="alert">
      <b className="bad row" style={{ gap: 6 }}>{offline ? <CloudOff size={15} /> : <CircleAlert size={15} />}{say(error)}</b>
      {offline && <span>{t("state.safe")}</span>}
      {onRetry && <div className="row"><Button size="small" onClick={onRetry}>{t("act.retry")}</Button></div>}
    </div>
  );
}

/** The sentence for an error: the server's own, or ours by its code. */
export function useProblemText(): (error: unknown) => string {
  const { t, i18n } = useTranslation();
  return (error) => {
    if (!(error instanceof Problem)) return t("problem.internal");
    if (error.body.title) return error.body.title;
    const key = `problem.${error.code}`;
    return i18n.exists(key) ? t(key) : t("problem.status", { status: error.body.status });
  };
}

interface ActProps {
  label: ReactNode;
  onClick: () => void;
  allowed?: boolean;
  why?: string | null | undefined;
  /** Who or what is still missing, under the reason. */
  more?: ReactNode;
  primary?: boolean;
  danger?: boolean;
  busy?: boolean;
  hot?: string;
  small?: boolean;
  icon?: ReactNode;
}
/** A button that stays in its place when it may not be used now, and says why. */
export function ActButton({ label, onClick, allowed = true, why, more, primary = false, danger = false, busy = false, hot, small = false, icon }: ActProps) {
  const { t } = useTranslation();
  const self = useRef<HTMLSpanElement>(null);
  const [open, setOpen] = useState(false);
  return (
    <span ref={self} style={{ display: "inline-flex" }}>
      <Button
        type={primary && allowed ? "primary" : "default"}
        danger={danger && allowed}
        size={small ? "small" : "middle"}
        loading={busy}
        icon={icon}
        aria-disabled={!allowed}
        aria-expanded={allowed ? undefined : open}
        onClick={() => (allowed ? onClick() : setOpen(!open))}
      >
        {label}
        {hot && <kbd>{hot}</kbd>}
      </Button>
      {open && !allowed && (
        <Popover anchor={self.current} onClose={() => setOpen(false)} className="why" label={t("why.title")}>
          <b className="row" style={{ gap: 6 }}><Lock size={14} />{t("why.not_now", { act: typeof label === "string" ? label : t("why.this") })}</b>
          <p>{why ?? t("why.unknown")}</p>
          {more}
        </Popover>
      )}
    </span>
  );
}
