import { RadioTower, SearchX } from "lucide-preact";
import { useEffect, useState } from "preact/hooks";
import { loadStatus } from "../app/api.ts";
import { useText } from "../app/app.ts";
import { EmptyState } from "../kit/empty_state.tsx";
import type { DeviceQuery } from "./query.ts";

/** A command that puts a first device on the screen. */
function publishCommand(url: string): string {
  let host = "127.0.0.1";
  let port = "1883";
  try {
    const broker = new URL(url);
    host = broker.hostname || host;
    port = broker.port || (broker.protocol === "mqtts:" ? "8883" : port);
  } catch {
    // Not a URL: the usual place of a broker is the best guess.
  }
  return `mosquitto_pub -h ${host} -p ${port} -t devices/kitchen/telemetry -m '{"temperature": 21.5}'`;
}

/** No device yet: how to make the first appear. */
export function NoDevices() {
  const text = useText();
  const [url, setUrl] = useState("mqtt://127.0.0.1:1883");
  useEffect(() => {
    const loading = new AbortController();
    loadStatus(loading.signal).then(
      (status) => setUrl(status.mqtt.url),
      () => undefined,
    );
    return () => loading.abort();
  }, []);
  return (
    <EmptyState icon={RadioTower} title={text("empty.devices")}>
      <p>{text("empty.devices_why", { url })}</p>
      <pre>{publishCommand(url)}</pre>
    </EmptyState>
  );
}

/** Nothing is selected: what was asked for, and the way back. */
export function FilteredEmpty({ query, onClear }: { query: DeviceQuery; onClear: () => void }) {
  const text = useText();
  const title = query.q === "" ? text("empty.filter") : text("empty.search", { query: query.q });
  return (
    <EmptyState icon={SearchX} title={title}>
      <button type="button" class="button" onClick={onClear}>
        {text("empty.clear")}
      </button>
    </EmptyState>
  );
}

/** Rows that are coming, of their final size. */
export function RowSkeletons() {
  const text = useText();
  return (
    <div class="devices__skeletons" role="status">
      <span class="visually-hidden">{text("app.loading")}</span>
      {Array.from({ length: 8 }, (_, i) => (
        <div key={i} class="skeleton devices__skeleton" />
      ))}
    </div>
  );
}
