import { ArrowDown } from "lucide-preact";
import { Fragment } from "preact";
import { useMemo, useRef } from "preact/hooks";
import type { ChatMessage } from "../../state/index.ts";
import { useApp, useText } from "../app/app.ts";
import { Message, UnsentMessage } from "./message.tsx";
import { useFollow } from "./use_follow.ts";
import { useReading } from "./use_reading.ts";
import { Words } from "./words.ts";

const JOINED_MS = 5 * 60_000;

/** Messages of one person within five minutes stand together, under one name. */
function isJoined(message: ChatMessage, before: ChatMessage | undefined): boolean {
  return before !== undefined && before.author === message.author && message.time - before.time < JOINED_MS;
}

/** The messages of a room, the newest below; it follows them unless someone reads further up. */
export function MessageList({ room: id }: { room: string }) {
  const { hub, times, outbox } = useApp();
  const text = useText();
  void hub.chat.value;
  const room = hub.rooms.room(id);
  const messages = room?.messages ?? [];
  const unsent = outbox.of(id);
  const list = useRef<HTMLDivElement>(null);
  const words = useMemo(() => new Words(), []);
  const newFrom = useReading(id, list);
  const follow = useFollow(list, messages.length + unsent.length, newFrom);
  return (
    <div class="messages">
      <div
        ref={list}
        class="messages__list"
        role="log"
        aria-label={text("chat.log", { room: `# ${id}` })}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
        tabIndex={0}
        onScroll={follow.onScroll}
      >
        {messages.length + unsent.length === 0 && <EmptyRoom isNew={room === undefined} />}
        {messages.map((message, i) => {
          const before = messages[i - 1];
          const newDay = before === undefined || !times.value.sameDay(before.time, message.time);
          const isFirstNew = message.key === newFrom;
          return (
            <Fragment key={message.key}>
              {newDay && <Divider words={dayWords(text, times.value, message.time)} />}
              {isFirstNew && <Divider words={text("chat.new_line")} isNew />}
              <Message message={message} words={words} joined={!newDay && !isFirstNew && isJoined(message, before)} />
            </Fragment>
          );
        })}
        {unsent.map((item) => (
          <UnsentMessage key={`unsent ${item.id}`} item={item} words={words} />
        ))}
      </div>
      {follow.below > 0 && (
        <button type="button" class="button messages__jump" onClick={follow.jump}>
          <ArrowDown size={16} aria-hidden="true" />
          {text("chat.new_below", { n: follow.below })} · {text("chat.jump")}
        </button>
      )}
    </div>
  );
}

function EmptyRoom({ isNew }: { isNew: boolean }) {
  const { hub } = useApp();
  const text = useText();
  if (!hub.loaded.value) return null;
  return <p class="messages__empty">{text(isNew ? "chat.empty_room_new" : "chat.empty_room")}</p>;
}

function Divider({ words, isNew = false }: { words: string; isNew?: boolean }) {
  return (
    <p class={`messages__divider ${isNew ? "messages__divider--new" : ""}`}>
      <span>{words}</span>
    </p>
  );
}

const DAY_MS = 86_400_000;

function dayWords(
  text: ReturnType<typeof useText>,
  times: { sameDay(a: number, b: number): boolean; day(time: number): string },
  time: number,
): string {
  const now = Date.now();
  if (times.sameDay(time, now)) return text("chat.today");
  return times.sameDay(time + DAY_MS, now) ? text("chat.yesterday") : times.day(time);
}
