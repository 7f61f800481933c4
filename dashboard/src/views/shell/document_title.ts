import type { Text } from "../app/app.ts";

/** The window's title: a lost link, then the unread count, the page, the hub. */
export function documentTitle(parts: { lost: boolean; unread: number; page: string; text: Text }): string {
  const { lost, unread, page, text } = parts;
  const count = unread > 0 ? `(${unread}) ` : "";
  const name = page === "" ? text("app.name") : `${page} · ${text("app.name")}`;
  return lost ? `⚠ ${count}${name}` : count + name;
}
