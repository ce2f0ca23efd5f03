// Hears of changes and reads again what is shown. The stream carries names only, never data.
import { useEffect } from "react";
import { cache, refresh } from "../api/queries";

interface Told { form?: string; record?: string; kind: "task" | "record" | "notice" }

export function useStream(on: boolean): void {
  useEffect(() => {
    if (!on) return;
    const stream = new EventSource("/api/stream");
    let soon = 0;
    const told = new Map<string, Told>();
    const flush = () => {
      soon = 0;
      for (const m of told.values()) {
        if (m.kind === "notice") void cache.invalidateQueries({ queryKey: ["notices"] });
        else refresh(m.form, m.record);
      }
      told.clear();
    };
    stream.addEventListener("change", (e) => {
      try {
        const m = JSON.parse((e as MessageEvent<string>).data) as Told;
        told.set(`${m.kind} ${m.form} ${m.record}`, m);
        // A burst (a bulk approval, an import) is one refresh.
        if (!soon) soon = window.setTimeout(flush, 300);
      } catch {
        // A message of a newer server; the next ordinary read will show what it meant.
      }
    });
    return () => {
      window.clearTimeout(soon);
      stream.close();
    };
  }, [on]);
}
