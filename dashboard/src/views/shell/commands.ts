import { LANGUAGES, type LanguageCode } from "../../i18n/language.ts";
import type { App } from "../app/app.ts";
import { roomPath, roomTitle } from "../chat/paths.ts";
import { devicePath } from "../devices/paths.ts";
import { pagesOf } from "./pages.ts";

export interface Command {
  name: string;
  kind: "page" | "device" | "room" | "action";
  keys?: readonly string[];
  run: () => void;
}

/** Everything that can be gone to or done now. */
export function commandsOf(app: App, { route, help }: { route: (path: string) => void; help: () => void }): Command[] {
  const { text } = app.language.peek();
  const pages = pagesOf(app.session.me.peek()?.role).map(
    ({ id, path, letter }): Command => ({ name: text(id), kind: "page", keys: ["g", letter], run: () => route(path) }),
  );
  const devices = Array.from(app.hub.devices.all(), ({ id, name }): Command => {
    return { name: name === id ? name : `${name} (${id})`, kind: "device", run: () => route(devicePath(id)) };
  });
  const rooms = app.hub.chat.rooms
    .rooms()
    .map(({ id }): Command => ({ name: roomTitle(id), kind: "room", run: () => route(roomPath(id)) }));
  return [...pages, ...rooms, ...devices, ...actions(app, help)];
}

function actions(app: App, help: () => void): Command[] {
  const { text } = app.language.peek();
  const { preferences } = app;
  const themes = (["system", "light", "dark"] as const).map(
    (theme): Command => ({
      name: `${text("account.theme")}: ${text(`account.theme_${theme}`)}`,
      kind: "action",
      run: () => preferences.setTheme(theme),
    }),
  );
  const languages = (Object.entries(LANGUAGES) as [LanguageCode, string][]).map(
    ([code, name]): Command => ({
      name: `${text("account.language")}: ${name}`,
      kind: "action",
      run: () => preferences.setLanguage(code),
    }),
  );
  const keys: Command = { name: text("keys.title"), kind: "action", keys: ["?"], run: help };
  return [...themes, ...languages, keys];
}

/** How well a query fits a name: 0 not at all; letters in order, better at the begin of words and without holes. */
export function scoreOf(name: string, query: string): number {
  const [text, wanted] = [name.toLocaleLowerCase(), query.toLocaleLowerCase()];
  const whole = text.indexOf(wanted);
  if (whole >= 0) return whole === 0 || /[^\p{L}\p{N}]/u.test(text[whole - 1] ?? "") ? 4 : 3;
  let at = -1;
  let holes = 0;
  for (const letter of wanted.replaceAll(" ", "")) {
    const next = text.indexOf(letter, at + 1);
    if (next < 0) return 0;
    if (at >= 0) holes += next - at - 1;
    at = next;
  }
  return 1 / (1 + holes);
}

/** The commands that fit best, the best first; all in their order where nothing was typed. */
export function search(commands: readonly Command[], query: string, most: number): Command[] {
  const wanted = query.trim();
  if (wanted === "") return commands.slice(0, most);
  return commands
    .map((command, order) => ({ command, order, score: scoreOf(command.name, wanted) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || a.order - b.order)
    .slice(0, most)
    .map(({ command }) => command);
}
