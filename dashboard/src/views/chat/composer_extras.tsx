import { Activity, Reply, X } from "lucide-preact";
import type { ComponentChildren } from "preact";
import { useApp, useText } from "../app/app.ts";
import type { Extras } from "./composer.tsx";
import { oneLine } from "./quote.tsx";

interface ExtrasProps {
  extras: Extras;
  onExtras: (extras: Extras) => void;
}

/** What goes with the message: the one it answers, and the moment it points at. */
export function ComposerExtras({ extras, onExtras }: ExtrasProps) {
  const { hub } = useApp();
  const text = useText();
  const { reply, moment } = extras;
  if (reply === null && moment === null) return null;
  return (
    <div class="composer__extras">
      {reply !== null && (
        <Extra testId="replying" onRemove={() => onExtras({ ...extras, reply: null })}>
          <Reply size={14} aria-hidden="true" />
          <span>{text("chat.replying", { user: reply.author })}</span>
          <span class="quote__text" dir="auto">
            {oneLine(reply)}
          </span>
        </Extra>
      )}
      {moment !== null && (
        <Extra testId="attached" onRemove={() => onExtras({ ...extras, moment: null })}>
          <Activity size={14} aria-hidden="true" />
          <span>{hub.devices.get(moment.device)?.name ?? moment.device}</span>
          <span>{text("chat.moment")}</span>
        </Extra>
      )}
    </div>
  );
}

function Extra({ testId, onRemove, children }: { testId: string; onRemove: () => void; children: ComponentChildren }) {
  const text = useText();
  return (
    <div class="composer__extra" data-testid={testId}>
      {children}
      <button
        type="button"
        class="button button--quiet button--icon"
        aria-label={text("chat.take_off")}
        title={text("chat.take_off")}
        onClick={onRemove}
      >
        <X size={14} aria-hidden="true" />
      </button>
    </div>
  );
}
