/** The wire: as much of the browser's WebSocket as the client uses, so that tests and other programs can bring their own. */

export interface WebSocketLike {
  addEventListener(type: "open" | "error", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: "close", listener: (event: { readonly code: number; readonly reason: string }) => void): void;
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

export type OpenSocket = (url: string, protocols: string[]) => WebSocketLike;

/** Opens the browser's own WebSocket. */
export const openWebSocket: OpenSocket = (url, protocols) => new WebSocket(url, protocols);
