import type { ReadonlySignal } from "@preact/signals";
import { CircleDashed, ClockAlert, Rewind, Unlink, WifiOff } from "lucide-preact";

const SHAPES = {
  stale: ClockAlert,
  offline: WifiOff,
  gap: Unlink,
  replaying: Rewind,
  none: CircleDashed,
  unknown: CircleDashed,
};

interface StateMarkProps {
  state: string;
  /** The word beside the shape; where there is no room, it is only spoken. */
  word: string | ReadonlySignal<string>;
  quiet?: boolean;
}

/** The shape and word of a state; never colour alone. */
export function StateMark({ state, word, quiet = false }: StateMarkProps) {
  const Shape = SHAPES[state as keyof typeof SHAPES];
  return (
    <span class="state-mark" data-state={state} title={quiet ? word : undefined}>
      {Shape ? <Shape size={14} aria-hidden="true" /> : <span class="state-mark__dot" aria-hidden="true" />}
      <span class={quiet ? "visually-hidden" : undefined}>{word}</span>
    </span>
  );
}
