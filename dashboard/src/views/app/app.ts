import type { ReadonlySignal, Signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext, useEffect } from "preact/hooks";
import type { Decimals, Numbers } from "../../format/number.ts";
import type { Times } from "../../format/time.ts";
import type { Language } from "../../i18n/language.ts";
import type { PaintClock } from "../../paint/clock.ts";
import type { Cells } from "../../paint/live_text.ts";
import type { Visibility } from "../../paint/visible.ts";
import type { Drafts } from "../chat/drafts.ts";
import type { Outbox } from "../chat/outbox.ts";
import type { Announcer } from "../kit/announcer.ts";
import type { Hub } from "./hub.ts";
import type { Preferences } from "./preferences.ts";
import type { Session } from "./session.ts";

/** What the pages share; made once in main.tsx and handed down by context. */
export interface App {
  readonly language: Signal<Language>;
  readonly numbers: ReadonlySignal<Numbers>;
  readonly times: ReadonlySignal<Times>;
  readonly decimals: Decimals;
  readonly preferences: Preferences;
  readonly session: Session;
  readonly announcer: Announcer;
  readonly clock: PaintClock;
  readonly cells: Cells;
  readonly visibility: Visibility;
  readonly hub: Hub;
  readonly outbox: Outbox;
  readonly drafts: Drafts;
  /** The screen does not keep up and is painted less often. */
  readonly slowed: Signal<boolean>;
  /** The title of the page that is open. */
  readonly title: Signal<string>;
}

export type Text = Language["text"];

export const AppContext = createContext<App | null>(null);

/** The application around a component. */
export function useApp(): App {
  const app = useContext(AppContext);
  if (app === null) throw new Error("No application around this component");
  return app;
}

/** The sentences of the chosen language. The tree is made anew when another one is chosen. */
export function useText(): Text {
  return useApp().language.peek().text;
}

/** Names the page in the top row and in the window's title. */
export function useTitle(title: string): void {
  const app = useApp();
  useEffect(() => {
    app.title.value = title;
  }, [app, title]);
}
