// antd's tokens, set by hand as the look says; the app's own colours are CSS variables in ui/style/tokens.css.
import { theme as antdTheme, type ThemeConfig } from "antd";
import { useSyncExternalStore } from "react";

const light = {
  colorPrimary: "#2353c6", colorSuccess: "#0e7a5a", colorWarning: "#b26a00", colorError: "#b3261e",
  colorSuccessBg: "#e4f4ee", colorWarningBg: "#fdf2de", colorErrorBg: "#fceceb", colorErrorBorder: "#efb5b1", colorWarningBorder: "#f0d49b",
  colorTextBase: "#1b1f24", colorBgBase: "#ffffff", colorBgLayout: "#f5f6f8", colorBorder: "#cfd4da", colorBorderSecondary: "#e4e7eb",
};
const dark = {
  colorPrimary: "#4a7bf0", colorSuccess: "#4fbf98", colorWarning: "#e0a04a", colorError: "#f28b82",
  colorSuccessBg: "#12302a", colorWarningBg: "#33260f", colorErrorBg: "#3a1a19", colorErrorBorder: "#6b312d", colorWarningBorder: "#5c451c",
  colorTextBase: "#e6e9ec", colorBgBase: "#191d21", colorBgLayout: "#101316", colorBorder: "#3c434b", colorBorderSecondary: "#2a3036",
};

export function antdConfig(isDark: boolean, narrow: boolean): ThemeConfig {
  return {
    cssVar: { key: "fw" },
    hashed: false,
    algorithm: isDark ? antdTheme.darkAlgorithm : antdTheme.defaultAlgorithm,
    token: {
      ...(isDark ? dark : light),
      fontFamily: "var(--sans)",
      fontSize: narrow ? 15 : 13, fontSizeSM: narrow ? 13 : 12, fontSizeLG: narrow ? 16 : 14, lineHeight: 1.5385,
      controlHeight: narrow ? 44 : 28, controlHeightSM: narrow ? 36 : 24, controlHeightLG: narrow ? 48 : 34,
      borderRadius: 5, borderRadiusSM: 4, borderRadiusLG: 7,
      motionDurationFast: "0.08s", motionDurationMid: "0.12s", motionDurationSlow: "0.18s",
    },
    components: { Button: { paddingInline: 12, paddingInlineSM: 8 } },
  };
}

const media = (q: string) => {
  const m = window.matchMedia(q);
  const listen = (f: () => void) => {
    m.addEventListener("change", f);
    return () => m.removeEventListener("change", f);
  };
  return () => useSyncExternalStore(listen, () => m.matches);
};
/** A phone, or a window as narrow as one. */
export const useNarrow = media("(max-width: 720px)");
export const usePrefersDark = media("(prefers-color-scheme: dark)");
