/** The state of the dashboard: pure, no clock and no network. */

export { type ChatMessage, MAX_MESSAGES, type ReadMark, type Room, Rooms } from "./chat.ts";
export { type ConnectivityState, Device, Devices, type DevicesChange, fromLevel, KeyValue } from "./devices.ts";
export { type Circumstances, type Freshness, type FreshnessState, freshness, isSilent } from "./freshness.ts";
export { type Interval, learnInterval, NO_INTERVAL, trustedMs } from "./interval.ts";
export { LatestValues, type Span, type Stamp } from "./latest.ts";
export { type LinkInput, type LinkModel, type LinkPhase, linkModel, type Recovery, reduceLink } from "./link.ts";
