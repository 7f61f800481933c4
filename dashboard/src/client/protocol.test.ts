import { describe, expect, it } from "vitest";
import golden from "../../../tests/golden/frames.json";
import { type ClientFrame, encodeClientFrame, parseServerFrame } from "./protocol.ts";

interface Case {
  name: string;
  direction: string;
  frame?: Record<string, unknown>;
}

const cases: Case[] = golden;
const frames = (direction: string) => cases.filter((each) => each.direction === direction && each.frame !== undefined);

describe("golden frames", () => {
  it.each(frames("server"))("reads the hub's $name", ({ frame }) => {
    expect(parseServerFrame(JSON.stringify(frame))).toEqual(frame);
  });

  it.each(frames("client"))("writes the client's $name", ({ frame }) => {
    expect(JSON.parse(encodeClientFrame(frame as ClientFrame))).toEqual(frame);
  });

  it("cover every type of frame", () => {
    const types = (direction: string) => new Set(frames(direction).map(({ frame }) => frame?.type));
    expect(types("client")).toEqual(
      new Set(["auth", "subscribe", "unsubscribe", "publish", "presence", "typing", "replay"]),
    );
    expect(types("server")).toEqual(new Set(["reply", "events", "heartbeat", "gap", "typing", "replay_end"]));
  });
});

describe("parseServerFrame", () => {
  it.each([
    ["not JSON", "{"],
    ["a list", "[]"],
    ["null", "null"],
    ["without a type", "{}"],
    ["a type that is no string", '{"type":1}'],
    ["a reply without ok", '{"type":"reply","id":1}'],
    ["a reply without an id", '{"type":"reply","ok":true}'],
    ["a reply with another position", '{"type":"reply","id":1,"ok":true,"position":5}'],
    ["a reply with another recovered", '{"type":"reply","id":1,"ok":true,"recovered":"yes"}'],
    ["a reply with another expiry", '{"type":"reply","id":1,"ok":true,"expires":"soon"}'],
    ["a reply with members that are none", '{"type":"reply","id":1,"ok":true,"total":1,"members":[{"user":"anna"}]}'],
    ["a refusal without an error", '{"type":"reply","id":1,"ok":false}'],
    [
      "a refusal with a string as id",
      '{"type":"reply","id":"1","ok":false,"error":{"code":1,"name":"n","message":"m"}}',
    ],
    ["a refusal without a code", '{"type":"reply","id":1,"ok":false,"error":{"name":"n","message":"m"}}'],
    ["a refusal without a name", '{"type":"reply","id":1,"ok":false,"error":{"code":1,"message":"m"}}'],
    ["a refusal without a message", '{"type":"reply","id":1,"ok":false,"error":{"code":1,"name":"n"}}'],
    ["events without a position", '{"type":"events","events":[]}'],
    ["events with another snapshot", '{"type":"events","position":"a-1","snapshot":1,"events":[]}'],
    ["events with another part", '{"type":"events","position":"a-1","part":1,"events":[]}'],
    ["events with another conflated", '{"type":"events","position":"a-1","conflated":"1","events":[]}'],
    ["events without events", '{"type":"events","position":"a-1"}'],
    ["an event that is no object", '{"type":"events","position":"a-1","events":[1]}'],
    ["an event without a topic", '{"type":"events","position":"a-1","events":[{"time":1,"data":{}}]}'],
    ["an event without a time", '{"type":"events","position":"a-1","events":[{"topic":"a","data":{}}]}'],
    [
      "an event of another received",
      '{"type":"events","position":"a-1","events":[{"topic":"a","time":1,"received":"x","data":{}}]}',
    ],
    ["an event without data", '{"type":"events","position":"a-1","events":[{"topic":"a","time":1,"data":[]}]}'],
    ["a heartbeat without a lag", '{"type":"heartbeat","position":"a-1"}'],
    ["a heartbeat without a position", '{"type":"heartbeat","lag_ms":1}'],
    ["a gap without a position", '{"type":"gap"}'],
    ["a gap of another replay", '{"type":"gap","position":"a-1","replay":"7"}'],
    ["events of another time", '{"type":"events","position":"a-1","replay":7,"time":"now","events":[]}'],
    ["an end of no replay", '{"type":"replay_end","position":"a-1","time":1}'],
    ["an end with another error", '{"type":"replay_end","replay":7,"position":"a-1","time":1,"error":"no"}'],
    ["typing without a user", '{"type":"typing","topic":"chat/ops"}'],
    ["typing without a topic", '{"type":"typing","user":"anna"}'],
  ])("refuses %s", (_name, text) => {
    expect(() => parseServerFrame(text)).toThrow(expect.objectContaining({ name: "bad_request", code: 107 }));
  });

  it.each(["notice", "constructor"])("passes over the unknown type %s", (type) => {
    expect(parseServerFrame(JSON.stringify({ type, anything: 1 }))).toBeNull();
  });
});

describe("encodeClientFrame", () => {
  const publish = (text: string) => encodeClientFrame({ type: "publish", id: 1, topic: "chat/ops", data: { text } });

  it("takes what the hub takes, counted in bytes of UTF-8", () => {
    const empty = publish("").length;
    expect(publish("x".repeat(64 * 1024 - empty))).toHaveLength(64 * 1024);
    expect(() => publish("x".repeat(64 * 1024 - empty + 1))).toThrow(expect.objectContaining({ name: "too_large" }));
    expect(() => publish("ж".repeat(32 * 1024))).toThrow(expect.objectContaining({ name: "too_large" }));
  });
});
