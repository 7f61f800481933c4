import type { ChatMessage } from "../../state/index.ts";
import { useApp, useText } from "../app/app.ts";
import { Dialog } from "../kit/dialog.tsx";
import { oneLine } from "./quote.tsx";
import { useRefusal } from "./use_refusal.ts";

interface DeleteProps {
  room: string;
  message: ChatMessage;
  onClose: () => void;
}

/** Asks before a message is deleted: it can't be taken back. */
export function DeleteDialog({ room, message, onClose }: DeleteProps) {
  const { hub } = useApp();
  const text = useText();
  const [refused, attempt] = useRefusal();
  const sure = async () => {
    if (await attempt(() => hub.chat.delete(room, message))) onClose();
  };
  return (
    <Dialog title={text("chat.delete_question")} onClose={onClose}>
      <div class="chat-form">
        <blockquote class="chat-form__quote" dir="auto">
          <strong>{message.author}</strong> {oneLine(message)}
        </blockquote>
        {refused !== "" && (
          <p class="notice notice--error" role="alert">
            {refused}
          </p>
        )}
        <div class="chat-form__buttons">
          <button type="button" class="button" autofocus onClick={onClose}>
            {text("chat.keep")}
          </button>
          <button type="button" class="button button--danger" onClick={sure}>
            {text("chat.delete")}
          </button>
        </div>
      </div>
    </Dialog>
  );
}
