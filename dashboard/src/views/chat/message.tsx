import { AtSign, MessagesSquare } from "lucide-preact";
import { useState } from "preact/hooks";
import type { Answers, ChatMessage } from "../../state/index.ts";
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
  /** Those that answer it; they lead to its thread. */
  answers?: Answers | undefined;
  /** The message that the thread begins with in which it stands: that one is not quoted. */
  thread?: string;
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
      data-testid={props.thread === undefined ? "message" : "thread-message"}
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
        <Body room={room} message={message} thread={props.thread} onOpen={props.onOpen} />
      )}
      {props.answers !== undefined && <AnswersLink answers={props.answers} onOpen={() => props.onReply(message)} />}
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

/** How many answers there are, and when the newest came; it opens the thread. */
function AnswersLink({ answers, onOpen }: { answers: Answers; onOpen: () => void }) {
  const { times, hub } = useApp();
  const text = useText();
  return (
    <button type="button" class="button button--link message__answers" data-testid="answers" onClick={onOpen}>
      <MessagesSquare size={14} aria-hidden="true" />
      {text("chat.answers", { n: answers.count })}
      <span class="message__time">{times.value.at(answers.last, hub.time.now())}</span>
    </button>
  );
}

type BodyProps = Pick<MessageProps, "room" | "message" | "onOpen"> & { thread: string | undefined };

function Body({ room, message, thread, onOpen }: BodyProps) {
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
      {replyTo !== null && replyTo !== thread && <Quote room={room} id={replyTo} onOpen={onOpen} />}
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
