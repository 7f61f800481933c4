/** A message of a catalogue: text, `{name}` and `{name, plural, one {# day} other {# days}}`, as ICU writes them. */

export type Values = Readonly<Record<string, string | number>>;
type Part = string | { name: string; forms?: Readonly<Record<string, readonly Part[]>> };
export type Message = readonly Part[];

const OPEN = "{";
const CLOSE = "}";

/** The index of the brace that closes the one at `start`; throws SyntaxError where there is none. */
function closing(text: string, start: number): number {
  let depth = 0;
  for (let i = start; i < text.length; i++) {
    if (text[i] === OPEN) depth++;
    else if (text[i] === CLOSE && --depth === 0) return i;
  }
  throw new SyntaxError(`Brace not closed in “${text}”`);
}

function parseForms(text: string): Record<string, readonly Part[]> {
  const forms: Record<string, readonly Part[]> = {};
  let at = 0;
  for (let open = text.indexOf(OPEN, at); open >= 0; open = text.indexOf(OPEN, at)) {
    const close = closing(text, open);
    forms[text.slice(at, open).trim()] = parseMessage(text.slice(open + 1, close));
    at = close + 1;
  }
  if (forms.other === undefined) throw new SyntaxError(`No form “other” in “${text}”`);
  return forms;
}

function parsePart(text: string): Part {
  const [name = "", kind, ...rest] = text.split(",");
  if (kind === undefined) return { name: name.trim() };
  if (kind.trim() !== "plural") throw new SyntaxError(`“${kind.trim()}” is no kind of part`);
  return { name: name.trim(), forms: parseForms(rest.join(",")) };
}

/** The parts of a message's text; throws SyntaxError. */
export function parseMessage(text: string): Message {
  const parts: Part[] = [];
  let at = 0;
  for (let open = text.indexOf(OPEN, at); open >= 0; open = text.indexOf(OPEN, at)) {
    const close = closing(text, open);
    if (open > at) parts.push(text.slice(at, open));
    parts.push(parsePart(text.slice(open + 1, close)));
    at = close + 1;
  }
  if (at < text.length) parts.push(text.slice(at));
  return parts;
}

export interface Grammar {
  plural(count: number): string;
  number(count: number): string;
}

/** The message with its values put in; `#` is the count of the plural around it. A value that is missing stays `{name}`. */
export function formatMessage(message: Message, values: Values, grammar: Grammar, count?: number): string {
  let text = "";
  for (const part of message) {
    if (typeof part !== "string") text += formatPart(part, values, grammar);
    else text += count === undefined ? part : part.replaceAll("#", grammar.number(count));
  }
  return text;
}

function formatPart({ name, forms }: Exclude<Part, string>, values: Values, grammar: Grammar): string {
  const value = values[name];
  if (forms !== undefined) {
    const count = Number(value);
    return formatMessage(forms[grammar.plural(count)] ?? forms.other ?? [], values, grammar, count);
  }
  if (value === undefined) return `{${name}}`;
  return typeof value === "number" ? grammar.number(value) : value;
}

/** The names of the values a message takes, plural forms included. */
export function namesIn(message: Message, found = new Set<string>()): Set<string> {
  for (const part of message) {
    if (typeof part === "string") continue;
    found.add(part.name);
    for (const form of Object.values(part.forms ?? {})) namesIn(form, found);
  }
  return found;
}
