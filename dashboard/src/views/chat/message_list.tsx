import { ArrowDown } from "lucide-preact";
import { Fragment } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import { type Answers, answersOf, type ChatMessage } from "../../state/index.ts";
import { useApp, useText } from "../app/app.ts";
import { Divider, dayWords, ListTop } from "./list_parts.tsx";
import { Message } from "./message.tsx";
import { roomTitle } from "./paths.ts";
import { UnsentMessage } from "./unsent_message.tsx";
import { useJumps } from "./use_jumps.ts";
import { useMessageKeys } from "./use_message_keys.ts";
import { useReading } from "./use_reading.ts";
import { useChatWindow } from "./use_window.ts";

const JOINED_MS = 5 * 60_000;
const NONE: readonly ChatMessage[] = [];

/** Messages of one person within five minutes stand together, under one name. */
function isJoined(message: ChatMessage, before: ChatMessage | undefined): boolean {
  if (before === undefined || message.replyTo !== null) return false;
  return before.author === message.author && message.time - before.time < JOINED_MS;
}

interface ListProps {
  room: string;
  onReply: (message: ChatMessage) => void;
}

/** The messages of a room, the newest below; it follows them unless someone reads further up. */
export function MessageList({ room: id, onReply }: ListProps) {
  const { hub, outbox } = useApp();
  const text = useText();
  void hub.chat.changed.value;
  const talk = hub.chat.rooms.room(id)?.talk;
  const messages = talk?.messages ?? NONE;
  const answers = useMemo(() => answersOf(messages), [messages]);
  const unsent = outbox.of(id);
  const list = useRef<HTMLDivElement>(null);
  // The line above what was unread when the room was opened stays while one reads.
  const [newFrom] = useState(() => hub.chat.rooms.room(id)?.firstUnread ?? null);
  const { older, failed, retry, marked, open, opened } = useJumps(id);
  const view = useChatWindow({ list, messages, first: newFrom, unsent: unsent.length, older });
  opened.current = view.show;
  const keys = useMessageKeys(list);
  useReading(id, list);
  return (
    <div class="messages">
      <div
        ref={list}
        class="messages__list"
        role="log"
        aria-label={text("chat.log", { room: roomTitle(id) })}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
        tabIndex={0}
        onScroll={view.onScroll}
        onKeyDown={keys.onKeyDown}
        onFocusCapture={keys.onFocus}
      >
        <ListTop room={id} empty={messages.length + unsent.length === 0} failed={failed} onRetry={retry} />
        <Shown
          messages={view.shown}
          {...{ room: id, newFrom, current: keys.current, marked, answers, onReply, onOpen: open }}
        />
        {view.toEnd && unsent.map((item) => <UnsentMessage key={`unsent ${item.id}`} item={item} />)}
      </div>
      {view.away && (
        <button type="button" class="button messages__jump" onClick={view.jump}>
          <ArrowDown size={16} aria-hidden="true" />
          {view.below > 0 && `${text("chat.new_below", { n: view.below })} · `}
          {text("chat.jump")}
        </button>
      )}
    </div>
  );
}

interface ShownProps extends ListProps {
  messages: readonly ChatMessage[];
  newFrom: string | null;
  current: string | null;
  marked: string | null;
  answers: ReadonlyMap<string, Answers>;
  onOpen: (id: string) => void;
}

function Shown({ messages, newFrom, current, marked, answers, ...props }: ShownProps) {
  const { times } = useApp();
  const text = useText();
  const last = messages.at(-1)?.id;
  return (
    <>
      {messages.map((message, i) => {
        const before = messages[i - 1];
        const newDay = before === undefined || !times.value.sameDay(before.time, message.time);
        const isFirstNew = message.id === newFrom;
        return (
          <Fragment key={message.id}>
            {newDay && <Divider words={dayWords(text, times.value, message.time)} />}
            {isFirstNew && <Divider words={text("chat.new_line")} isNew />}
            <Message
              {...props}
              message={message}
              joined={!newDay && !isFirstNew && isJoined(message, before)}
              current={message.id === (current ?? last)}
              marked={message.id === marked}
              answers={answers.get(message.id)}
            />
          </Fragment>
        );
      })}
    </>
  );
}
