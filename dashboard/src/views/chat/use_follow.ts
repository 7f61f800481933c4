import type { RefObject } from "preact";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

const AT_END_PX = 32;

interface Follow {
  /** Messages that came while someone read further up. */
  below: number;
  jump: () => void;
  onScroll: () => void;
}

/** Keeps the end of a list in view while it is in view; someone who reads further up is never moved. */
export function useFollow(list: RefObject<HTMLElement>, count: number, newFrom: string | null): Follow {
  const atEnd = useRef(true);
  const seen = useRef(count);
  const [below, setBelow] = useState(0);
  const jump = useCallback(() => {
    const element = list.current;
    if (element !== null) element.scrollTop = element.scrollHeight;
  }, [list]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: where a room opens is decided once
  useLayoutEffect(() => {
    // The room opens on what is new in it; else at the end.
    const first = newFrom === null ? null : list.current?.querySelector(".messages__divider--new");
    if (first) first.scrollIntoView({ block: "start" });
    else jump();
  }, []);
  useLayoutEffect(() => {
    if (atEnd.current) {
      jump();
      seen.current = count;
    } else setBelow(Math.max(0, count - seen.current));
  }, [count, jump]);
  useEffect(() => {
    if (list.current === null) return;
    const resize = new ResizeObserver(() => atEnd.current && jump());
    resize.observe(list.current);
    return () => resize.disconnect();
  }, [list, jump]);
  const onScroll = () => {
    const element = list.current;
    if (element === null) return;
    atEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < AT_END_PX;
    if (!atEnd.current) return;
    seen.current = count;
    setBelow(0);
  };
  return { below, jump, onScroll };
}
