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
  type TypingDetail,
} from "./connection.ts";
export { type ErrorName, HubError } from "./errors.ts";
export type { ConnectionState, StateDetail } from "./link.ts";
export type { NarrowingOptions } from "./narrowing.ts";
export { PastConnection, type PastEvents } from "./past.ts";
export type { Comparison, Literal, Predicate } from "./predicate.ts";
export { type PresenceChange, type PresenceWatch, presenceOf, watchPresence } from "./presence.ts";
export type {
  ClientFrame,
  Conflated,
  HubEvent,
  Member,
  PresenceList,
  ReplayOptions,
  ReplayPoint,
  Scalar,
  ServerFrame,
} from "./protocol.ts";
export type { Replay, ReplayCallbacks, ReplayedInfo } from "./replay.ts";
export { changeRoom, edit, type Moment, markRead, type RoomChange, remove, say } from "./room.ts";
export type {
  EventsInfo,
  SubscribeOptions,
  Subscription,
  SubscriptionCallbacks,
  SubscriptionState,
} from "./subscription.ts";
export { matches, toLevel } from "./topics.ts";
export type { TransportName } from "./transports.ts";
export type { OpenSocket, WebSocketLike } from "./websocket.ts";
