import { LinkifyIt } from "linkify-it";

export type Word = { kind: "text" | "code" | "name"; text: string } | { kind: "link"; text: string; url: string };

const PIECES = /(`[^`\n]+`)|((?<![\p{L}\p{N}@])@[\p{L}\p{N}._-]+)/gu;
const ALLOWED = /^(https?:|mailto:)/i;

/** Cuts a message into text, links, `code` and @names; everything stays text, so nothing of it can be markup. */
export class Words {
  readonly #links = new LinkifyIt({ fuzzyLink: false, fuzzyEmail: false });

  of(message: string): Word[] {
    const words: Word[] = [];
    let at = 0;
    for (const found of message.matchAll(PIECES)) {
      words.push(...this.#linked(message.slice(at, found.index)));
      const piece = found[0];
      words.push(piece.startsWith("`") ? { kind: "code", text: piece.slice(1, -1) } : { kind: "name", text: piece });
      at = found.index + piece.length;
    }
    words.push(...this.#linked(message.slice(at)));
    return words;
  }

  #linked(text: string): Word[] {
    const words: Word[] = [];
    let at = 0;
    for (const { index, lastIndex, url, raw } of this.#links.match(text) ?? []) {
      if (!ALLOWED.test(url)) continue;
      if (index > at) words.push({ kind: "text", text: text.slice(at, index) });
      words.push({ kind: "link", text: raw, url });
      at = lastIndex;
    }
    if (at < text.length) words.push({ kind: "text", text: text.slice(at) });
    return words;
  }
}
