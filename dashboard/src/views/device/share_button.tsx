import { MessageSquareShare } from "lucide-preact";
import { useState } from "preact/hooks";
import type { Device, Moment } from "../../state/index.ts";
import { useApp, useText } from "../app/app.ts";
import { ShareDialog } from "../chat/share_dialog.tsx";
import "../chat/share.css";
import { headline } from "../kit/headline.ts";

const MAX_TOLD = 3;

/** Sends what the device shows at this moment to a chat room. */
export function ShareButton({ device }: { device: Device }) {
  const app = useApp();
  const text = useText();
  const [shared, setShared] = useState<{ moment: Moment; about: string } | null>(null);
  if (app.session.me.value?.role === "viewer") return null;
  const open = () => {
    const { position } = app.hub.connection;
    const moment = { device: device.level, time: Math.round(app.hub.time.now()) };
    if (position !== null) setShared({ moment: { ...moment, position }, about: told(device) });
  };
  return (
    <>
      <button type="button" class="button device__share" data-testid="share" onClick={open}>
        <MessageSquareShare size={16} aria-hidden="true" />
        {text("chat.share")}
      </button>
      {shared !== null && <ShareDialog {...shared} onClose={() => setShared(null)} />}
    </>
  );
}

/** The first values of a device in a line, so that who reads it need not open it. */
function told(device: Device): string {
  const values = headline([...device.keys.values()])
    .slice(0, MAX_TOLD)
    .map(({ key, value }) => `${key} ${value}${device.units[key] ? ` ${device.units[key]}` : ""}`);
  return `${device.name}: ${values.join(", ")}`;
}
