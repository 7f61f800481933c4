/** A subscriber that is played by a test. */

import type { EventsInfo, HubEvent, SubscribeOptions, Subscription } from "../index.ts";
import type { FakeHub } from "./fake_hub.ts";

/** Writes down what it gets: `live` or `snapshot`, position and topics of each batch, and gaps. */
export class Reader {
  readonly got: string[] = [];
  readonly subscription: Subscription;

  constructor(hub: FakeHub, filters: string[], options: SubscribeOptions = {}) {
    const events = (batch: HubEvent[], { snapshot, position }: EventsInfo) =>
      this.got.push(`${snapshot ? "snapshot" : "live"} ${position}: ${batch.map(({ topic }) => topic).join(" ")}`);
    const gap = () => this.got.push("gap");
    this.subscription = hub.connection.subscribe(filters, { events, gap }, options);
  }

  take(): string[] {
    return this.got.splice(0);
  }
}

/** A reader that has got all it is due at its begin, up to the position. */
export function loaded(hub: FakeHub, filters: string[], position: string): Reader {
  const reader = new Reader(hub, filters, { snapshot: true });
  hub.reply({ position });
  hub.events(position, [], { snapshot: true });
  reader.take();
  hub.takeSent();
  return reader;
}
