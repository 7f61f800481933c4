import type { RefObject } from "preact";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { ChatMessage } from "../../state/index.ts";

const AT_END_PX = 32;
/** So near to an end of what is drawn, more of it is wanted. */
const NEAR_PX = 600;
/** So many messages are drawn at most, whatever is loaded; a step leaves more than a screen of them where they are. */
const DRAWN = 160;
const STEP = 60;

interface Anchor {
  id: string;
  top_px: number;
}

export interface ChatWindow {
  shown: readonly ChatMessage[];
  /** The newest message is drawn. */
  toEnd: boolean;
  /** Somebody reads further up. */
  away: boolean;
  /** Messages that came meanwhile. */
  below: number;
  jump: () => void;
  /** Draws a message that is loaded, and brings it to the middle. */
  show: (id: string) => void;
  onScroll: () => void;
}

interface WindowOptions {
  list: RefObject<HTMLElement>;
  messages: readonly ChatMessage[];
  /** Where the room opens; null: at the end. */
  first: string | null;
  /** Counts what stands behind the messages. */
  unsent: number;
  /** Loads the messages before those that are here. */
  older: () => void;
}

const elementOf = (list: HTMLElement, id: string) => list.querySelector<HTMLElement>(`[data-key="${id}"]`);

/**
 * Draws a part of a long talk, moves it where one scrolls, and loads more before it. Whatever comes, goes or changes its
 * height, what is read stays where it is; at the end, the newest stays in view.
 */
export function useChatWindow({ list, messages, first, unsent, older }: WindowOptions): ChatWindow {
  const [until, setUntil] = useState<string | null>(() => endFor(messages, first));
  const [away, setAway] = useState(false);
  const end = until === null ? messages.length : indexBehind(messages, until);
  const start = Math.max(0, end - DRAWN);
  const toEnd = end === messages.length;
  const place = useRef({
    atEnd: first === null,
    anchor: null as Anchor | null,
    target: first,
    seen: messages.at(-1)?.id ?? "",
  });
  const measure = useCallback(() => {
    const element = list.current;
    if (element === null) return;
    const rest_px = element.scrollHeight - element.scrollTop - element.clientHeight;
    place.current.atEnd = toEnd && rest_px < AT_END_PX;
    place.current.anchor = anchorOf(element);
    if (place.current.atEnd) place.current.seen = messages.at(-1)?.id ?? "";
    setAway(!place.current.atEnd);
    if (element.scrollTop < NEAR_PX && start === 0) older();
    const step = stepFor(element, { start, toEnd, rest_px });
    if (step !== 0) setUntil(messages[end - 1 + step]?.id ?? null);
  }, [list, messages, start, end, toEnd, older]);
  useLayoutEffect(() => {
    if (list.current !== null) settle(list.current, place.current);
    measure();
  });
  const jump = useCallback(() => {
    place.current.atEnd = true;
    place.current.target = null;
    setUntil(null);
    if (list.current !== null) list.current.scrollTop = list.current.scrollHeight;
  }, [list]);
  useSentInView(unsent, jump);
  useEffect(() => {
    if (list.current === null) return;
    const resize = new ResizeObserver(() => list.current && settle(list.current, place.current));
    resize.observe(list.current);
    return () => resize.disconnect();
  }, [list]);
  const show = (id: string) => {
    place.current.target = id;
    place.current.atEnd = false;
    setUntil(endFor(messages, id));
    if (list.current !== null && elementOf(list.current, id) !== null) settle(list.current, place.current);
  };
  const { seen } = place.current;
  const below = away && seen !== "" ? messages.filter(({ id }) => id > seen).length : 0;
  return { shown: messages.slice(start, end), toEnd, away, below, jump, show, onScroll: measure };
}

/** How far the drawn part has to move so that there is more of the talk where one reads. */
function stepFor(
  list: HTMLElement,
  { start, toEnd, rest_px }: { start: number; toEnd: boolean; rest_px: number },
): number {
  if (list.scrollTop < NEAR_PX && start > 0) return -STEP;
  return !toEnd && rest_px < NEAR_PX ? STEP : 0;
}

/** Who sends a message wants to see it. */
function useSentInView(unsent: number, jump: () => void): void {
  const before = useRef(unsent);
  useEffect(() => {
    if (unsent > before.current) jump();
    before.current = unsent;
  }, [unsent, jump]);
}

function indexBehind(messages: readonly ChatMessage[], id: string): number {
  const index = messages.findIndex((message) => message.id > id);
  return index < 0 ? messages.length : index;
}

/** The last message to be drawn so that another one is well inside; null: the newest. */
function endFor(messages: readonly ChatMessage[], id: string | null): string | null {
  if (id === null) return null;
  return messages[indexBehind(messages, id) + STEP]?.id ?? null;
}

/** The first message that is in view, and where. */
function anchorOf(list: HTMLElement): Anchor | null {
  const top = list.getBoundingClientRect().top;
  for (const message of list.querySelectorAll<HTMLElement>("[data-testid=message]")) {
    const box = message.getBoundingClientRect();
    if (box.bottom > top) return { id: message.dataset.key ?? "", top_px: box.top - top };
  }
  return null;
}

type Place = { atEnd: boolean; anchor: Anchor | null; target: string | null };

/** Puts the list where it belongs: to what was asked for, to its end, or so that what is read stays. */
function settle(list: HTMLElement, place: Place): void {
  const target = place.target === null ? null : elementOf(list, place.target);
  if (target !== null) {
    const divider = target.previousElementSibling?.closest(".messages__divider--new");
    if (divider) divider.scrollIntoView({ block: "start" });
    else target.scrollIntoView({ block: "center" });
    place.target = null;
    return;
  }
  if (place.atEnd) {
    list.scrollTop = list.scrollHeight;
    return;
  }
  const anchored = place.anchor === null ? null : elementOf(list, place.anchor.id);
  if (anchored === null || place.anchor === null) return;
  const top_px = anchored.getBoundingClientRect().top - list.getBoundingClientRect().top;
  if (Math.abs(top_px - place.anchor.top_px) >= 1) list.scrollTop += top_px - place.anchor.top_px;
}
