/** What can go wrong, with the hub's codes (docs/codes.md), and which close codes a client comes back from. */

import { ERROR_CODES } from "./codes.ts";

export type ErrorName = keyof typeof ERROR_CODES;

const FIRST_TERMINAL_CLOSE = 3500;
const LAST_TERMINAL_CLOSE = 3999;

/** A failure with a code: below 100 the client's own, else one of the hub's table; `retry` says that trying again may help. */
export class HubError extends Error {
  readonly code: number;
  override readonly name: string;
  readonly retry: boolean;

  constructor(
    code: { readonly number: number; readonly name: string; readonly retry: boolean },
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code.number;
    this.name = code.name;
    this.retry = code.retry;
  }
}

/** The link broke, or no answer came, after something was sent: it may have happened or not. */
export function unknownOutcome(message: string): HubError {
  return new HubError({ number: 1, name: "unknown", retry: false }, message);
}

/** There is no link, and nothing was sent. */
export function notConnected(): HubError {
  return new HubError({ number: 2, name: "not_connected", retry: true }, "Not connected; nothing was sent.");
}

/** An error of the hub's table that the client itself has found. */
export function hubError(name: ErrorName, message?: string, options?: ErrorOptions): HubError {
  const { number, retry, message: sentence } = ERROR_CODES[name];
  return new HubError({ number, name, retry }, message ?? sentence, options);
}

/** The error of a refusing reply; a code that a newer hub knows is kept, without a promise that trying again helps. */
export function refused(error: { code: number; name: string; message: string }): HubError {
  const known = Object.values(ERROR_CODES).find(({ number }) => number === error.code);
  return new HubError({ number: error.code, name: error.name, retry: known?.retry ?? false }, error.message);
}

/** Whether a client comes back by itself after this close code (docs/protocol.md, "Close codes"). */
export function reconnects(closeCode: number): boolean {
  return closeCode < FIRST_TERMINAL_CLOSE || closeCode > LAST_TERMINAL_CLOSE;
}
