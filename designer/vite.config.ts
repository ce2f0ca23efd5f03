import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// Where the API of a development server listens (npm run mock).
const api = "http://127.0.0.1:8090";

export default defineConfig({
  plugins: [react()],
  server: { proxy: { "/api": api } },
  build: {
    target: "es2022",
    // The content security policy allows no inline script, so nothing may be inlined into index.html.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1200,
  },
});
