import { Pencil } from "lucide-preact";
import { useState } from "preact/hooks";
import type { Device } from "../../state/index.ts";
import { useApp, useText } from "../app/app.ts";
import { DeviceEditor } from "./device_editor.tsx";

/** Opens what people say of a device, for those who may change it. */
export function EditButton({ device }: { device: Device }) {
  const { session } = useApp();
  const text = useText();
  const [open, setOpen] = useState(false);
  if (session.me.value?.role === "viewer") return null;
  return (
    <>
      <button type="button" class="button" data-testid="edit-device" onClick={() => setOpen(true)}>
        <Pencil size={16} aria-hidden="true" />
        {text("device.edit")}
      </button>
      {open && <DeviceEditor device={device} onClose={() => setOpen(false)} />}
    </>
  );
}
