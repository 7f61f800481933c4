import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { useApp, useText } from "../app/app.ts";
import type { Inline } from "./inline.ts";
import { type Block, blocksOf } from "./markdown.ts";

/** What was said, as elements that are made one by one: no text of a message is ever read as HTML. */
export function MessageText({ text, mentions = [] }: { text: string; mentions?: readonly string[] }) {
  const blocks = useMemo(() => blocksOf(text, mentions), [text, mentions]);
  return (
    <div class="message__text" dir="auto">
      <Blocks blocks={blocks} />
    </div>
  );
}

function Blocks({ blocks }: { blocks: readonly Block[] }) {
  return (
    <>
      {blocks.map((block, i) => (
        <BlockView key={i} block={block} />
      ))}
    </>
  );
}

function BlockView({ block }: { block: Block }): JSX.Element {
  const text = useText();
  switch (block.kind) {
    case "code":
      return (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
        <section class="message__code" tabIndex={0} aria-label={text("chat.code")}>
          <pre>{block.text}</pre>
        </section>
      );
    case "quote":
      return (
        <blockquote>
          <Blocks blocks={block.blocks} />
        </blockquote>
      );
    case "list":
      return <List block={block} />;
    default:
      return (
        <p>
          <Pieces pieces={block.inside} />
        </p>
      );
  }
}

function List({ block: { first, items } }: { block: Extract<Block, { kind: "list" }> }) {
  const rows = items.map((item, i) => (
    <li key={i}>
      <Pieces pieces={item} />
    </li>
  ));
  return first === null ? <ul>{rows}</ul> : <ol start={first}>{rows}</ol>;
}

function Pieces({ pieces }: { pieces: readonly Inline[] }) {
  return (
    <>
      {pieces.map((piece, i) => (
        <Piece key={i} piece={piece} />
      ))}
    </>
  );
}

function Piece({ piece }: { piece: Inline }): JSX.Element {
  switch (piece.kind) {
    case "strong":
      return (
        <strong>
          <Pieces pieces={piece.inside} />
        </strong>
      );
    case "emphasis":
      return (
        <em>
          <Pieces pieces={piece.inside} />
        </em>
      );
    case "link":
      return <Link piece={piece} />;
    case "code":
      return <code>{piece.text}</code>;
    case "name":
      return <Name text={piece.text} />;
    default:
      return <>{piece.text}</>;
  }
}

function Link({ piece: { text, url, host } }: { piece: Extract<Inline, { kind: "link" }> }) {
  return (
    <>
      <a href={url} target="_blank" rel="noopener noreferrer nofollow" title={url}>
        {text}
      </a>
      {host !== null && <span class="message__host"> ({host})</span>}
    </>
  );
}

function Name({ text }: { text: string }) {
  const { session } = useApp();
  const mine = text.slice(1).toLowerCase() === session.me.value?.user.toLowerCase();
  return <span class={`message__name ${mine ? "message__name--me" : ""}`}>{text}</span>;
}
