import { useId, useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import type { Moment } from "../../state/index.ts";
import { useApp, useText } from "../app/app.ts";
import { Dialog } from "../kit/dialog.tsx";
import { byteLength, MAX_TEXT_BYTES } from "./limits.ts";
import { roomPath, roomTitle } from "./paths.ts";

interface ShareProps {
  moment: Moment;
  /** What the message says at first. */
  about: string;
  onClose: () => void;
}

/** Sends a link to a moment to a room, and goes there. */
export function ShareDialog({ moment, about, onClose }: ShareProps) {
  const { hub, outbox } = useApp();
  const text = useText();
  const id = useId();
  const { route } = useLocation();
  const rooms = hub.chat.rooms.rooms().filter(({ facts }) => !facts.archived);
  const [room, setRoom] = useState(rooms[0]?.id ?? "");
  const [said, setSaid] = useState(about);
  const sendable = room !== "" && said.trim() !== "" && byteLength(said) <= MAX_TEXT_BYTES;
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    if (!sendable) return;
    void outbox.write(room, { text: said.trim(), moment }, Date.now());
    onClose();
    route(roomPath(room));
  };
  return (
    <Dialog title={text("chat.share")} onClose={onClose}>
      <form class="chat-form" onSubmit={send}>
        <div class="field">
          <label for={`${id}-room`}>{text("chat.share_room")}</label>
          <select
            id={`${id}-room`}
            class="input"
            value={room}
            data-testid="share-room"
            onChange={(event) => setRoom(event.currentTarget.value)}
          >
            {rooms.map((one) => (
              <option key={one.id} value={one.id}>
                {one.facts.title || roomTitle(one.id)}
              </option>
            ))}
          </select>
          {rooms.length === 0 && <span class="field__hint">{text("chat.no_rooms")}</span>}
        </div>
        <div class="field">
          <label for={`${id}-text`}>{text("chat.share_text")}</label>
          <textarea
            id={`${id}-text`}
            class="input"
            rows={3}
            value={said}
            data-testid="share-text"
            onInput={(event) => setSaid(event.currentTarget.value)}
          />
        </div>
        <div class="chat-form__buttons">
          <button type="submit" class="button button--primary" aria-disabled={!sendable} data-testid="share-send">
            {text("chat.send")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
