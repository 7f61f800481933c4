import type { Device } from "../../state/index.ts";
import { useApp, useText } from "../app/app.ts";
import { useRefusal } from "../chat/use_refusal.ts";
import { devicePath } from "../devices/paths.ts";
import { mergeDevice } from "./devices_api.ts";
import { partsOf } from "./merging.ts";

/** What the device is part of, or what is part of it, with a way to part them again; nothing where it stands alone. */
export function DeviceParts({ device }: { device: Device }) {
  const { hub, session } = useApp();
  const text = useText();
  const [refused, attempt] = useRefusal();
  // Who is part of whom may change while the page is open.
  void hub.fleet.value;
  const level = device.record.mergedInto;
  const whole = level === null ? undefined : [...hub.devices.all()].find((one) => one.level === level);
  const parts = partsOf(device, hub.devices.all());
  if (level === null && parts.length === 0) return null;
  const mayChange = session.me.value?.role !== "viewer";
  const part = (one: Device) => (
    <button
      type="button"
      class="button button--link"
      data-testid="part"
      aria-label={text("device.part_of", { device: one.name })}
      onClick={() => attempt(() => mergeDevice(one.level, null))}
    >
      {text("device.part")}
    </button>
  );
  return (
    <div class="device__parts" data-testid="parts">
      {level !== null && (
        <p>
          {text("device.merged")} <a href={devicePath(whole?.id ?? level)}>{whole?.name ?? level}</a>{" "}
          {mayChange && part(device)}
        </p>
      )}
      {parts.length > 0 && (
        <p>
          {text("device.parts")}{" "}
          {parts.map((one) => (
            <span key={one.id}>
              <a href={devicePath(one.id)}>{one.name}</a> {mayChange && part(one)}{" "}
            </span>
          ))}
        </p>
      )}
      {refused !== "" && (
        <p class="notice notice--error" role="alert">
          {refused}
        </p>
      )}
    </div>
  );
}
