import { useEffect, useRef, useState } from "preact/hooks";
import type { ChatMessage } from "../../state/index.ts";
import { useApp, useText } from "../app/app.ts";
import { byteLength, MAX_TEXT_BYTES } from "./limits.ts";
import { useRefusal } from "./use_refusal.ts";

interface EditorProps {
  room: string;
  message: ChatMessage;
  onDone: () => void;
}

/** An own message being changed, in its place: Enter saves, Esc leaves it as it was. */
export function MessageEditor({ room, message, onDone }: EditorProps) {
  const { hub } = useApp();
  const text = useText();
  const field = useRef<HTMLTextAreaElement>(null);
  const [draft, setDraft] = useState(message.text);
  const [refused, attempt] = useRefusal();
  useEffect(() => field.current?.focus(), []);
  const fits = draft.trim() !== "" && byteLength(draft) <= MAX_TEXT_BYTES;
  const save = async () => {
    if (!fits) return;
    const said = draft.trim();
    if (said === message.text || (await attempt(() => hub.chat.edit({ room, message: message.id, text: said }))))
      onDone();
  };
  return (
    <form
      class="editor"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <textarea
        ref={field}
        class="input"
        rows={Math.min(8, draft.split("\n").length)}
        value={draft}
        aria-label={text("chat.edit")}
        aria-invalid={!fits}
        data-testid="editor"
        onInput={(event) => setDraft(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.isComposing || (event.key !== "Escape" && (event.key !== "Enter" || event.shiftKey))) return;
          event.preventDefault();
          event.stopPropagation();
          if (event.key === "Escape") onDone();
          else void save();
        }}
      />
      <div class="editor__buttons">
        <button type="submit" class="button button--primary" aria-disabled={!fits}>
          {text("chat.save")}
        </button>
        <button type="button" class="button" onClick={onDone}>
          {text("chat.cancel")}
        </button>
        {refused !== "" && (
          <span class="editor__refused" role="alert">
            {refused}
          </span>
        )}
      </div>
    </form>
  );
}
