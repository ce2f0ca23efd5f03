// Reads the package files generically and makes the definitions of /api/forms out of them.
// Development only: the real server reads, checks and publishes packages; this one only believes them.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const json = (path) => JSON.parse(readFileSync(path, "utf8"));
const list = (folder) => (existsSync(folder) ? readdirSync(folder).filter((f) => f.endsWith(".json")).sort() : []);

export function load(root) {
  const packages = {};
  for (const name of readdirSync(root)) {
    const home = join(root, name);
    if (!existsSync(join(home, "manifest.json"))) continue;
    const kinds = {};
    for (const kind of ["forms", "workflows", "ledgers", "registers", "postings", "makes", "demo"]) {
      kinds[kind] = Object.fromEntries(list(join(home, kind)).map((f) => [f.slice(0, -5), json(join(home, kind, f))]));
    }
    packages[name] = {
      name,
      manifest: json(join(home, "manifest.json")),
      menu: existsSync(join(home, "menu.json")) ? json(join(home, "menu.json")) : {},
      i18n: Object.fromEntries(list(join(home, "i18n")).map((f) => [f.slice(0, -5), json(join(home, "i18n", f))])),
      ...kinds,
    };
  }
  return packages;
}

/** Text of a package in a language: zh-TW falls back to zh-CN, then to what stands in place. */
export function say(pack, language, path, inPlace) {
  for (const l of language === "zh-TW" ? ["zh-TW", "zh-CN"] : [language]) {
    if (pack.i18n[l]?.[path]) return pack.i18n[l][path];
  }
  return inPlace ?? path.split("/").pop();
}

export const full = (pack, ref) => (ref.includes("/") ? ref : `${pack}/${ref}`);

export function formOf(packages, ref) {
  const [p, f] = ref.split(".")[0].split("/");
  const pack = packages[p];
  if (!pack) return null;
  if (pack.forms[f]) return { pack, name: f, form: pack.forms[f], path: `forms/${f}` };
  const register = pack.registers[f];
  if (!register) return null;
  const fields = { ...register.dimensions, from: { label: "From", kind: "date", required: true }, to: { label: "To", kind: "date" }, ...register.values };
  return { pack, name: f, path: `registers/${f}`, register: true, form: { label: register.label, kind: "catalog", title: Object.keys(register.dimensions).map((d) => `{${d}}`).join(" · "), fields, list: Object.keys(fields) } };
}

export const isExpr = (v) => typeof v === "string" && v.startsWith("= ");

function fieldDef(packages, pack, name, f, path, language) {
  const from = f.computed ? "computed" : f.live ? "live" : f.copy ? "copy" : f.default !== undefined ? "default" : null;
  const kind = f.kind;
  const fixed = from === "computed" || from === "live" || kind === "sequence" || f.readonly === true;
  const out = {
    label: say(pack, language, path, f.label ?? name),
    kind,
    look: fixed ? "read" : "edit",
    typed: !fixed,
    from,
    required: typeof f.required === "string" ? "depends" : !!f.required,
  };
  const help = f.help && say(pack, language, `${path}/help`, f.help);
  if (help) out.help = help;
  if (f.after_post) out.after_post = true;
  for (const key of ["lines", "max", "min", "format", "scale", "unit"]) if (f[key] !== undefined && !(kind === "lines" && key === "lines")) out[key] = f[key];
  if (kind === "money") out.scale ??= 2;
  if (kind === "quantity") out.scale ??= 2;
  if (kind === "number") out.scale ??= 0;
  if (f.options) out.options = Object.entries(f.options).map(([n, o]) => ({ name: n, label: say(pack, language, `${path}/options/${n}`, o.label), colour: o.colour }));
  if (kind === "link") {
    out.to = full(pack.name, f.to);
    const target = formOf(packages, out.to);
    out.to_label = target ? say(target.pack, language, target.path, target.form.label) : f.to;
  }
  if (kind === "lines") {
    out.fields = Object.fromEntries(Object.entries(f.fields).map(([n, c]) => [n, fieldDef(packages, pack, n, c, `${path}/fields/${n}`, language)]));
  }
  return out;
}

function layoutOf(form) {
  if (form.layout) return form.layout;
  const flat = Object.entries(form.fields).filter(([, f]) => f.kind !== "lines").map(([n]) => n);
  const rows = [];
  for (let i = 0; i < flat.length; i += 3) rows.push(flat.slice(i, i + 3));
  for (const [n, f] of Object.entries(form.fields)) if (f.kind === "lines") rows.push([n]);
  return { main: { label: form.label, rows } };
}

export function definition(packages, ref, language) {
  const found = formOf(packages, ref);
  if (!found) return null;
  const { pack, name, form, path, register } = found;
  const fields = {};
  for (const [n, f] of Object.entries(form.fields)) {
    const at = register ? (pack.registers[name].dimensions[n] ? `${path}/dimensions/${n}` : `${path}/values/${n}`) : `${path}/fields/${n}`;
    fields[n] = fieldDef(packages, pack, n, f, at, language);
    if (register && (n === "from" || n === "to")) fields[n].label = { from: { en: "From", "zh-CN": "从", "zh-TW": "自" }, to: { en: "To", "zh-CN": "到", "zh-TW": "至" } }[n][language];
  }
  const layout = Object.entries(layoutOf(form)).map(([n, s]) => ({ name: n, label: say(pack, language, `${path}/layout/${n}`, s.label), rows: s.rows.map((r) => r.filter((x) => fields[x])) }));
  const makes = [];
  for (const p of Object.values(packages)) {
    for (const [m, make] of Object.entries(p.makes)) {
      if (full(p.name, make.from) !== ref) continue;
      const to = formOf(packages, full(p.name, make.to));
      makes.push({ make: `${p.name}/${m}`, label: say(p, language, `makes/${m}`, make.label), to: full(p.name, make.to), to_label: to ? say(to.pack, language, to.path, to.form.label) : make.to });
    }
  }
  return {
    form: ref,
    label: say(pack, language, path, form.label),
    module: pack.name,
    module_label: say(pack, language, `menu/${Object.keys(pack.menu).find((k) => !k.startsWith("$"))}`, pack.manifest.label),
    kind: form.kind ?? "catalog",
    key: form.key ?? Object.keys(form.fields)[0],
    workflow: !!form.workflow,
    revision: 1,
    may: ["create", "read", "edit", "delete", "submit", "withdraw", "reverse", "export", "print"],
    fields,
    layout,
    list: (form.list ?? Object.keys(form.fields).slice(0, 6)).filter((n) => fields[n]),
    makes,
    schema: {},
  };
}

export function menu(packages, language) {
  const walk = (pack, items, path) =>
    Object.entries(items).filter(([n]) => !n.startsWith("$")).map(([n, item]) => ({
      name: n,
      label: say(pack, language, `${path}/${n}`, item.label),
      ...(item.form ? { form: full(pack.name, item.form) } : {}),
      ...(item.ledger ? { ledger: full(pack.name, item.ledger) } : {}),
      ...(item.register ? { register: full(pack.name, item.register) } : {}),
      items: item.items ? walk(pack, item.items, `${path}/${n}/items`) : [],
    }));
  return Object.values(packages).flatMap((p) => walk(p, p.menu, "menu"));
}
