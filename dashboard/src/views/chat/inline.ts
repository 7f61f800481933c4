import { LinkifyIt } from "linkify-it";

/** A piece of a line: text, or what a few signs make of it. All of it stays text, so nothing can be markup. */
export type Inline =
  | { kind: "text" | "code" | "name"; text: string }
  | { kind: "link"; text: string; url: string; host: string | null }
  | { kind: "strong" | "emphasis"; inside: Inline[] };

const CODE = "`(?<code>[^`\\n]+)`";
const LABELLED = "\\[(?<label>[^\\][\\n]{1,200})\\]\\((?<target>https?:\\/\\/[^\\s()<>]{1,1000})\\)";
const URL_START = "(?<url>\\bhttps?:\\/\\/)";
const STRONG = "\\*\\*(?=[^\\s*])(?<strong>[^\\n]*?[^\\s*])\\*\\*";
const WORD = "\\p{L}\\p{N}";
const STAR = `(?<![${WORD}*])\\*(?=[^\\s*])(?<star>[^*\\n]*[^\\s*])\\*(?![${WORD}*])`;
const LINE = `(?<![${WORD}_])_(?=[^\\s_])(?<line>[^_\\n]*[^\\s_])_(?![${WORD}_])`;
const MAX_DEPTH = 4;

const links = new LinkifyIt({ fuzzyLink: false, fuzzyEmail: false });

function escaped(name: string): string {
  return name.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}

function patternOf(names: readonly string[]): RegExp {
  const parts = [CODE, LABELLED, URL_START, STRONG, STAR, LINE];
  if (names.length > 0) {
    // The longest first: one may be the begin of another.
    const known = [...names].sort((a, b) => b.length - a.length).map(escaped);
    parts.push(`(?<![${WORD}_@./-])@(?<name>${known.join("|")})(?![${WORD}_])`);
  }
  return new RegExp(parts.join("|"), "giu");
}

/** An address that may be followed: http and https only, as a browser reads it. */
function webAddress(url: string): URL | null {
  try {
    const read = new URL(url);
    return ["http:", "https:"].includes(read.protocol) ? read : null;
  } catch {
    return null;
  }
}

interface Found {
  piece: Inline;
  length: number;
}

/** Cuts a text into pieces; `names` are those the message mentions, and only they are marked. */
export function inlineOf(text: string, names: readonly string[]): Inline[] {
  return cut(text, patternOf(names), 0);
}

function cut(text: string, pattern: RegExp, depth: number): Inline[] {
  if (depth > MAX_DEPTH) return [{ kind: "text", text }];
  const pieces: Inline[] = [];
  const own = new RegExp(pattern);
  let at = 0;
  for (let match = own.exec(text); match !== null; match = own.exec(text)) {
    const found = pieceOf(match, text, (inside) => cut(inside, pattern, depth + 1));
    if (found === null) continue;
    if (match.index > at) pieces.push({ kind: "text", text: text.slice(at, match.index) });
    pieces.push(found.piece);
    at = match.index + found.length;
    own.lastIndex = at;
  }
  if (at < text.length) pieces.push({ kind: "text", text: text.slice(at) });
  return pieces;
}

function pieceOf(match: RegExpExecArray, text: string, inside: (text: string) => Inline[]): Found | null {
  const groups = match.groups ?? {};
  const whole = match[0];
  const { code, strong, name, label, target } = groups;
  const emphasis = groups.star ?? groups.line;
  if (code !== undefined) return { piece: { kind: "code", text: code }, length: whole.length };
  if (strong !== undefined) return { piece: { kind: "strong", inside: inside(strong) }, length: whole.length };
  if (emphasis !== undefined) return { piece: { kind: "emphasis", inside: inside(emphasis) }, length: whole.length };
  if (name !== undefined) return { piece: { kind: "name", text: whole }, length: whole.length };
  if (label !== undefined && target !== undefined) return labelled(label, target, whole.length);
  return bare(text.slice(match.index));
}

function labelled(label: string, target: string, length: number): Found | null {
  const url = webAddress(target);
  // Where a label leads is said beside it: it may look like another address.
  return url && { piece: { kind: "link", text: label, url: url.href, host: url.host }, length };
}

function bare(text: string): Found | null {
  const found = links.matchAtStart(text);
  const url = found && webAddress(found.url);
  if (!found || !url) return null;
  return { piece: { kind: "link", text: found.raw, url: url.href, host: null }, length: found.lastIndex };
}
