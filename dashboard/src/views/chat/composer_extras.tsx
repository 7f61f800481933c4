import { X } from "lucide-preact";
import type { Moment } from "../../state/index.ts";
import { useText } from "../app/app.ts";
import { MomentWords } from "./moment_chip.tsx";

/** The moment that goes with the message. */
export function ComposerExtras({ moment, onRemove }: { moment: Moment | null; onRemove: () => void }) {
  const text = useText();
  if (moment === null) return null;
  return (
    <div class="composer__extras">
      <div class="composer__extra" data-testid="attached">
        <MomentWords moment={moment} />
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
    </div>
  );
}
