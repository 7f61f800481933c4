import { useId, useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { toLevel } from "../../client/index.ts";
import { useApp, useText } from "../app/app.ts";
import { isRoomName, MAX_NAME_CHARS, MAX_TOPIC_CHARS } from "./limits.ts";
import { namesIn } from "./names.ts";
import { roomPath } from "./paths.ts";
import { makeRoom } from "./rooms_api.ts";
import { useRefusal } from "./use_refusal.ts";

/** Makes a room: its name, what it is about, and where it is private who is in it. */
export function NewRoom({ onDone }: { onDone?: () => void }) {
  const { session } = useApp();
  const text = useText();
  if (session.me.value?.role === "viewer") {
    return <p class="rooms__hint">{text("error.permission", { role: text("role.operator") })}</p>;
  }
  return <Form onDone={onDone} />;
}

function Form({ onDone }: { onDone: (() => void) | undefined }) {
  const { hub } = useApp();
  const text = useText();
  const id = useId();
  const { route } = useLocation();
  const [form, setForm] = useState({ name: "", topic: "", members: "", isPrivate: false });
  const [refused, attempt] = useRefusal();
  const own = form.name.trim().replace(/^[#~]\s*/, "");
  const valid = isRoomName(own);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (!valid) return;
    const name = form.isPrivate ? `~${own}` : own;
    const members = form.isPrivate ? namesIn(form.members, hub.chat.rooms.everybody()) : [];
    const room = { room: toLevel(name), topic: form.topic.trim(), ...(members.length > 0 && { members }) };
    if (!(await attempt(() => makeRoom(room)))) return;
    onDone?.();
    route(roomPath(name));
  };
  const write = (change: Partial<typeof form>) => setForm({ ...form, ...change });
  return (
    <form class="rooms__new" onSubmit={submit}>
      <Field
        id={`${id}-name`}
        label={text("chat.room_name")}
        value={form.name}
        max={MAX_NAME_CHARS}
        testId="room-name"
        onInput={(name) => write({ name })}
      />
      <Field
        id={`${id}-topic`}
        label={text("chat.topic")}
        value={form.topic}
        max={MAX_TOPIC_CHARS}
        testId="new-topic"
        onInput={(topic) => write({ topic })}
      />
      <label class="check">
        <input
          type="checkbox"
          checked={form.isPrivate}
          data-testid="private"
          onChange={(event) => write({ isPrivate: event.currentTarget.checked })}
        />
        {text("chat.make_private")}
      </label>
      {form.isPrivate && (
        <Field
          id={`${id}-members`}
          label={text("chat.members")}
          value={form.members}
          hint={text("chat.members_hint")}
          testId="new-members"
          onInput={(members) => write({ members })}
        />
      )}
      {refused !== "" && (
        <p class="notice notice--error" role="alert">
          {refused}
        </p>
      )}
      <button type="submit" class="button button--primary" aria-disabled={!valid} data-testid="make-room">
        {text("chat.make_room")}
      </button>
    </form>
  );
}

interface FieldProps {
  id: string;
  label: string;
  value: string;
  testId: string;
  max?: number;
  hint?: string;
  onInput: (value: string) => void;
}

function Field({ id, label, value, testId, max, hint, onInput }: FieldProps) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        class="input"
        value={value}
        autocomplete="off"
        {...(max !== undefined && { maxLength: max })}
        {...(hint !== undefined && { "aria-describedby": `${id}-hint` })}
        data-testid={testId}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      {hint !== undefined && (
        <span id={`${id}-hint`} class="field__hint">
          {hint}
        </span>
      )}
    </div>
  );
}
