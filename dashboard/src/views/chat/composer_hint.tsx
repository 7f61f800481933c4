import { useText } from "../app/app.ts";
import { MAX_TEXT_BYTES, TELL_FROM_BYTES } from "./limits.ts";

/** How the field is used, and how much of a message is left when it grows long. */
export function ComposerHint({ id, bytes }: { id: string; bytes: number }) {
  const text = useText();
  const left = MAX_TEXT_BYTES - bytes;
  return (
    <p id={id} class={`composer__hint ${left < 0 ? "composer__hint--over" : ""}`}>
      {left < 0 && text("chat.too_long", { n: -left })}
      {left >= 0 && bytes >= TELL_FROM_BYTES && text("chat.bytes_left", { n: left })}
      {bytes < TELL_FROM_BYTES && text("chat.send_hint")}
    </p>
  );
}
