import { Pencil, Reply, Trash2 } from "lucide-preact";
import type { ChatMessage } from "../../state/index.ts";
import { type App, useText } from "../app/app.ts";

export type Action = "reply" | "edit" | "delete";

const ICONS = { reply: Reply, edit: Pencil, delete: Trash2 } as const;

/** What this user may do with a message; in an archived room only admins may still delete. */
export function actionsOf({ session, hub }: App, { room, message }: { room: string; message: ChatMessage }): Action[] {
  const me = session.me.value;
  if (me === null || me.role === "viewer" || message.deleted !== null) return [];
  const mine = message.author === me.user;
  const archived = hub.chat.rooms.room(room)?.facts.archived ?? false;
  const actions: Action[] = archived ? [] : ["reply"];
  if (mine && !archived) actions.push("edit");
  if (me.role === "admin" || (mine && !archived)) actions.push("delete");
  return actions;
}

interface ActionsProps {
  actions: readonly Action[];
  /** Whether the tab key stops here: only in the message that has the focus. */
  reachable: boolean;
  onAction: (action: Action) => void;
}

/** The buttons of a message, shown under the pointer or the focus. */
export function MessageActions({ actions, reachable, onAction }: ActionsProps) {
  const text = useText();
  if (actions.length === 0) return null;
  return (
    <div class="message__actions">
      {actions.map((action) => {
        const Icon = ICONS[action];
        return (
          <button
            key={action}
            type="button"
            class="button button--quiet button--icon"
            tabIndex={reachable ? 0 : -1}
            aria-label={text(`chat.${action}`)}
            title={text(`chat.${action}`)}
            onClick={() => onAction(action)}
          >
            <Icon size={14} aria-hidden="true" />
          </button>
        );
      })}
    </div>
  );
}
