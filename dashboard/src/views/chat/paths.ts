/** The address of a room's page. */
export function roomPath(id: string): string {
  return `/chat/${encodeURIComponent(id)}`;
}

/** A room's name as people read it: `# ops`, and without its `~` one that is private. */
export function roomTitle(id: string): string {
  return id.startsWith("~") ? id.slice(1) : `# ${id}`;
}

/** The address of a room's page beside the thread that begins with a message. */
export function threadPath(room: string, message: string): string {
  return `${roomPath(room)}?thread=${message}`;
}
