import { useRef, useState } from "preact/hooks";
import type { Moment } from "../../state/index.ts";
import { useApp, useText } from "../app/app.ts";
import { giveCommand } from "../device/commands_api.ts";
import { byteLength, MAX_TEXT_BYTES } from "./limits.ts";
import type { Said } from "./outbox.ts";
import { type Slash, slashOf } from "./slash.ts";
import { useRefusal } from "./use_refusal.ts";

interface Place {
  room: string;
  /** Id of the message whose thread it is; null: the room itself. */
  replyTo: string | null;
}

/** What is being written in a place, and how it is sent. */
export interface Writing {
  draft: string;
  bytes: number;
  sendable: boolean;
  /** The moment that goes with it. */
  moment: Moment | null;
  /** Why a command was not done. */
  note: string;
  write: (text: string) => void;
  attach: (moment: Moment | null) => void;
  send: () => void;
}

/** Writing in a room or a thread; what is typed stays when the page, the link or the session goes. */
export function useWriting({ room, replyTo }: Place): Writing {
  const { outbox, drafts, hub } = useApp();
  const text = useText();
  const place = replyTo === null ? room : `${room}/${replyTo}`;
  const [draft, setDraft] = useState(() => drafts.get(place));
  const [moment, attach] = useState<Moment | null>(null);
  const [wrong, setWrong] = useState("");
  const [refused, attempt, forget] = useRefusal();
  const giving = useRef(false);
  const bytes = byteLength(draft);
  const sendable = draft.trim() !== "" && bytes <= MAX_TEXT_BYTES;
  const write = (value: string) => {
    setDraft(value);
    setWrong("");
    forget();
    drafts.set(place, value);
    if (value.trim() !== "") hub.chat.type(room);
  };
  const say = (about: Moment | null) => {
    const reply = replyTo === null ? {} : { reply_to: replyTo };
    const said: Said = { text: draft.trim(), ...reply, ...(about && { moment: about }) };
    write("");
    attach(null);
    void outbox.write(room, said, Date.now());
  };
  const momentNow = (id: string): Moment | null => {
    const { position } = hub.connection;
    const device = hub.devices.get(id)?.level;
    if (position === null || device === undefined) return null;
    return { position, device, time: Math.round(hub.time.now()) };
  };
  const act = async (slash: Slash) => {
    if (slash.kind === "wrong") return setWrong(text(wrongForm(slash.word)));
    const about = momentNow(slash.device);
    if (about === null) return setWrong(text("error.not_connected"));
    if (slash.kind === "moment") {
      attach(about);
      return write(slash.rest);
    }
    const { name, value } = slash;
    if (giving.current) return;
    giving.current = true;
    // The room is told of it once the hub has it: a command that is refused was never given.
    const done = await attempt(() => giveCommand(about.device, { name, ...(value !== undefined && { value }) }));
    giving.current = false;
    if (done) say(about);
  };
  const send = () => {
    if (!sendable) return;
    const slash = slashOf(draft, hub.devices.all());
    if (slash === null) say(moment);
    else void act(slash);
  };
  return { draft, bytes, sendable, moment, note: wrong || refused, write, attach, send };
}

function wrongForm(word: string) {
  return word === "cmd" || word === "moment" ? (`chat.slash_${word}_form` as const) : "chat.slash_unknown";
}
