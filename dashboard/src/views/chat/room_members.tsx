import { X } from "lucide-preact";
import { useId, useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import type { Room } from "../../state/index.ts";
import { useApp, useText } from "../app/app.ts";
import { namesIn } from "./names.ts";
import { invite, removeMember } from "./rooms_api.ts";
import { useRefusal } from "./use_refusal.ts";

interface MembersProps {
  room: Room;
  /** Whether this user may add members. */
  writes: boolean;
  /** Whether this user may remove others. */
  owns: boolean;
  onLeft: () => void;
}

/** The members of a private room: who is one may add others, and leave. */
export function RoomMembers({ room, writes, owns, onLeft }: MembersProps) {
  const { session, hub } = useApp();
  const text = useText();
  // The room is changed in place: it is followed here.
  void hub.chat.changed.value;
  const { level, facts } = room;
  const { route } = useLocation();
  const [refused, attempt] = useRefusal();
  const me = session.me.value?.user ?? "";
  const leave = async () => {
    if (!(await attempt(() => removeMember(level, me)))) return;
    onLeft();
    route("/chat");
  };
  return (
    <section class="chat-form__part">
      <h3>{text("chat.members")}</h3>
      <ul class="people" data-testid="members">
        {facts.members.map((user) => (
          <li key={user} class="people__one">
            <span class="people__name">{user}</span>
            {owns && user !== me && (
              <button
                type="button"
                class="button button--quiet button--icon"
                aria-label={text("chat.remove_member", { user })}
                title={text("chat.remove_member", { user })}
                onClick={() => void attempt(() => removeMember(level, user))}
              >
                <X size={14} aria-hidden="true" />
              </button>
            )}
          </li>
        ))}
      </ul>
      {writes && <AddMember onAdd={(users) => attempt(() => invite(level, users))} />}
      {refused !== "" && (
        <p class="notice notice--error" role="alert">
          {refused}
        </p>
      )}
      <div class="chat-form__buttons">
        <button type="button" class="button button--danger" onClick={leave} data-testid="leave-room">
          {text("chat.leave")}
        </button>
      </div>
    </section>
  );
}

function AddMember({ onAdd }: { onAdd: (users: string[]) => Promise<boolean> }) {
  const { hub } = useApp();
  const text = useText();
  const id = useId();
  const [names, setNames] = useState("");
  const add = async (event: SubmitEvent) => {
    event.preventDefault();
    const users = namesIn(names, hub.chat.rooms.everybody());
    if (users.length > 0 && (await onAdd(users))) setNames("");
  };
  return (
    <form class="field" onSubmit={add}>
      <label for={id}>{text("chat.add_members")}</label>
      <div class="rooms__name-row">
        <input
          id={id}
          class="input"
          value={names}
          autocomplete="off"
          data-testid="add-member"
          onInput={(event) => setNames(event.currentTarget.value)}
        />
        <button type="submit" class="button" aria-disabled={names.trim() === ""}>
          {text("chat.add")}
        </button>
      </div>
      <span class="field__hint">{text("chat.add_members_hint")}</span>
    </form>
  );
}
