import { TriangleAlert } from "lucide-preact";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { useText } from "../app/app.ts";
import { Boundary } from "../kit/boundary.tsx";
import { EmptyState } from "../kit/empty_state.tsx";
import { Announcements } from "./announcements.tsx";
import { CommandPalette } from "./command_palette.tsx";
import { Rail } from "./rail.tsx";
import { ShortcutHelp } from "./shortcut_help.tsx";
import { SignInAgain } from "./sign_in_again.tsx";
import { TopBar } from "./top_bar.tsx";
import { TruthStrip } from "./truth_strip.tsx";
import { useShortcuts } from "./use_shortcuts.ts";
import "./app_shell.css";

type Open = "palette" | "help" | "sign_in" | null;

/** The frame of every page: rail, one row of controls, the truth strip, and the page. */
export function AppShell({ children }: { children: ComponentChildren }) {
  const text = useText();
  const { path } = useLocation();
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);
  useShortcuts({ onPalette: () => setOpen("palette"), onHelp: () => setOpen("help") });
  return (
    <div class="shell">
      <a class="skip-link" href="#page">
        {text("app.skip")}
      </a>
      <Rail />
      <TopBar onSearch={() => setOpen("palette")} onHelp={() => setOpen("help")} />
      <TruthStrip onSignIn={() => setOpen("sign_in")} />
      <main id="page" class="shell__page" tabIndex={-1} data-scroller>
        <Boundary key={path} fallback={(error, retry) => <PageFailed error={error} onRetry={retry} />}>
          {children}
        </Boundary>
      </main>
      <Announcements />
      {open === "palette" && <CommandPalette onClose={close} onHelp={() => setOpen("help")} />}
      {open === "help" && <ShortcutHelp onClose={close} />}
      {open === "sign_in" && <SignInAgain onClose={close} />}
    </div>
  );
}

function PageFailed({ error, onRetry }: { error: Error; onRetry: () => void }) {
  const text = useText();
  return (
    <EmptyState icon={TriangleAlert} title={text("app.page_failed")}>
      <p>{text("app.page_failed_why", { reason: error.message })}</p>
      <button type="button" class="button" onClick={onRetry}>
        {text("app.retry")}
      </button>
    </EmptyState>
  );
}
