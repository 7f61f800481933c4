import { useEffect, useState } from "preact/hooks";
import { fromLevel } from "../../state/index.ts";
import { useApp, useText } from "../app/app.ts";
import { useRefusal } from "../chat/use_refusal.ts";
import { changeDevice } from "../device/devices_api.ts";
import { type Waiting, waitingOf } from "./waiting.ts";

const FILTERS = ["$quarantine/+"];

/** Devices that wait until an operator approves them; nothing where there are none. */
export function Quarantine() {
  const { session } = useApp();
  return session.me.value === null || session.me.value.role === "viewer" ? null : <Held />;
}

function Held() {
  const { hub } = useApp();
  const text = useText();
  const [held, setHeld] = useState<ReadonlyMap<string, Waiting>>(new Map());
  const [refused, attempt] = useRefusal();
  // Who was approved or refused, by anybody, waits no more.
  void hub.fleet.value;
  useEffect(() => {
    const events = (list: Parameters<typeof waitingOf>[1]) => setHeld((before) => waitingOf(before, list));
    const subscription = hub.connection.subscribe(FILTERS, { events }, { snapshot: true });
    return () => subscription.close();
  }, [hub]);
  const waiting = [...held].filter(([level]) => hub.devices.record(fromLevel(level)).approved === null);
  if (waiting.length === 0) return null;
  const decide = (level: string, approved: boolean) => attempt(() => changeDevice(level, { approved }));
  return (
    <section class="devices__quarantine card" aria-label={text("quarantine.title")}>
      <h2>{text("quarantine.title")}</h2>
      {refused !== "" && (
        <p class="notice notice--error" role="alert">
          {refused}
        </p>
      )}
      <ul>
        {waiting.map(([level, { family, messages, sample }]) => (
          <li key={level} data-quarantined={fromLevel(level)}>
            <strong>{fromLevel(level)}</strong> <span class="devices__family">{family}</span>{" "}
            <span>{text("quarantine.messages", { n: messages })}</span> <code>{sample}</code>
            <button type="button" class="button button--primary" onClick={() => decide(level, true)}>
              {text("quarantine.approve")}
            </button>
            <button type="button" class="button" onClick={() => decide(level, false)}>
              {text("quarantine.refuse")}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
