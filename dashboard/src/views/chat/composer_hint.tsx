import { useText } from "../app/app.ts";
import { MAX_TEXT_BYTES, TELL_FROM_BYTES } from "./limits.ts";

interface HintProps {
  id: string;
  bytes: number;
  /** Why a command was not done; empty where there is nothing to say. */
  note: string;
}

/** How the field is used, how much of a message is left when it grows long, and why a command was not done. */
export function ComposerHint({ id, bytes, note }: HintProps) {
  const text = useText();
  const left = MAX_TEXT_BYTES - bytes;
  if (note !== "") {
    return (
      <p id={id} class="composer__hint composer__hint--over" role="alert" data-testid="composer-note">
        {note}
      </p>
    );
  }
  return (
    <p id={id} class={`composer__hint ${left < 0 ? "composer__hint--over" : ""}`}>
      {left < 0 && text("chat.too_long", { n: -left })}
      {left >= 0 && bytes >= TELL_FROM_BYTES && text("chat.bytes_left", { n: left })}
      {bytes < TELL_FROM_BYTES && text("chat.send_hint")}
    </p>
  );
}
