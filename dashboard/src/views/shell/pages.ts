import { Cpu, Inbox, LayoutDashboard, MessagesSquare } from "lucide-preact";
import type { Role } from "../app/api.ts";

/** The pages of the rail, in order of urgency; `code` is the physical key that follows `g`. */
export const PAGES = [
  { path: "/", id: "page.overview", icon: LayoutDashboard, letter: "o", code: "KeyO" },
  { path: "/devices", id: "page.devices", icon: Cpu, letter: "d", code: "KeyD" },
  { path: "/chat", id: "page.chat", icon: MessagesSquare, letter: "c", code: "KeyC" },
  { path: "/inbox", id: "page.inbox", icon: Inbox, letter: "i", code: "KeyI" },
] as const;

/** Those that a person of this role may use. */
export function pagesOf(role: Role | undefined): readonly (typeof PAGES)[number][] {
  return PAGES.filter(({ path }) => path !== "/inbox" || role !== "viewer");
}

/** Whether a page of the rail is where a path leads. */
export function isAt(page: string, path: string): boolean {
  return page === "/" ? path === "/" : path === page || path.startsWith(`${page}/`);
}
