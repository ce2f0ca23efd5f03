// A development stand-in for the server: answers the workplace's calls with made-up records in memory.
// node mock/server.mjs [PACKAGES] [PORT]   (defaults: ../builtin-modules, 8090). Also serves dist/.
import { createServer } from "node:http";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join, extname } from "node:path";
import { route } from "./routes.mjs";
import { Problem, demo, who } from "./state.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const port = Number(process.argv[3] ?? 8090);
const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".woff2": "font/woff2", ".svg": "image/svg+xml", ".json": "application/json" };

function serveFile(req, res) {
  const dist = join(here, "../dist");
  const path = decodeURIComponent(new URL(req.url, "http://x").pathname);
  const file = join(dist, path);
  const target = path !== "/" && file.startsWith(dist) && existsSync(file) && extname(file) ? file : join(dist, "index.html");
  if (!existsSync(target)) { res.writeHead(404).end("npm run build first"); return; }
  let body = readFileSync(target);
  const headers = { "content-type": types[extname(target)] ?? "application/octet-stream" };
  if (target.endsWith(".html")) {
    const nonce = Math.random().toString(36).slice(2);
    body = body.toString().replaceAll("__NONCE__", nonce);
    headers["content-security-policy"] = `default-src 'self'; script-src 'self'; style-src 'self' 'nonce-${nonce}'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; frame-ancestors 'none'`;
  }
  res.writeHead(200, headers).end(body);
}

createServer((req, res) => {
  const url = new URL(req.url, "http://x");
  if (!url.pathname.startsWith("/api/")) return serveFile(req, res);
  const chunks = [];
  req.on("data", (c) => chunks.push(c));
  req.on("end", () => {
    const raw = Buffer.concat(chunks);
    try {
      who.session = demo.users.find((u) => u.login === /mock=(\w+)/.exec(req.headers.cookie ?? "")?.[1]) ?? null;
      const lang = req.headers["x-language"] ?? who.session?.language ?? "zh-CN";
      const out = route(req, res, url, raw, lang);
      if (out === undefined) return;
      const [status, body] = Array.isArray(out) && typeof out[0] === "number" && out.length === 2 ? out : [200, out];
      if (url.pathname === "/api/session") res.setHeader("set-cookie", `mock=${who.session?.login ?? ""}; Path=/`);
      res.writeHead(status, { "content-type": "application/json" }).end(body === null ? "" : JSON.stringify(body));
    } catch (e) {
      if (!(e instanceof Problem)) console.error(e);
      const body = e.body ?? { status: 500, code: "internal", title: String(e) };
      res.writeHead(body.status, { "content-type": "application/problem+json" }).end(JSON.stringify(body));
    }
  });
}).listen(port, "127.0.0.1", () => console.log(`mock on http://127.0.0.1:${port}`));
