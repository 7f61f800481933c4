import { useText } from "../app/app.ts";
import type { Completion } from "./use_completion.ts";

/** What fits what is being typed; the field keeps the focus. */
export function CompletionList({ id, completion }: { id: string; completion: Completion }) {
  const text = useText();
  const { offers, chosen, take } = completion;
  if (offers.length === 0) return null;
  return (
    <div id={id} class="completion" role="listbox" aria-label={text("chat.completion")} data-testid="completion">
      {offers.map((offer, i) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: keys go to the field
        // biome-ignore lint/a11y/useFocusableInteractive: the field keeps the focus and says which one is chosen
        <div
          key={offer.label}
          id={`${id}-${i}`}
          class="completion__name"
          role="option"
          aria-selected={i === chosen}
          // The field would lose the focus, and with it the list.
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => take(offer)}
        >
          {offer.label}
        </div>
      ))}
    </div>
  );
}
