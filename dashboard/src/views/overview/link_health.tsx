import { useEffect, useState } from "preact/hooks";
import { loadStatus, type Status } from "../app/api.ts";
import { useApp, useText } from "../app/app.ts";
import { StateMark } from "../kit/state_mark.tsx";

const ASK_EVERY_MS = 10_000;
const BEHIND_MS = 5_000;

/** Asks for the state of the hub while the page is seen; null: no answer yet, or none now. */
function useStatus(): Status | "failed" | null {
  const [status, setStatus] = useState<Status | "failed" | null>(null);
  useEffect(() => {
    const loading = new AbortController();
    const ask = () => {
      if (document.visibilityState === "hidden") return;
      loadStatus(loading.signal).then(setStatus, () => !loading.signal.aborted && setStatus("failed"));
    };
    ask();
    const timer = setInterval(ask, ASK_EVERY_MS);
    return () => {
      clearInterval(timer);
      loading.abort();
    };
  }, []);
  return status;
}

/** The links of the hub: its broker, its recorder, and this browser. */
export function LinkHealth() {
  const { hub, times } = useApp();
  const text = useText();
  const status = useStatus();
  const live = hub.link.value.phase === "live";
  return (
    <section class="overview__card card">
      <h2>{text("overview.links")}</h2>
      <ul class="overview__links">
        <LinkRow name={text("overview.browser")} good={live} />
        {status === "failed" && <li class="overview__why">{text("overview.no_status")}</li>}
        {status !== null && status !== "failed" && (
          <>
            {status.mqtt.connected !== null && (
              <LinkRow name={text("overview.mqtt")} good={status.mqtt.connected} why={status.mqtt.reason} />
            )}
            {status.recorder.lag_ms !== null && (
              <LinkRow
                name={text("overview.recorder")}
                good={status.recorder.lag_ms < BEHIND_MS}
                word={
                  status.recorder.lag_ms < BEHIND_MS
                    ? text("overview.up_to_date")
                    : text("overview.behind", { duration: times.value.interval(status.recorder.lag_ms) })
                }
              />
            )}
          </>
        )}
      </ul>
      {status !== null && status !== "failed" && (
        <p class="overview__version">{text("account.version", { version: status.version })}</p>
      )}
    </section>
  );
}

function LinkRow({ name, good, word, why }: { name: string; good: boolean; word?: string; why?: string }) {
  const text = useText();
  const words = word ?? text(good ? "overview.connected" : "overview.not_connected");
  return (
    <li class="overview__link">
      <span>{name}</span>
      <StateMark state={good ? "live" : "offline"} word={words} />
      {!good && why !== undefined && why !== "" && <span class="overview__why">{why}</span>}
    </li>
  );
}
