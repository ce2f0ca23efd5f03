// A question that covers the page. The browser's own modal dialog: it traps focus, hides the rest and hears Esc.
import { X } from "lucide-react";
import { useEffect, useRef, useState, type FormEvent, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Host } from "./Popover";

interface Props {
  title: ReactNode;
  onClose: () => void;
  children: ReactNode;
  foot?: ReactNode;
  wide?: boolean;
  onSubmit?: () => void;
}

export function Dialog({ title, onClose, children, foot, wide = false, onSubmit }: Props) {
  const { t } = useTranslation();
  const self = useRef<HTMLDialogElement>(null);
  const [host, setHost] = useState<HTMLElement | null>(null);
  const pressed = useRef<EventTarget | null>(null);
  useEffect(() => {
    const d = self.current;
    const before = document.activeElement as HTMLElement | null;
    if (d && !d.open) d.showModal();
    // The browser would begin at the button that closes it.
    (d?.querySelector<HTMLElement>(".body :is(textarea, select, input:not([type=radio], [type=checkbox]))") ?? d?.querySelector<HTMLElement>("footer .ant-btn-primary"))?.focus();
    setHost(d);
    return () => before?.focus?.();
  }, []);
  const submit = (e: FormEvent) => {
    e.preventDefault();
    onSubmit?.();
  };
  return (
    <dialog
      ref={self}
      className={`dialog${wide ? " wide" : ""}`}
      onCancel={(e) => {
        e.preventDefault();
        onClose();
      }}
      onPointerDown={(e) => (pressed.current = e.target)}
      onClick={(e) => e.target === self.current && pressed.current === self.current && onClose()}
    >
      <Host.Provider value={host}>
        <form onSubmit={submit} noValidate>
          <header>
            <b className="grow">{title}</b>
            <button type="button" className="bare" aria-label={t("act.close")} onClick={onClose}>
              <X size={16} />
            </button>
          </header>
          <div className="body">{children}</div>
          {foot && <footer>{foot}</footer>}
        </form>
      </Host.Provider>
    </dialog>
  );
}
