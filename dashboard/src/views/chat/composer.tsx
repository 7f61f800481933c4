import { SendHorizontal } from "lucide-preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { ChatMessage, Moment } from "../../state/index.ts";
import { useApp, useText } from "../app/app.ts";
import { CompletionList } from "./completion_list.tsx";
import { ComposerExtras } from "./composer_extras.tsx";
import { ComposerHint } from "./composer_hint.tsx";
import { byteLength, MAX_TEXT_BYTES } from "./limits.ts";
import { momentOfUrl } from "./moment.ts";
import { roomTitle } from "./paths.ts";
import { type Completion, useCompletion } from "./use_completion.ts";

/** What goes with the next message beside its text. */
export interface Extras {
  reply: ChatMessage | null;
  moment: Moment | null;
}

export const NO_EXTRAS: Extras = { reply: null, moment: null };

interface ComposerProps {
  room: string;
  extras: Extras;
  onExtras: (extras: Extras) => void;
}

/** The field to write in; what is typed stays when the room, the link or the session goes. */
export function Composer(props: ComposerProps) {
  const { session, hub } = useApp();
  const text = useText();
  void hub.chat.changed.value;
  const archived = hub.chat.rooms.room(props.room)?.facts.archived ?? false;
  const viewer = session.me.value?.role === "viewer";
  if (!viewer && !archived) return <OpenComposer {...props} />;
  return (
    <p class="composer composer--closed" data-testid="composer-closed">
      {viewer ? text("error.permission", { role: text("role.operator") }) : text("chat.archived_why")}
    </p>
  );
}

function useDraft(room: string, { extras, onExtras }: Pick<ComposerProps, "extras" | "onExtras">) {
  const { outbox, drafts, hub } = useApp();
  const [draft, setDraft] = useState(() => drafts.get(room));
  const bytes = byteLength(draft);
  const sendable = draft.trim() !== "" && bytes <= MAX_TEXT_BYTES;
  const write = (value: string) => {
    setDraft(value);
    drafts.set(room, value);
    if (value.trim() !== "") hub.chat.type(room);
  };
  const send = () => {
    if (!sendable) return;
    const { reply, moment } = extras;
    const said = { text: draft.trim(), ...(reply && { reply_to: reply.id }), ...(moment && { moment }) };
    write("");
    onExtras(NO_EXTRAS);
    void outbox.write(room, said, Date.now());
  };
  return { draft, bytes, sendable, write, send };
}

function OpenComposer({ room, extras, onExtras }: ComposerProps) {
  const { hub } = useApp();
  const text = useText();
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const { draft, bytes, sendable, write, send } = useDraft(room, { extras, onExtras });
  const completion = useCompletion({ field, people: () => hub.chat.rooms.people(room), write });
  useEffect(() => {
    if (extras.reply !== null) field.current?.focus();
  }, [extras.reply]);
  useHeight(field, draft);
  const onPaste = (event: ClipboardEvent) => {
    const moment = momentOfUrl(event.clipboardData?.getData("text/plain") ?? "", location.origin);
    if (moment === null) return;
    event.preventDefault();
    onExtras({ ...extras, moment });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (completion.onKey(event) || event.isComposing) return;
    if (event.key === "Escape" && (extras.reply || extras.moment)) onExtras(NO_EXTRAS);
    else if (event.key === "Enter" && !event.shiftKey) send();
    else return;
    event.preventDefault();
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
        field.current?.focus();
      }}
    >
      <ComposerExtras extras={extras} onExtras={onExtras} />
      <CompletionList id={`${id}-names`} completion={completion} />
      <textarea
        ref={field}
        class="input composer__field"
        rows={1}
        value={draft}
        placeholder={text("chat.placeholder", { room: roomTitle(room) })}
        aria-label={text("chat.placeholder", { room: roomTitle(room) })}
        aria-describedby={`${id}-hint`}
        aria-invalid={bytes > MAX_TEXT_BYTES}
        {...completionAttributes(id, completion)}
        data-testid="composer"
        data-page-filter
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
      <ComposerHint id={`${id}-hint`} bytes={bytes} />
    </form>
  );
}

function completionAttributes(id: string, { names, chosen }: Completion) {
  const open = names.length > 0;
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
