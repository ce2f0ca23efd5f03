// A block from the clipboard of a spreadsheet → rows of cells, and back.

/** Tab-separated text with Excel's quoting ("a ""b"" c", line breaks inside quotes). */
export function readBlock(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let quoted = false;
  let started = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c === '"' && text[i + 1] === '"') {
        cell += '"';
        i++;
      } else if (c === '"') quoted = false;
      else cell += c;
    } else if (c === '"' && !started) {
      quoted = true;
      started = true;
    } else if (c === "\t") {
      row.push(cell);
      cell = "";
      started = false;
    } else if (c === "\n" || c === "\r") {
      if (c === "\r" && text[i + 1] === "\n") i++;
      row.push(cell);
      rows.push(row);
      row = [];
      cell = "";
      started = false;
    } else {
      cell += c;
      started = true;
    }
  }
  if (cell !== "" || row.length > 0) {
    row.push(cell);
    rows.push(row);
  }
  return rows.map((r) => r.map((x) => x.trim()));
}

export const isBlock = (text: string): boolean => /[\t\n\r]/.test(text.replace(/[\r\n]+$/, ""));

export function writeBlock(rows: string[][]): string {
  const one = (s: string) => (/[\t\n\r"]/.test(s) ? `"${s.replaceAll('"', '""')}"` : s);
  return rows.map((r) => r.map(one).join("\t")).join("\n");
}

export interface Placed { row: number; col: number; text: string }
/** Where each cell of a block lands, and how many rows must be added. Columns past the last are left out. */
export function place(block: string[][], at: { row: number; col: number }, rows: number, cols: number): { cells: Placed[]; more: number; lost: number } {
  const cells: Placed[] = [];
  let lost = 0;
  block.forEach((line, r) =>
    line.forEach((text, c) => {
      if (at.col + c < cols) cells.push({ row: at.row + r, col: at.col + c, text });
      else lost++;
    }),
  );
  return { cells, more: Math.max(0, at.row + block.length - rows), lost };
}
