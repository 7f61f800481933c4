import { afterEach, expect, it, vi } from "vitest";
import { openWebSocket } from "./websocket.ts";

afterEach(() => vi.unstubAllGlobals());

it("opens the browser's WebSocket with the protocols", () => {
  class BrowserSocket {
    readonly args: unknown[];
    constructor(...args: unknown[]) {
      this.args = args;
    }
  }
  vi.stubGlobal("WebSocket", BrowserSocket);
  expect(openWebSocket("ws://hub.test/ws", ["hub.v1.json"])).toEqual({
    args: ["ws://hub.test/ws", ["hub.v1.json"]],
  });
});
