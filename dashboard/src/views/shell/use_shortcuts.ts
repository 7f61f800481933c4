import { useEffect, useMemo } from "preact/hooks";
import { useLocation } from "preact-iso";
import { useApp } from "../app/app.ts";
import { PAGES } from "./pages.ts";
import { isTyping, Keymap } from "./shortcuts.ts";

interface ShortcutActions {
  onPalette: () => void;
  onHelp: () => void;
}

function focusFilter(): void {
  const filter = document.querySelector<HTMLElement>("[data-page-filter]");
  filter?.focus();
  if (filter instanceof HTMLInputElement) filter.select();
}

/** The keys of every page: Ctrl K, `/`, `?`, and `g` with the letter of a page. */
export function useShortcuts({ onPalette, onHelp }: ShortcutActions): void {
  const { preferences } = useApp();
  const { route } = useLocation();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the actions are the same for the life of the shell
  const keymap = useMemo(() => {
    const plain = [
      { key: "/", code: "Slash", run: focusFilter },
      { key: "?", code: null, run: onHelp },
    ];
    const pages = PAGES.map(({ letter, code, path }) => ({ key: letter, code, run: () => route(path) }));
    return new Keymap(plain, pages);
  }, [route]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: likewise
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented) return;
      if ((event.ctrlKey || event.metaKey) && !event.altKey && event.code === "KeyK") {
        event.preventDefault();
        onPalette();
        return;
      }
      if (isTyping(event.target) || !preferences.letters.peek()) return;
      const shortcut = keymap.press(event);
      if (shortcut === null) return;
      event.preventDefault();
      shortcut.run();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [keymap, preferences]);
}
