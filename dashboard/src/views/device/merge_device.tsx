import { useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import type { Device } from "../../state/index.ts";
import { useApp, useText } from "../app/app.ts";
import { useRefusal } from "../chat/use_refusal.ts";
import { devicePath } from "../devices/paths.ts";
import { mergeDevice } from "./devices_api.ts";
import { matching, targetsOf } from "./merging.ts";
import { SureButtons } from "./sure_buttons.tsx";

/** Makes a device part of another one that is chosen here, after it was said what that means. */
export function MergeDevice({ device }: { device: Device }) {
  const { hub } = useApp();
  const text = useText();
  const { route } = useLocation();
  const [asked, setAsked] = useState(false);
  const [search, setSearch] = useState("");
  const [into, setInto] = useState("");
  const [refused, attempt] = useRefusal();
  if (!asked) {
    return (
      <button type="button" class="button" data-testid="merge" onClick={() => setAsked(true)}>
        {text("device.merge")}
      </button>
    );
  }
  const targets = targetsOf(device, hub.devices.all());
  const offered = matching(targets, search);
  const chosen = offered.find(({ id }) => id === into);
  const sure = async () => {
    if (chosen !== undefined && (await attempt(() => mergeDevice(device.level, chosen.level)))) {
      route(devicePath(chosen.id));
    }
  };
  return (
    <fieldset class="device__forget">
      <legend>{text("device.merge_question", { device: device.name })}</legend>
      {targets.length === 0 && <p>{text("device.merge_impossible")}</p>}
      <label class="field">
        <span>{text("device.merge_search")}</span>
        <input
          class="input"
          type="search"
          value={search}
          data-testid="merge-search"
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
      </label>
      <label class="field">
        <span>{text("device.merge_into")}</span>
        <select
          class="input"
          value={chosen?.id ?? ""}
          data-testid="merge-into"
          onChange={(event) => setInto(event.currentTarget.value)}
        >
          <option value="">–</option>
          {offered.map(({ id, name }) => (
            <option key={id} value={id}>
              {name === id ? id : `${name} (${id})`}
            </option>
          ))}
        </select>
      </label>
      <SureButtons
        label={text("device.merge")}
        refused={refused}
        testId="merge-sure"
        disabled={chosen === undefined}
        onKeep={() => setAsked(false)}
        onSure={sure}
      />
    </fieldset>
  );
}
