import { useApp, useText } from "../app/app.ts";
import { MessageText } from "./message_text.tsx";
import { MomentChip } from "./moment_chip.tsx";
import type { Unsent } from "./outbox.ts";

/** A message of this person that the hub does not have yet, with what can be done about it. */
export function UnsentMessage({ item }: { item: Unsent }) {
  const { outbox, session, language } = useApp();
  const text = useText();
  const why = () => {
    if (item.state === "sending") return text("chat.sending");
    if (item.state === "waiting") return text("chat.waiting");
    if (item.state === "unknown") return text("chat.unknown");
    const reason = language.value.textOf(`error.${item.reason}`);
    return reason === null ? text("chat.unsent") : text("chat.unsent_why", { reason });
  };
  return (
    <article class="message message--unsent" data-testid="unsent" data-state={item.state}>
      <header class="message__header">
        <strong class="message__author">{session.me.value?.user}</strong>
      </header>
      <div class="message__body">
        <MessageText text={item.text} />
        {item.moment !== undefined && <MomentChip moment={item.moment} />}
      </div>
      <footer class="message__unsent" role="status">
        <span>{why()}</span>
        {item.state !== "sending" && (
          <>
            <button type="button" class="button button--link" onClick={() => void outbox.retry(item.id)}>
              {text("chat.retry")}
            </button>
            <button type="button" class="button button--link" onClick={() => outbox.delete(item.id)}>
              {text("chat.delete")}
            </button>
          </>
        )}
      </footer>
    </article>
  );
}
