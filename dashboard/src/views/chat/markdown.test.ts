import { describe, expect, it } from "vitest";
import { type Inline, inlineOf } from "./inline.ts";
import { type Block, blocksOf, plainOf } from "./markdown.ts";

/** What a reader sees of pieces. */
function seen(pieces: readonly Inline[]): string {
  return pieces.map((piece) => ("inside" in piece ? seen(piece.inside) : piece.text)).join("");
}

function short(pieces: readonly Inline[]): unknown[] {
  return pieces.map((piece) => {
    if ("inside" in piece) return [piece.kind, ...short(piece.inside)];
    return piece.kind === "text" ? piece.text : [piece.kind, piece.text];
  });
}

function urls(blocks: readonly Block[]): string[] {
  const ofPieces = (pieces: readonly Inline[]): string[] =>
    pieces.flatMap((piece) => ("inside" in piece ? ofPieces(piece.inside) : piece.kind === "link" ? [piece.url] : []));
  return blocks.flatMap((block) => {
    if (block.kind === "quote") return urls(block.blocks);
    if (block.kind === "list") return block.items.flatMap(ofPieces);
    return block.kind === "code" ? [] : ofPieces(block.inside);
  });
}

describe("in lines", () => {
  it.each([
    ["see https://example.org/a_b_c?x=*1*. ok", ["see ", ["link", "https://example.org/a_b_c?x=*1*"], ". ok"]],
    [
      "**bold _and_ `code`** *it*",
      [["strong", "bold ", ["emphasis", "and"], " ", ["code", "code"]], " ", ["emphasis", "it"]],
    ],
    ["**see https://example.org**", [["strong", "see ", ["link", "https://example.org"]]]],
    ["(https://example.org/x)", ["(", ["link", "https://example.org/x"], ")"]],
    ["[the plan](https://example.org/p)", [["link", "the plan"]]],
    ["pump_3_a and 2*3*4 and a * b * c", ["pump_3_a and 2*3*4 and a * b * c"]],
    ["`**not bold**`", [["code", "**not bold**"]]],
    ["**open and `open", ["**open and `open"]],
  ])("%s", (text, pieces) => {
    expect(short(inlineOf(text, []))).toEqual(pieces);
  });

  it("marks the names that are mentioned, and no others", () => {
    const names = ["ivan", "Ivan Petrov", "a.b|c", "olga"];
    expect(short(inlineOf("@ivan @Ivan petrov, @A.B|C @anna x@ivan @ivanna", names))).toEqual([
      ["name", "@ivan"],
      " ",
      ["name", "@Ivan petrov"],
      ", ",
      ["name", "@A.B|C"],
      " @anna x@ivan @ivanna",
    ]);
  });

  it("says where a label leads", () => {
    expect(inlineOf("[https://bank.example](https://evil.example/x)", [])).toEqual([
      { kind: "link", text: "https://bank.example", url: "https://evil.example/x", host: "evil.example" },
    ]);
  });
});

describe("blocks", () => {
  it("are paragraphs, code, lists and quotes", () => {
    const text = "one\ntwo\n\n```sh\na **b**\n\n<c>\n```\n- x\n- *y*\n3. z\n> said\n> > before\nend";
    const blocks = blocksOf(text, []);
    expect(blocks.map(({ kind }) => kind)).toEqual(["paragraph", "code", "list", "list", "quote", "paragraph"]);
    expect(blocks[1]).toEqual({ kind: "code", text: "a **b**\n\n<c>" });
    expect(blocks[2]).toMatchObject({ first: null, items: [[{ text: "x" }], [{ kind: "emphasis" }]] });
    expect(blocks[3]).toMatchObject({ first: 3 });
    expect(blocks[4]).toMatchObject({ blocks: [{ kind: "paragraph" }, { kind: "quote" }] });
  });

  it.each([
    ["```open\nto the end", [{ kind: "code", text: "to the end" }]],
    ["```all```", [{ kind: "code", text: "all" }]],
    ["-5 °C", [{ kind: "paragraph", inside: [{ kind: "text", text: "-5 °C" }] }]],
    ["", []],
    [" \n ", []],
  ])("%j", (text, blocks) => {
    expect(blocksOf(text, [])).toEqual(blocks);
  });
});

const NASTY = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "javascript:alert(1)",
  "[x](javascript:alert(1))",
  "[x](JaVaScRiPt:alert(1))",
  "[x](data:text/html,<script>alert(1)</script>)",
  "[x](vbscript:msgbox)",
  "[x](//example.org)",
  "[x](https://)",
  "java\nscript:alert(1)",
  "data:text/html;base64,PHNjcmlwdD4=",
  "ftp://example.org",
  "file:///etc/passwd",
  "mailto:anna@example.org",
  "//example.org/x",
  "http://",
  "https://[",
  "&lt;script&gt;",
  "\u202eevil\u202c",
  "constructor __proto__ @constructor",
];

describe("nasty texts", () => {
  it.each(NASTY)("%s leads nowhere, and is shown as it is", (text) => {
    const blocks = blocksOf(text, ["constructor"]);
    expect(urls(blocks)).toEqual([]);
    expect(blocks.map((block) => (block.kind === "paragraph" ? seen(block.inside) : block.kind)).join("\n")).toBe(text);
  });

  it.each([
    'https://example.org/"onmouseover="alert(1)',
    "https://example.org/'><script>",
    '[x](https://a.example/"y)',
  ])("%s leads only to where http or https leads", (text) => {
    for (const url of urls(blocksOf(text, []))) {
      expect(url).toMatch(/^https?:\/\//);
      expect(url).not.toMatch(/["<>\s]/);
    }
  });

  it.each(["*", "**a", "_", "`", "[", "[a](https://", "> ", "- ", "```\n", "@", "https://a.b/(", "((((", "**_"])(
    "%s over and over ends soon",
    (text) => {
      expect(blocksOf(text.repeat(Math.floor(4096 / text.length)), ["a"]).length).toBeGreaterThan(0);
    },
  );
});

describe("in plain words", () => {
  it.each([
    ["**bold** and _soft_ `code` https://example.org", "bold and soft code https://example.org"],
    ["- one\n- **two**", "one, two"],
    ["> said\n\n```\nx = 1\n```", "said\nx = 1"],
    ["", ""],
  ])("%j", (text, plain) => {
    expect(plainOf(text)).toBe(plain);
  });
});
