import { useEffect, useState } from "preact/hooks";
import { ApiError, loadMoment, type MomentAnswer } from "../app/api.ts";
import type { At } from "./window.ts";

/** What is known of a moment that was asked for. */
export type AskedMoment =
  | { state: "loading" }
  | { state: "failed"; reason: string; retry: () => void }
  | ({ state: "ready" } & MomentAnswer);

/** When a moment was, and what the device had told by then; null without one. */
export function useMoment(device: string, at: At | null): AskedMoment | null {
  // What was shown to somebody is found by its time even when the log no longer reaches back to its position.
  const wanted = at === null ? null : String(at.time ?? at.position);
  const [tries, setTries] = useState(0);
  const [moment, setMoment] = useState<AskedMoment>({ state: "loading" });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another try asks again
  useEffect(() => {
    if (wanted === null) return;
    const loading = new AbortController();
    setMoment({ state: "loading" });
    loadMoment(wanted, device, loading.signal).then(
      (answer) => loading.signal.aborted || setMoment({ state: "ready", ...answer }),
      (error) => {
        if (loading.signal.aborted) return;
        const reason = error instanceof ApiError ? error.name : "internal";
        setMoment({ state: "failed", reason, retry: () => setTries((before) => before + 1) });
      },
    );
    return () => loading.abort();
  }, [device, wanted, tries]);
  return wanted === null ? null : moment;
}
