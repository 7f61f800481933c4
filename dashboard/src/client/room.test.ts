import { expect, it } from "vitest";
import golden from "../../../tests/golden/frames.json";
import { changeRoom, edit, markRead, remove, say } from "./index.ts";
import { FakeHub } from "./testing/fake_hub.ts";

const published = (name: string) => {
  const frame = golden.find((each) => each.name === name && each.direction === "client")?.frame;
  return { topic: frame?.topic, data: frame?.data };
};

it("says in a room what the protocol has", async () => {
  const hub = new FakeHub();
  hub.connection.connect();
  await Promise.resolve();
  hub.open();
  const { connection } = hub;
  const moment = { position: "k3v9-1041", device: "kitchen", key: "temperature" };
  void say(connection, "ops", "hello");
  void say(connection, "ops", "@ivan look here", { replyTo: "0m3vbj0lf00a7", moment });
  void edit(connection, "ops", "0m3vbj0lf00a7", "hello");
  void remove(connection, "ops", "0m3vbj0lf00a7");
  void changeRoom(connection, "~boiler", { title: "Boiler", invite: ["ivan"] });
  void markRead(connection, "anna", "ops", "0m3vbj0lf00a7");
  void markRead(connection, "anna@lab/2 (größe 100%)", "ops", "0m3vbj0lf00a7");
  const typed = connection.typing("chat/ops");
  const sent = hub.takeSent().map((frame) => ("data" in frame ? { topic: frame.topic, data: frame.data } : frame));
  expect(sent).toEqual([
    published("publish: chat"),
    published("publish: chat, an answer that points to a moment"),
    published("publish: chat, an edit"),
    published("publish: chat, a deletion"),
    published("publish: a private room"),
    published("publish: a read marker"),
    published("publish: a read marker of a user whose name is encoded"),
    { type: "typing", id: 8, topic: "chat/ops" },
  ]);
  hub.say({ type: "reply", id: 8, ok: true });
  await expect(typed).resolves.toBeUndefined();
});
