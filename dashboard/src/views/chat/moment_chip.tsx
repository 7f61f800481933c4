import { Activity } from "lucide-preact";
import type { Moment } from "../../state/index.ts";
import { useApp, useText } from "../app/app.ts";
import { momentPath } from "./moment.ts";

/** The device a message is about: it opens as it was then. */
export function MomentChip({ moment }: { moment: Moment }) {
  const { hub } = useApp();
  const text = useText();
  const device = hub.devices.get(moment.device)?.name ?? moment.device;
  return (
    <a class="moment" href={momentPath(moment)} data-testid="moment" title={text("chat.moment_open", { device })}>
      <Activity size={14} aria-hidden="true" />
      <span class="moment__device">{device}</span>
      {moment.key !== undefined && <span class="moment__key">{moment.key}</span>}
      <span class="moment__at">{text("chat.moment")}</span>
    </a>
  );
}
