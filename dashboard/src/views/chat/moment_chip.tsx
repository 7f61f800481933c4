import { Activity } from "lucide-preact";
import { fromLevel, type Moment } from "../../state/index.ts";
import { useApp, useText } from "../app/app.ts";
import { momentPath } from "./moment.ts";

/** The device a message is about: it opens as it was then. */
export function MomentChip({ moment }: { moment: Moment }) {
  const { times } = useApp();
  const text = useText();
  const device = useDeviceName(moment);
  const exact = moment.time === undefined ? [] : [times.value.exact(moment.time)];
  const title = [text("chat.moment_open", { device }), ...exact].join(" · ");
  return (
    <a class="moment" href={momentPath(moment)} data-testid="moment" title={title}>
      <MomentWords moment={moment} />
    </a>
  );
}

/** The device of a moment, its key, and when it was. */
export function MomentWords({ moment }: { moment: Moment }) {
  const { hub, times } = useApp();
  const text = useText();
  const device = useDeviceName(moment);
  const { key, time } = moment;
  return (
    <>
      <Activity size={14} aria-hidden="true" />
      <span class="moment__device">{device}</span>
      {key !== undefined && <span class="moment__key">{key}</span>}
      <span class="moment__at">{time === undefined ? text("chat.moment") : times.value.at(time, hub.time.now())}</span>
    </>
  );
}

function useDeviceName({ device }: Moment): string {
  const { hub } = useApp();
  // The device may get its name while the page is open.
  void hub.fleet.value;
  const id = fromLevel(device);
  return hub.devices.get(id)?.name ?? id;
}
