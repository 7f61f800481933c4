import { Search } from "lucide-preact";
import { useApp, useText } from "../app/app.ts";
import { AccountMenu } from "./account_menu.tsx";
import "./top_bar.css";

/** The one row of controls: the page's title, search, and the person. */
export function TopBar({ onSearch, onHelp }: { onSearch: () => void; onHelp: () => void }) {
  const app = useApp();
  const text = useText();
  return (
    <header class="top-bar">
      <h1 class="top-bar__title">{app.title}</h1>
      <button type="button" class="top-bar__search" onClick={onSearch} aria-keyshortcuts="Control+K">
        <Search size={16} aria-hidden="true" />
        <span class="top-bar__search-word">{text("palette.open")}</span>
        <kbd class="key">{navigator.platform.startsWith("Mac") ? "⌘ K" : "Ctrl K"}</kbd>
      </button>
      <AccountMenu onHelp={onHelp} />
    </header>
  );
}
