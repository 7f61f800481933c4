import { useId, useState } from "preact/hooks";
import type { Room } from "../../state/index.ts";
import { useApp, useText } from "../app/app.ts";
import { MAX_TITLE_CHARS, MAX_TOPIC_CHARS } from "./limits.ts";
import { changeRoom } from "./rooms_api.ts";
import { useRefusal } from "./use_refusal.ts";

interface AboutProps {
  room: Room;
  /** Whether this user may change what the room is about. */
  writes: boolean;
  /** Whether this user may archive it. */
  owns: boolean;
}

/** Title and topic text of a room, and whether it is archived. */
export function RoomAbout({ room: { level, facts }, writes, owns }: AboutProps) {
  const { times } = useApp();
  const text = useText();
  const id = useId();
  const [title, setTitle] = useState(facts.title);
  const [topic, setTopic] = useState(facts.topic);
  const [refused, attempt] = useRefusal();
  const changed = title !== facts.title || topic !== facts.topic;
  const save = (event: SubmitEvent) => {
    event.preventDefault();
    if (changed) void attempt(() => changeRoom(level, { title: title.trim(), topic: topic.trim() }));
  };
  return (
    <form class="chat-form__part" onSubmit={save}>
      {facts.createdBy !== "" && (
        <p class="field__hint">
          {text("chat.made_by", { user: facts.createdBy, time: times.value.day(facts.created) })}
        </p>
      )}
      <div class="field">
        <label for={`${id}-title`}>{text("chat.title")}</label>
        <input
          id={`${id}-title`}
          class="input"
          value={title}
          maxLength={MAX_TITLE_CHARS}
          readOnly={!writes}
          onInput={(event) => setTitle(event.currentTarget.value)}
        />
      </div>
      <div class="field">
        <label for={`${id}-topic`}>{text("chat.topic")}</label>
        <textarea
          id={`${id}-topic`}
          class="input"
          rows={2}
          value={topic}
          maxLength={MAX_TOPIC_CHARS}
          readOnly={!writes}
          data-testid="room-topic"
          onInput={(event) => setTopic(event.currentTarget.value)}
        />
      </div>
      {refused !== "" && (
        <p class="notice notice--error" role="alert">
          {refused}
        </p>
      )}
      <div class="chat-form__buttons">
        {owns && (
          <button
            type="button"
            class="button"
            onClick={() => void attempt(() => changeRoom(level, { archived: !facts.archived }))}
          >
            {text(facts.archived ? "chat.unarchive" : "chat.archive")}
          </button>
        )}
        {writes && (
          <button type="submit" class="button button--primary" aria-disabled={!changed}>
            {text("chat.save")}
          </button>
        )}
      </div>
    </form>
  );
}
