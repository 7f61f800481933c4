import { SendHorizontal } from "lucide-preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { useApp, useText } from "../app/app.ts";
import { byteLength, MAX_TEXT_BYTES, TELL_FROM_BYTES } from "./limits.ts";

/** The field to write in; what is typed stays when the room, the link or the session goes. */
export function Composer({ room }: { room: string }) {
  const { session } = useApp();
  const text = useText();
  if (session.me.value?.role === "viewer") {
    return (
      <p class="composer composer--closed" data-testid="composer-closed">
        {text("error.permission", { role: text("role.operator") })}
      </p>
    );
  }
  return <OpenComposer room={room} />;
}

function OpenComposer({ room }: { room: string }) {
  const { outbox, drafts } = useApp();
  const text = useText();
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const [draft, setDraft] = useState(() => drafts.get(room));
  const bytes = byteLength(draft);
  const sendable = draft.trim() !== "" && bytes <= MAX_TEXT_BYTES;
  const write = (value: string) => {
    setDraft(value);
    drafts.set(room, value);
  };
  const send = () => {
    if (!sendable) return;
    write("");
    void outbox.write(room, draft.trim(), Date.now());
    field.current?.focus();
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows what is typed
  useEffect(() => {
    if (field.current === null) return;
    field.current.style.height = "auto";
    field.current.style.height = `${field.current.scrollHeight + 2}px`;
  }, [draft]);
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={field}
        class="input composer__field"
        rows={1}
        value={draft}
        placeholder={text("chat.placeholder", { room: `# ${room}` })}
        aria-label={text("chat.placeholder", { room: `# ${room}` })}
        aria-describedby={`${id}-hint`}
        aria-invalid={bytes > MAX_TEXT_BYTES}
        data-testid="composer"
        data-page-filter
        onInput={(event) => write(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          send();
        }}
      />
      <button type="submit" class="button button--primary composer__send" aria-disabled={!sendable}>
        <SendHorizontal size={16} aria-hidden="true" />
        <span class="composer__word">{text("chat.send")}</span>
      </button>
      <ComposerHint id={`${id}-hint`} bytes={bytes} />
    </form>
  );
}

function ComposerHint({ id, bytes }: { id: string; bytes: number }) {
  const text = useText();
  const left = MAX_TEXT_BYTES - bytes;
  return (
    <p id={id} class={`composer__hint ${left < 0 ? "composer__hint--over" : ""}`}>
      {left < 0 && text("chat.too_long", { n: -left })}
      {left >= 0 && bytes >= TELL_FROM_BYTES && text("chat.bytes_left", { n: left })}
      {bytes < TELL_FROM_BYTES && text("chat.send_hint")}
    </p>
  );
}
