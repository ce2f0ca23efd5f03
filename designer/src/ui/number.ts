// Decimal text: reading what people type, writing it with groups. Never through a float.

const shape = /^-?\d+(\.\d+)?$/;

/** "-12345.60" → "−12,345.60". Text that is no number is returned as it is. */
export function group(text: string): string {
  if (!shape.test(text)) return text;
  const minus = text.startsWith("-");
  const [whole = "", part] = (minus ? text.slice(1) : text).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  return (minus && /[1-9]/.test(text) ? "−" : "") + grouped + (part === undefined ? "" : `.${part}`);
}

/** Drops zeros at the end, but keeps `least` digits after the point where there are any to keep. */
export function tidy(text: string, least: number): string {
  if (!shape.test(text) || !text.includes(".")) return text;
  const [whole = "", part = ""] = text.split(".");
  let end = part.length;
  while (end > least && part[end - 1] === "0") end--;
  return end === 0 ? whole : `${whole}.${part.slice(0, end)}`;
}

export type Read = { value: string } | { wrong: "not_a_number" | "too_many_digits"; digits?: number };

/** What a person typed or pasted → exact digits, or why not. Empty text is for the caller. */
export function readNumber(typed: string, scale: number): Read {
  let text = typed.normalize("NFKC").replace(/[\s,'¥$€£]/g, "").replace(/[−–—]/g, "-");
  const percent = text.endsWith("%");
  if (percent) text = text.slice(0, -1);
  if (/^\(.*\)$/.test(text)) text = `-${text.slice(1, -1)}`;
  if (/^-?\.\d/.test(text)) text = text.replace(".", "0.");
  text = text.replace(/^\+/, "").replace(/\.$/, "");
  if (!shape.test(text)) return { wrong: "not_a_number" };
  if (percent) text = shift(text, -2);
  const minus = text.startsWith("-");
  const [whole = "", part = ""] = (minus ? text.slice(1) : text).split(".");
  const kept = part.replace(/0+$/, "");
  if (kept.length > scale) return { wrong: "too_many_digits", digits: scale };
  const head = whole.replace(/^0+(?=\d)/, "");
  const tail = kept.padEnd(scale, "0");
  const zero = !/[1-9]/.test(head + tail);
  return { value: (minus && !zero ? "-" : "") + head + (scale > 0 ? `.${tail}` : "") };
}

/** Moves the point: by 2 to the right, by -2 to the left. */
function shift(text: string, by: number): string {
  const minus = text.startsWith("-");
  const [whole = "", part = ""] = (minus ? text.slice(1) : text).split(".");
  const digits = whole.padStart(1 - by, "0") + part.padEnd(by, "0");
  const point = Math.max(whole.length, 1 - by) + by;
  const head = digits.slice(0, point).replace(/^0+(?=\d)/, "");
  const tail = digits.slice(point);
  return `${minus ? "-" : ""}${head}${tail && `.${tail}`}`;
}

/** "0.1300" → "13%". */
export const percentText = (text: string): string => (shape.test(text) ? `${group(tidy(shift(text, 2), 0))}%` : text);
/** What is typed where percents are: "13" and "13%" both mean 0.13. */
export const readPercent = (typed: string, scale: number): Read => readNumber(/[%％]\s*$/.test(typed) ? typed : `${typed}%`, scale);

/** The exact sum of decimal texts; what is no number is left out. */
export function sum(texts: (string | null | undefined)[]): string {
  let scale = 0;
  const good = texts.filter((x): x is string => typeof x === "string" && shape.test(x));
  for (const x of good) scale = Math.max(scale, x.split(".")[1]?.length ?? 0);
  let total = 0n;
  for (const x of good) {
    const [whole = "0", part = ""] = x.split(".");
    total += BigInt(whole + part.padEnd(scale, "0"));
  }
  const minus = total < 0n;
  const digits = (minus ? -total : total).toString().padStart(scale + 1, "0");
  const text = scale ? `${digits.slice(0, -scale)}.${digits.slice(-scale)}` : digits;
  return (minus ? "-" : "") + text;
}

export const isZero = (text: string | null | undefined): boolean => !text || !/[1-9]/.test(text);
export const isNegative = (text: string | null | undefined): boolean => !!text && text.startsWith("-") && !isZero(text);

/** Text that carries plain amounts ("PO-1 · 30306.60"): amounts standing alone between the dots are grouped. */
export function groupInTitle(title: string): string {
  return title.split(" · ").map((part) => (/^-?\d{4,}\.\d{2,}$/.test(part) ? group(part) : part)).join(" · ");
}

export function bytes(size: number): string {
  if (size < 1024) return `${size} B`;
  if (size < 1024 * 1024) return `${Math.round(size / 1024)} KB`;
  return `${(size / 1024 / 1024).toFixed(1)} MB`;
}
