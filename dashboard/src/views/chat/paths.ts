/** The address of a room's page. */
export function roomPath(id: string): string {
  return `/chat/${encodeURIComponent(id)}`;
}
