import type { MutableRef } from "preact/hooks";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { useApp, useText } from "../app/app.ts";

const MARKED_MS = 3_000;

interface Jumps {
  /** Loads older messages, until that has failed once. */
  older: () => void;
  failed: boolean;
  retry: () => void;
  /** The message that somebody has jumped to just now. */
  marked: string | null;
  /** Goes to a message, however old. */
  open: (id: string) => void;
  /** Called with a message that is loaded and has to be shown. */
  opened: MutableRef<(id: string) => void>;
}

/** The ways to older messages of a room: by scrolling, and by a jump to one that was answered. */
export function useJumps(room: string): Jumps {
  const { hub, announcer } = useApp();
  const text = useText();
  const [failed, setFailed] = useState(false);
  const [marked, setMarked] = useState<string | null>(null);
  const opened = useRef<(id: string) => void>(() => undefined);
  const load = useCallback(() => {
    setFailed(false);
    hub.chat.older(room).catch(() => setFailed(true));
  }, [hub, room]);
  const older = useCallback(() => {
    if (!failed) load();
  }, [failed, load]);
  const open = useCallback(
    (id: string) => {
      hub.chat.reach(room, id).then(
        (found) => {
          if (!found) return announcer.say("chat", text("chat.message_gone"));
          setMarked(id);
          opened.current(id);
        },
        () => setFailed(true),
      );
    },
    [hub, announcer, text, room],
  );
  useEffect(() => {
    if (marked === null) return;
    const timer = setTimeout(() => setMarked(null), MARKED_MS);
    return () => clearTimeout(timer);
  }, [marked]);
  return { older, failed, retry: load, marked, open, opened };
}
