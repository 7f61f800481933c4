import type { ChatMessage } from "../../state/index.ts";
import { useApp, useText } from "../app/app.ts";
import type { Unsent } from "./outbox.ts";
import type { Word, Words } from "./words.ts";

interface MessageProps {
  message: ChatMessage;
  words: Words;
  /** It stands under the one before, of the same person. */
  joined: boolean;
}

/** A message: who, when, and what was said. */
export function Message({ message, words, joined }: MessageProps) {
  const { times } = useApp();
  const { author, time } = message;
  return (
    <article
      class={`message ${joined ? "message--joined" : ""}`}
      data-testid="message"
      data-key={message.key}
      data-author={author}
    >
      <header class={joined ? "visually-hidden" : "message__header"}>
        <strong class="message__author">{author}</strong>
      </header>
      <time class="message__time" dateTime={new Date(time).toISOString()} title={times.value.exact(time)}>
        {times.value.minutes(time)}
      </time>
      <MessageText words={words.of(message.text)} />
    </article>
  );
}

/** A message of this person that the hub does not have yet, with what can be done about it. */
export function UnsentMessage({ item, words }: { item: Unsent; words: Words }) {
  const { outbox, session, language } = useApp();
  const text = useText();
  const why = () => {
    if (item.state === "sending") return text("chat.sending");
    if (item.state === "waiting") return text("chat.waiting");
    if (item.state === "unknown") return text("chat.unknown");
    const reason = language.value.textOf(`error.${item.reason}`);
    return reason === null ? text("chat.unsent") : text("chat.unsent_why", { reason });
  };
  return (
    <article class="message message--unsent" data-testid="unsent" data-state={item.state}>
      <header class="message__header">
        <strong class="message__author">{session.me.value?.user}</strong>
      </header>
      <MessageText words={words.of(item.text)} />
      <footer class="message__unsent" role="status">
        <span>{why()}</span>
        {item.state !== "sending" && (
          <>
            <button type="button" class="button button--link" onClick={() => void outbox.retry(item.id)}>
              {text("chat.retry")}
            </button>
            <button type="button" class="button button--link" onClick={() => outbox.delete(item.id)}>
              {text("chat.delete")}
            </button>
          </>
        )}
      </footer>
    </article>
  );
}

function MessageText({ words }: { words: readonly Word[] }) {
  return (
    <p class="message__text" dir="auto">
      {words.map((word, i) => (
        <WordView key={`${i} ${word.text}`} word={word} />
      ))}
    </p>
  );
}

function WordView({ word }: { word: Word }) {
  switch (word.kind) {
    case "link":
      return (
        <a href={word.url} target="_blank" rel="noopener noreferrer nofollow">
          {word.text}
        </a>
      );
    case "code":
      return <code>{word.text}</code>;
    case "name":
      return <span class="message__name">{word.text}</span>;
    default:
      return <>{word.text}</>;
  }
}
