import { useEffect, useRef, useState } from "preact/hooks";
import { type ChatMessage, threadOf } from "../../state/index.ts";
import { useApp, useText } from "../app/app.ts";
import { Divider } from "./list_parts.tsx";
import { Message } from "./message.tsx";
import { UnsentMessage } from "./unsent_message.tsx";
import { useMessageKeys } from "./use_message_keys.ts";

const NONE: readonly ChatMessage[] = [];

interface ThreadListProps {
  room: string;
  root: string;
  onReply: () => void;
}

/** The message that a thread begins with, and its answers; the newest stays in view. */
export function ThreadList({ room, root, onReply }: ThreadListProps) {
  const { hub, outbox } = useApp();
  const text = useText();
  void hub.chat.changed.value;
  const found = useReached(room, root);
  const list = useRef<HTMLDivElement>(null);
  const keys = useMessageKeys(list);
  const messages = threadOf(hub.chat.rooms.room(room)?.talk.messages ?? NONE, root);
  const unsent = outbox.of(room).filter((item) => item.reply_to === root);
  const answers = messages.filter(({ id, deleted }) => id !== root && deleted === null).length;
  const last = messages.at(-1)?.id;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what comes is scrolled to
  useEffect(() => {
    list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [last, unsent.length, found]);
  return (
    <div
      ref={list}
      class="thread__list"
      role="log"
      aria-label={text("chat.thread")}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
      tabIndex={0}
      onKeyDown={keys.onKeyDown}
      onFocusCapture={keys.onFocus}
    >
      {found === "missing" && <p class="messages__top">{text("chat.message_gone")}</p>}
      {found === "failed" && <p class="messages__top">{text("chat.older_failed")}</p>}
      {messages.map((message) => (
        <div key={message.id}>
          <Message
            {...{ room, message, thread: root, onReply }}
            joined={false}
            current={message.id === (keys.current ?? last)}
            marked={false}
            onOpen={() => undefined}
          />
          {message.id === root && answers > 0 && <Divider words={text("chat.answers", { n: answers })} />}
        </div>
      ))}
      {unsent.map((item) => (
        <UnsentMessage key={`unsent ${item.id}`} item={item} />
      ))}
    </div>
  );
}

type Reached = "loading" | "here" | "missing" | "failed";

/** Loads so far back that a message is here, and says how that went. */
function useReached(room: string, message: string): Reached {
  const { hub } = useApp();
  const [reached, setReached] = useState<Reached>("loading");
  useEffect(() => {
    let wanted = true;
    const tell = (outcome: Reached) => wanted && setReached(outcome);
    hub.chat.reach(room, message).then(
      (here) => tell(here ? "here" : "missing"),
      () => tell("failed"),
    );
    return () => {
      wanted = false;
    };
  }, [hub, room, message]);
  return reached;
}
