import { useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import type { Device } from "../../state/index.ts";
import { useText } from "../app/app.ts";
import { useRefusal } from "../chat/use_refusal.ts";
import { forgetDevice } from "./devices_api.ts";
import { SureButtons } from "./sure_buttons.tsx";

/** Forgets a device after a second click, perhaps with its history: that can't be taken back. */
export function ForgetDevice({ device }: { device: Device }) {
  const text = useText();
  const { route } = useLocation();
  const [asked, setAsked] = useState(false);
  const [history, setHistory] = useState(false);
  const [refused, attempt] = useRefusal();
  if (!asked) {
    return (
      <button type="button" class="button button--danger" data-testid="forget" onClick={() => setAsked(true)}>
        {text("device.forget")}
      </button>
    );
  }
  const sure = async () => {
    if (await attempt(() => forgetDevice(device.level, { history }))) route("/devices");
  };
  return (
    <fieldset class="device__forget">
      <legend>{text("device.forget_question", { device: device.name })}</legend>
      <label class="check">
        <input type="checkbox" checked={history} onChange={(event) => setHistory(event.currentTarget.checked)} />
        {text("device.forget_history")}
      </label>
      <SureButtons
        label={text("device.forget")}
        refused={refused}
        testId="forget-sure"
        onKeep={() => setAsked(false)}
        onSure={sure}
      />
    </fieldset>
  );
}
