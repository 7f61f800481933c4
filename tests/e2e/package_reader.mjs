// A program that uses the packed client, without WebSockets: it writes what it gets, one JSON object a line.
import { createInterface } from "node:readline";
import { Connection } from "hub-client";

delete globalThis.WebSocket;
const [url, token] = [process.env.HUB_URL, process.env.HUB_TOKEN];
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const hub = new Connection({ url, token: () => token });
hub.addEventListener("state", ({ detail }) => say({ state: detail.state }));
hub.addEventListener("recovery", ({ detail }) => say({ recovered: detail.recovered }));
hub.addEventListener("gap", () => say({ gap: true }));
hub.addEventListener("error", ({ detail }) => say({ error: detail.name }));
const subscribe = (filter) =>
  hub.subscribe(
    [filter],
    {
      events: (events, { snapshot }) => {
        for (const { topic, data } of events) say({ filter, topic, data, snapshot });
        if (snapshot && events.length === 0) say({ filter, empty: true });
      },
    },
    { snapshot: true },
  );
subscribe("telemetry/+");
hub.connect();

// Each line that comes in is something to do: {"subscribe": filter} or {"publish": [topic, data]}.
for await (const line of createInterface({ input: process.stdin })) {
  const { subscribe: filter, publish } = JSON.parse(line);
  if (filter !== undefined) subscribe(filter);
  if (publish !== undefined) {
    hub.publish(...publish).then(
      ({ position }) => say({ published: position !== "" }),
      ({ name }) => say({ refused: name }),
    );
  }
}
hub.close();
