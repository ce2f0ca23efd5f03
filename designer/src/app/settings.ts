// What a person has set for themselves: kept on the server, applied at once.
import { patch } from "../api/client";
import { cache } from "../api/queries";
import type { Me, Settings } from "../api/types";

export function change(more: Partial<Settings>): void {
  const me = cache.getQueryData<Me>(["me"]);
  if (!me) return;
  const settings = { ...me.settings, ...more };
  cache.setQueryData<Me>(["me"], { ...me, settings });
  void patch<Me>("/me", { settings }).catch(() => void cache.invalidateQueries({ queryKey: ["me"] }));
}

/** Pins a page to the home page and the navigation, or takes it off. */
export function pin(label: string, path: string): void {
  const pinned = cache.getQueryData<Me>(["me"])?.settings.pinned ?? [];
  change({ pinned: pinned.some((p) => p.path === path) ? pinned.filter((p) => p.path !== path) : [...pinned, { label, path }] });
}
