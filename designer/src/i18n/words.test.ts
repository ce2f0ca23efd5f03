// Every word in every language, and every word that the code asks for by its full name.
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import cn from "./zh-CN.json";
import tw from "./zh-TW.json";
import en from "./en.json";

const base = (k: string) => k.replace(/_(one|other)$/, "");
const keys = (o: Record<string, string>) => new Set(Object.keys(o).map(base));
const holes = (s: string) => [...s.matchAll(/\{\{(\w+)\}\}/g)].map((m) => m[1]).sort().join();

function sources(folder: string): string[] {
  return readdirSync(folder).flatMap((f) => {
    const path = join(folder, f);
    return statSync(path).isDirectory() ? sources(path) : /\.tsx?$/.test(f) && !f.endsWith(".test.ts") ? [path] : [];
  });
}

describe("words", () => {
  it("are complete in all three languages", () => {
    expect([...keys(cn)].sort()).toEqual([...keys(en)].sort());
    expect([...keys(tw)].sort()).toEqual([...keys(en)].sort());
  });
  it("have the same holes", () => {
    for (const [k, v] of Object.entries(cn)) {
      expect(holes((tw as Record<string, string>)[k] ?? ""), k).toBe(holes(v));
      const e = (en as Record<string, string>)[k] ?? (en as Record<string, string>)[`${k}_other`] ?? "";
      // English may leave the number of a plural unsaid.
      expect([holes(v), holes(v).replace(/,?count,?/, "")], k).toContain(holes(e));
    }
  });
  it("of Taiwan are its own, not the mainland's", () => {
    const mainland = /审批|单据|字段|保存|数据|打印|默认|视图|登录|用户名|撤回|驳回|过账|列表/;
    for (const [k, v] of Object.entries(tw)) expect(mainland.test(v), `${k}: ${v}`).toBe(false);
  });
  it("exist for every literal call", () => {
    const known = keys(en);
    const missing = sources(join(import.meta.dirname, "..")).flatMap((f) => [...readFileSync(f, "utf8").matchAll(/\bt\("([a-z_]+\.[a-z_0-9]+)"/g)].map((m) => m[1]!).filter((k) => !known.has(k) && !k.endsWith("_")));
    expect(missing).toEqual([]);
  });
});
