import { useEffect, useState } from "preact/hooks";
import { type PresenceList, watchPresence } from "../../client/index.ts";
import { useApp } from "../app/app.ts";
import { roomTopic } from "./limits.ts";

const NOBODY: PresenceList = { total: 0, members: [] };

/** Is in a room while it is mounted, and follows who else is there. */
export function useHere(room: string): PresenceList {
  const { hub } = useApp();
  const [here, setHere] = useState(NOBODY);
  useEffect(() => {
    const leave = hub.chat.enter(room);
    const watch = watchPresence(hub.connection, roomTopic(room), setHere);
    return () => {
      watch.close();
      leave();
    };
  }, [hub, room]);
  return here;
}
