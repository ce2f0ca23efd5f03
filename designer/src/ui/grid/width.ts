// How wide a column must be for what stands in it, guessed from the letters, without measuring on the page.

/** Pixels of a text at 13 px: CJK letters are square, others about half. */
export function textWidth(text: string): number {
  let w = 0;
  for (const c of text) w += (c.codePointAt(0) ?? 0) > 0x2e7f ? 13 : 8.1;
  return Math.ceil(w);
}

const PAD = 20;
const SAMPLE = 40;

/** The width for a heading and the texts below it; what is longer than `most` is cut off with dots. */
export function fit(label: string, texts: string[], room: { least: number; most: number; extra?: number }): number {
  const widest = texts.slice(0, SAMPLE).reduce((w, s) => Math.max(w, textWidth(s)), 0);
  const head = textWidth(label) + (room.extra ?? 0);
  return Math.round(Math.max(Math.min(head, 180), Math.min(Math.max(widest, room.least), room.most)) + PAD);
}
