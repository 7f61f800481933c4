import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";

const SPARE_ROWS = 12;

export interface RowWindow {
  start: number;
  end: number;
}

/** The rows of equal height that are in view of a scroller, with some to spare on both sides. */
export function rowsInView(
  scroll: { top: number; height: number; listTop: number },
  rowHeight: number,
  count: number,
): RowWindow {
  const first = Math.floor((scroll.top - scroll.listTop) / rowHeight) - SPARE_ROWS;
  const last = Math.ceil((scroll.top - scroll.listTop + scroll.height) / rowHeight) + SPARE_ROWS;
  return { start: Math.max(0, Math.min(first, count)), end: Math.max(0, Math.min(last, count)) };
}

/** Follows the page's scroller: which of `count` rows of a list are worth making. */
export function useRowWindow(list: RefObject<HTMLElement>, rowHeight: () => number, count: number): RowWindow {
  const [window, setWindow] = useState<RowWindow>({ start: 0, end: Math.min(count, 40) });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the row's height is asked for at each scroll
  useEffect(() => {
    const scroller = list.current?.closest<HTMLElement>("[data-scroller]");
    if (!scroller || !list.current) return;
    const update = () => {
      if (list.current === null) return;
      const listTop =
        list.current.getBoundingClientRect().top - scroller.getBoundingClientRect().top + scroller.scrollTop;
      const scroll = { top: scroller.scrollTop, height: scroller.clientHeight, listTop };
      const next = rowsInView(scroll, rowHeight(), count);
      setWindow((now) => (now.start === next.start && now.end === next.end ? now : next));
    };
    const resize = new ResizeObserver(update);
    resize.observe(scroller);
    scroller.addEventListener("scroll", update, { passive: true });
    update();
    return () => {
      resize.disconnect();
      scroller.removeEventListener("scroll", update);
    };
  }, [list, count]);
  return window;
}
