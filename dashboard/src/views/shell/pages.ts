import { Cpu, LayoutDashboard, MessagesSquare } from "lucide-preact";

/** The pages of the rail, in order of urgency; `code` is the physical key that follows `g`. */
export const PAGES = [
  { path: "/", id: "page.overview", icon: LayoutDashboard, letter: "o", code: "KeyO" },
  { path: "/devices", id: "page.devices", icon: Cpu, letter: "d", code: "KeyD" },
  { path: "/chat", id: "page.chat", icon: MessagesSquare, letter: "c", code: "KeyC" },
] as const;

/** Whether a page of the rail is where a path leads. */
export function isAt(page: string, path: string): boolean {
  return page === "/" ? path === "/" : path === page || path.startsWith(`${page}/`);
}
