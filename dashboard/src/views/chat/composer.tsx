import { SendHorizontal } from "lucide-preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { type App, useApp, useText } from "../app/app.ts";
import { CompletionList } from "./completion_list.tsx";
import { ComposerExtras } from "./composer_extras.tsx";
import { ComposerHint } from "./composer_hint.tsx";
import { MAX_TEXT_BYTES } from "./limits.ts";
import { momentOfUrl } from "./moment.ts";
import { roomTitle } from "./paths.ts";
import { SLASHES } from "./slash.ts";
import { type Begun, type Completion, matching, type Offer, useCompletion } from "./use_completion.ts";
import { useWriting } from "./use_writing.ts";

interface ComposerProps {
  room: string;
  /** Id of the message that is answered; null: it is said to the room. */
  replyTo?: string | null;
}

/** The field to write in; what is typed stays when the room, the link or the session goes. */
export function Composer({ room, replyTo = null }: ComposerProps) {
  const { session, hub } = useApp();
  const text = useText();
  void hub.chat.changed.value;
  const archived = hub.chat.rooms.room(room)?.facts.archived ?? false;
  const viewer = session.me.value?.role === "viewer";
  if (!viewer && !archived) return <OpenComposer room={room} replyTo={replyTo} />;
  return (
    <p class="composer composer--closed" data-testid="composer-closed">
      {viewer ? text("error.permission", { role: text("role.operator") }) : text("chat.archived_why")}
    </p>
  );
}

/** What completes what is being typed in a room. */
function offersFor({ hub, language }: App, room: string, { kind, typed }: Begun): Offer[] {
  if (kind === "name")
    return matching(hub.chat.rooms.people(room), typed).map((name) => ({ label: `@${name}`, text: name }));
  if (kind === "device") {
    const names = new Map(Array.from(hub.devices.all(), ({ id, name }) => [name === id ? id : `${name} (${id})`, id]));
    return matching([...names.keys()], typed).map((label) => ({ label, text: names.get(label) ?? label }));
  }
  const { text } = language.peek();
  return SLASHES.filter((word) => word.startsWith(typed)).map((word) => ({
    label: text(`chat.slash_${word}`),
    text: word,
  }));
}

function OpenComposer({ room, replyTo }: { room: string; replyTo: string | null }) {
  const app = useApp();
  const text = useText();
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const writing = useWriting({ room, replyTo });
  const { draft, bytes, sendable, write, send } = writing;
  const completion = useCompletion({ field, offersFor: (begun) => offersFor(app, room, begun), write });
  useHeight(field, draft);
  const onPaste = (event: ClipboardEvent) => {
    const moment = momentOfUrl(event.clipboardData?.getData("text/plain") ?? "", location.origin);
    if (moment === null) return;
    event.preventDefault();
    writing.attach(moment);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (completion.onKey(event) || event.isComposing) return;
    if (event.key === "Escape" && writing.moment !== null) writing.attach(null);
    else if (event.key === "Enter" && !event.shiftKey) send();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const inThread = replyTo !== null;
  const words = inThread ? text("chat.thread_placeholder") : text("chat.placeholder", { room: roomTitle(room) });
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
        field.current?.focus();
      }}
    >
      <ComposerExtras moment={writing.moment} onRemove={() => writing.attach(null)} />
      <CompletionList id={`${id}-names`} completion={completion} />
      <textarea
        ref={field}
        class="input composer__field"
        rows={1}
        value={draft}
        placeholder={words}
        aria-label={words}
        aria-describedby={`${id}-hint`}
        aria-invalid={bytes > MAX_TEXT_BYTES}
        {...completionAttributes(id, completion)}
        data-testid={inThread ? "thread-composer" : "composer"}
        data-page-filter={!inThread || undefined}
        onInput={(event) => {
          write(event.currentTarget.value);
          completion.look();
        }}
        onBlur={completion.close}
        onPaste={onPaste}
        onKeyDown={onKeyDown}
      />
      <button type="submit" class="button button--primary composer__send" aria-disabled={!sendable}>
        <SendHorizontal size={16} aria-hidden="true" />
        <span class="composer__word">{text("chat.send")}</span>
      </button>
      <ComposerHint id={`${id}-hint`} bytes={bytes} note={writing.note} />
    </form>
  );
}

function completionAttributes(id: string, { offers, chosen }: Completion) {
  const open = offers.length > 0;
  return {
    "aria-autocomplete": "list" as const,
    "aria-controls": open ? `${id}-names` : undefined,
    "aria-activedescendant": open ? `${id}-names-${chosen}` : undefined,
  };
}

function useHeight(field: { current: HTMLTextAreaElement | null }, draft: string): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows what is typed
  useEffect(() => {
    if (field.current === null) return;
    field.current.style.height = "auto";
    field.current.style.height = `${field.current.scrollHeight + 2}px`;
  }, [draft]);
}
