import type { ReadonlySignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { type Slot, TextCell } from "../../paint/live_text.ts";
import { useApp } from "../app/app.ts";

/**
 * Texts that follow a slot, as signals to be put into JSX: a change writes text nodes and attributes, and renders
 * nothing. `write` gets the time by the hub's clock.
 */
export function useCell<Name extends string>(
  slot: Slot,
  write: (time: number) => Readonly<Record<Name, string>>,
): Readonly<Record<Name, ReadonlySignal<string>>> {
  const { cells, hub } = useApp();
  const latest = useRef(write);
  latest.current = write;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another slot needs another cell
  const cell = useMemo(() => new TextCell((time) => latest.current(time), hub.time.now()), [hub, slot]);
  useEffect(() => {
    cell.update(hub.time.now());
    return cells.follow(slot, cell);
  }, [cell, cells, hub, slot]);
  return cell.texts;
}
