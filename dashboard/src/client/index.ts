/** The hub's client library: everything the page may use of it. */

export { CLOSE_CODES, ERROR_CODES } from "./codes.ts";
export {
  COMMAND_TIMEOUT_MS,
  Connection,
  type ConnectionEventMap,
  type ConnectionOptions,
  type GapDetail,
  type HeartbeatDetail,
  type RecoveryDetail,
} from "./connection.ts";
export { type ErrorName, HubError } from "./errors.ts";
export type { ConnectionState, StateDetail } from "./link.ts";
export type { ClientFrame, HubEvent, Scalar, ServerFrame } from "./protocol.ts";
export type { EventsInfo, Subscription, SubscriptionCallbacks, SubscriptionState } from "./subscription.ts";
export { matches } from "./topics.ts";
export type { TransportName } from "./transports.ts";
export type { OpenSocket, WebSocketLike } from "./websocket.ts";
