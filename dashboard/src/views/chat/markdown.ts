import { type Inline, inlineOf } from "./inline.ts";

/** A part of a message of one or more lines. */
export type Block =
  | { kind: "paragraph"; inside: Inline[] }
  | { kind: "code"; text: string }
  | { kind: "quote"; blocks: Block[] }
  | { kind: "list"; first: number | null; items: Inline[][] };

const FENCE = /^\s{0,3}```(.*)$/;
const QUOTE = /^\s{0,3}> ?/;
const ITEM = /^\s{0,3}(?:[-*+]|(\d{1,6})[.)])\s+(?=\S)/;
const MAX_DEPTH = 3;

interface Taken {
  block: Block | null;
  lines: number;
}

/** Reads markdown-lite: paragraphs, code blocks, lists, quotes, and in lines what `inlineOf` knows. All else stays text. */
export function blocksOf(text: string, names: readonly string[], depth = 0): Block[] {
  const lines = text.split("\n");
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; ) {
    const { block, lines: taken } = take(lines.slice(at), names, depth);
    if (block !== null) blocks.push(block);
    at += taken;
  }
  return blocks;
}

function startsBlock(line: string, depth: number): boolean {
  return FENCE.test(line) || ITEM.test(line) || (depth < MAX_DEPTH && QUOTE.test(line));
}

function take(lines: readonly string[], names: readonly string[], depth: number): Taken {
  const [line = ""] = lines;
  if (line.trim() === "") return { block: null, lines: 1 };
  if (FENCE.test(line)) return takeCode(lines);
  if (depth < MAX_DEPTH && QUOTE.test(line)) {
    const count = run(lines, (one) => QUOTE.test(one));
    const inside = lines.slice(0, count).map((one) => one.replace(QUOTE, ""));
    return { block: { kind: "quote", blocks: blocksOf(inside.join("\n"), names, depth + 1) }, lines: count };
  }
  if (ITEM.test(line)) return takeList(lines, names);
  const count = 1 + run(lines.slice(1), (one) => one.trim() !== "" && !startsBlock(one, depth));
  return { block: { kind: "paragraph", inside: inlineOf(lines.slice(0, count).join("\n"), names) }, lines: count };
}

function run(lines: readonly string[], fits: (line: string) => boolean): number {
  const end = lines.findIndex((line) => !fits(line));
  return end < 0 ? lines.length : end;
}

function takeCode(lines: readonly string[]): Taken {
  const opening = FENCE.exec(lines[0] ?? "")?.[1] ?? "";
  const closed = opening.indexOf("```");
  // All on one line; else what stands behind the opening names a language.
  if (closed >= 0) return { block: { kind: "code", text: opening.slice(0, closed).trim() }, lines: 1 };
  const count = run(lines.slice(1), (line) => line.trim() !== "```");
  return { block: { kind: "code", text: lines.slice(1, 1 + count).join("\n") }, lines: count + 2 };
}

function takeList(lines: readonly string[], names: readonly string[]): Taken {
  const number = ITEM.exec(lines[0] ?? "")?.[1];
  const count = run(lines, (line) => {
    const item = ITEM.exec(line);
    return item !== null && (item[1] === undefined) === (number === undefined);
  });
  const items = lines.slice(0, count).map((line) => inlineOf(line.replace(ITEM, ""), names));
  return { block: { kind: "list", first: number === undefined ? null : Number(number), items }, lines: count };
}

/** What a reader sees of a message, without the signs that make it bold, a list or a quote. */
export function plainOf(text: string): string {
  return blocksOf(text, []).map(wordsOf).join("\n");
}

function wordsOf(block: Block): string {
  if (block.kind === "code") return block.text;
  if (block.kind === "quote") return block.blocks.map(wordsOf).join("\n");
  return block.kind === "list" ? block.items.map(piecesOf).join(", ") : piecesOf(block.inside);
}

function piecesOf(pieces: readonly Inline[]): string {
  return pieces.map((piece) => ("inside" in piece ? piecesOf(piece.inside) : piece.text)).join("");
}
