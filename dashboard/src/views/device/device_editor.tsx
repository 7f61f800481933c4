import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import type { Device } from "../../state/index.ts";
import { useText } from "../app/app.ts";
import "../chat/share.css";
import { useRefusal } from "../chat/use_refusal.ts";
import { Dialog } from "../kit/dialog.tsx";
import { changeDevice } from "./devices_api.ts";
import { ForgetDevice } from "./forget_device.tsx";
import { MergeDevice } from "./merge_device.tsx";

const MAX_NAME_CHARS = 80;
const MAX_LOCATION_CHARS = 200;
const MAX_NOTES_CHARS = 4000;

interface EditorProps {
  device: Device;
  onClose: () => void;
}

/** The tags of a line, by comma. */
export function tagsIn(line: string): string[] {
  return [...new Set(line.split(",").map((tag) => tag.trim()))].filter(Boolean);
}

/** Name, tags, place and notes of a device; a change by somebody else meanwhile is said, not overwritten. */
export function DeviceEditor({ device, onClose }: EditorProps) {
  const text = useText();
  const [before] = useState(device.record);
  const [form, setForm] = useState({
    name: before.name,
    tags: before.tags.join(", "),
    location: before.location,
    notes: before.notes,
    zone: before.zone,
    interval: before.interval_s === null ? "" : String(before.interval_s),
  });
  const [refused, attempt] = useRefusal();
  const write = (change: Partial<typeof form>) => setForm({ ...form, ...change });
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const { name, location, notes } = form;
    const zone = form.zone.trim();
    const interval_s = form.interval.trim() === "" ? null : Number(form.interval);
    const change = { name, location, notes, tags: tagsIn(form.tags), interval_s, zone };
    if (await attempt(() => changeDevice(device.level, change, before.version))) onClose();
  };
  const input = (name: "name" | "tags" | "location" | "interval" | "zone", id: string, most: number) => (
    <input
      id={id}
      class="input"
      value={form[name]}
      maxLength={most}
      autocomplete="off"
      {...(name === "interval" && { inputMode: "decimal" as const })}
      data-testid={`device-${name}`}
      onInput={(event) => write({ [name]: event.currentTarget.value })}
    />
  );
  return (
    <Dialog title={text("device.edit_title", { device: device.name })} onClose={onClose}>
      <form class="chat-form" onSubmit={submit}>
        <Field label={text("device.name")} hint={text("device.name_hint", { name: device.ownName })}>
          {(id) => input("name", id, MAX_NAME_CHARS)}
        </Field>
        <Field label={text("device.tags")} hint={text("device.tags_hint")}>
          {(id) => input("tags", id, MAX_NOTES_CHARS)}
        </Field>
        <Field label={text("device.location")}>{(id) => input("location", id, MAX_LOCATION_CHARS)}</Field>
        <Field label={text("device.expected")} hint={text("device.expected_hint")}>
          {(id) => input("interval", id, MAX_NAME_CHARS)}
        </Field>
        <Field label={text("device.zone")} hint={text("device.zone_hint", { example: "Europe/Berlin" })}>
          {(id) => input("zone", id, MAX_NAME_CHARS)}
        </Field>
        <Field label={text("device.notes")}>
          {(id) => (
            <textarea
              id={id}
              class="input"
              rows={3}
              maxLength={MAX_NOTES_CHARS}
              value={form.notes}
              data-testid="device-notes"
              onInput={(event) => write({ notes: event.currentTarget.value })}
            />
          )}
        </Field>
        {refused !== "" && (
          <p class="notice notice--error" role="alert">
            {refused}
          </p>
        )}
        <div class="chat-form__buttons">
          <ForgetDevice device={device} />
          {before.mergedInto === null && <MergeDevice device={device} />}
          <button type="submit" class="button button--primary" data-testid="save-device">
            {text("device.save")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface FieldProps {
  label: string;
  hint?: string;
  children: (id: string) => ComponentChildren;
}

function Field({ label, hint, children }: FieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children(id)}
      {hint !== undefined && <span class="field__hint">{hint}</span>}
    </div>
  );
}
