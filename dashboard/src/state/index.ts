/** The state of the dashboard: pure, no clock and no network. */

export { type Room, type RoomEntry, Rooms } from "./chat.ts";
export type { ChatMessage, MessageEntry, Moment, Revision } from "./chat_message.ts";
export { type Command, type CommandState, isUndecided, takeStep, typedValue } from "./commands.ts";
export { type DeviceRecord, NO_RECORD, readRecord } from "./device_record.ts";
export {
  type Connectivity,
  type ConnectivityState,
  Device,
  Devices,
  type DevicesChange,
  fromLevel,
  KeyValue,
} from "./devices.ts";
export { type Circumstances, type Freshness, type FreshnessState, freshness, isSilent } from "./freshness.ts";
export { type Interval, learnInterval, NO_INTERVAL, trustedMs } from "./interval.ts";
export { LatestValues, type Span, type Stamp } from "./latest.ts";
export { type LinkInput, type LinkModel, type LinkPhase, linkModel, type Recovery, reduceLink } from "./link.ts";
export { PRIVATE, type RoomFacts } from "./room_facts.ts";
export { MAX_MESSAGES } from "./room_talk.ts";
export { MAX_UNREAD } from "./room_unread.ts";
export { type Answers, answersOf, rootOf, threadOf } from "./threads.ts";
export { NO_TWIN, readTwin, type Twin, type TwinRow, takeTwin, twinRows } from "./twin.ts";
export { TYPING_MS, Typing, TypingPace } from "./typing.ts";
