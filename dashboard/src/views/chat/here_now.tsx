import { useEffect, useState } from "preact/hooks";
import type { Member } from "../../client/index.ts";
import { useApp, useText } from "../app/app.ts";
import { roomTopic } from "./limits.ts";

/** Who is in a room just now, and on how many tabs; asked anew when it is opened. */
export function HereNow({ room }: { room: string }) {
  const { hub, times } = useApp();
  const text = useText();
  const [members, setMembers] = useState<readonly Member[]>([]);
  useEffect(() => {
    let wanted = true;
    hub.connection.presence(roomTopic(room)).then(
      (present) => wanted && setMembers(present.members),
      // Without an answer nobody is named.
      () => undefined,
    );
    return () => {
      wanted = false;
    };
  }, [hub, room]);
  return (
    <section class="chat-form__part">
      <h3>{text("chat.here")}</h3>
      <ul class="people" data-testid="here-now">
        {members.map(({ user, sessions, since }) => (
          <li key={user} class="people__one">
            <span class="people__dot" aria-hidden="true" />
            <span class="people__name">{user}</span>
            <span class="people__more">
              {text("chat.tabs", { n: sessions })} ·{" "}
              {text("chat.since", { time: times.value.at(since, hub.time.now()) })}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
