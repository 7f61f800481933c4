import { AtSign } from "lucide-preact";
import { useState } from "preact/hooks";
import type { ChatMessage } from "../../state/index.ts";
import { useApp, useText } from "../app/app.ts";
import { DeleteDialog } from "./delete_dialog.tsx";
import { type Action, actionsOf, MessageActions } from "./message_actions.tsx";
import { MessageEditor } from "./message_editor.tsx";
import { MessageText } from "./message_text.tsx";
import { MomentChip } from "./moment_chip.tsx";
import { Quote } from "./quote.tsx";

interface MessageProps {
  room: string;
  message: ChatMessage;
  /** It stands under the one before, of the same person. */
  joined: boolean;
  /** The focus is in it, or comes to it by keys. */
  current: boolean;
  /** Somebody has just jumped to it. */
  marked: boolean;
  onReply: (message: ChatMessage) => void;
  onOpen: (id: string) => void;
}

const KEYS: Readonly<Record<string, Action>> = { KeyR: "reply", KeyE: "edit", Delete: "delete" };

/** A message: who, when, what was said and what became of it, with what may be done to it. */
export function Message(props: MessageProps) {
  const { room, message, joined, current } = props;
  const app = useApp();
  const [open, setOpen] = useState<"edit" | "delete" | null>(null);
  const actions = actionsOf(app, { room, message });
  const act = (action: Action) => (action === "reply" ? props.onReply(message) : setOpen(action));
  const onKey = (event: KeyboardEvent) => {
    const action = KEYS[event.code];
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    if (action === undefined || !actions.includes(action) || !app.preferences.letters.peek()) return;
    event.preventDefault();
    act(action);
  };
  const me = app.session.me.value?.user ?? "";
  const named = message.mentions.includes(me);
  return (
    <article
      class={`message ${joined ? "message--joined" : ""} ${named ? "message--named" : ""} ${props.marked ? "message--marked" : ""}`}
      data-testid="message"
      data-key={message.id}
      data-author={message.author}
      data-deleted={message.deleted !== null || undefined}
      tabIndex={current ? 0 : -1}
      onKeyDown={onKey}
    >
      <Header message={message} joined={joined} named={named} />
      {open === "edit" ? (
        <MessageEditor room={room} message={message} onDone={() => setOpen(null)} />
      ) : (
        <Body room={room} message={message} onOpen={props.onOpen} />
      )}
      {open !== "edit" && <MessageActions actions={actions} reachable={current} onAction={act} />}
      {open === "delete" && <DeleteDialog room={room} message={message} onClose={() => setOpen(null)} />}
    </article>
  );
}

function Header({ message, joined, named }: { message: ChatMessage; joined: boolean; named: boolean }) {
  const { times } = useApp();
  const text = useText();
  return (
    <>
      <header class={joined ? "visually-hidden" : "message__header"}>
        <strong class="message__author">{message.author}</strong>
      </header>
      <span class="message__when">
        {named && <AtSign size={14} aria-label={text("chat.names_you")} role="img" />}
        <time
          class="message__time"
          dateTime={new Date(message.time).toISOString()}
          title={times.value.exact(message.time)}
        >
          {times.value.minutes(message.time)}
        </time>
      </span>
    </>
  );
}

function Body({ room, message, onOpen }: Pick<MessageProps, "room" | "message" | "onOpen">) {
  const { times } = useApp();
  const text = useText();
  const { replyTo, moment, edited, deleted } = message;
  if (deleted !== null) {
    return (
      <p class="message__body message__gone" title={times.value.exact(deleted.time)}>
        {deleted.by === message.author ? text("chat.deleted") : text("chat.deleted_by", { user: deleted.by })}
      </p>
    );
  }
  return (
    <div class="message__body">
      {replyTo !== null && <Quote room={room} id={replyTo} onOpen={onOpen} />}
      <MessageText text={message.text} mentions={message.mentions} />
      {moment !== null && <MomentChip moment={moment} />}
      {edited !== null && (
        <span class="message__edited" title={times.value.exact(edited.time)}>
          {text("chat.edited")}
        </span>
      )}
    </div>
  );
}
