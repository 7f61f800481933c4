import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/states.css";
import "./styles/print.css";
import { batch, computed, effect, signal } from "@preact/signals";
import { render } from "preact";
import { Decimals, Numbers } from "./format/number.ts";
import { Times } from "./format/time.ts";
import { chooseLanguage, type Language, loadLanguage } from "./i18n/language.ts";
import { browserFrames, PaintClock } from "./paint/clock.ts";
import { Cells } from "./paint/live_text.ts";
import { Visibility } from "./paint/visible.ts";
import type { App } from "./views/app/app.ts";
import { Hub } from "./views/app/hub.ts";
import { HubTime } from "./views/app/hub_time.ts";
import { Preferences } from "./views/app/preferences.ts";
import { Session } from "./views/app/session.ts";
import { Drafts } from "./views/chat/drafts.ts";
import { roomTopic } from "./views/chat/limits.ts";
import { Outbox } from "./views/chat/outbox.ts";
import { Announcer } from "./views/kit/announcer.ts";
import { Root } from "./views/root.tsx";
import { documentTitle } from "./views/shell/document_title.ts";

function socketUrl(): URL {
  const url = new URL("/ws", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url;
}

/** Makes all parts and joins them: client, state, paint, views. */
function makeApp(preferences: Preferences, first: Language): App {
  const time = new HubTime();
  const clock = new PaintClock(browserFrames(time.now), batch);
  const cells = new Cells(clock);
  const language = signal(first);
  const slowed = signal(false);
  clock.onSlowed = (slow) => {
    slowed.value = slow;
  };
  const hub = new Hub({ url: socketUrl(), time, clock, cells });
  return {
    language,
    numbers: computed(() => new Numbers(language.value.locale)),
    times: computed(() => new Times(language.value)),
    decimals: new Decimals(),
    preferences,
    session: new Session(),
    announcer: new Announcer(),
    clock,
    cells,
    visibility: new Visibility(),
    hub,
    drafts: new Drafts(),
    outbox: new Outbox((room, said) => hub.connection.publish(roomTopic(room), { ...said })),
    slowed,
    title: signal(""),
  };
}

function follow({ clock, hub, session, outbox, drafts, ...app }: App): void {
  document.addEventListener("visibilitychange", () => clock.visibilityChanged());
  hub.onSignedOut = () => void session.check().then((holds) => holds && hub.returnLater());
  hub.chat.onOwnMessage = (room, text, time) => outbox.arrived(room, text, time);
  effect(() => {
    const user = session.me.value?.user;
    if (session.state.value !== "signed_in" || user === undefined) return;
    drafts.open(user);
    outbox.open(user);
    void hub.time.measure();
    hub.start(user);
  });
  effect(() => {
    if (hub.link.value.phase === "live") void outbox.linked(Date.now());
  });
  effect(() => {
    document.title = documentTitle({
      lost: hub.link.value.phase === "lost",
      unread: hub.chat.unread.value,
      page: app.title.value,
      text: app.language.value.text,
    });
  });
}

async function main(): Promise<void> {
  const preferences = new Preferences();
  preferences.apply();
  const code = chooseLanguage(preferences.language.value, navigator.languages);
  document.documentElement.lang = code;
  const app = makeApp(preferences, await loadLanguage(code, navigator.languages));
  follow(app);
  void app.session.begin();
  const root = document.getElementById("app");
  if (root !== null) render(<Root app={app} />, root);
}

void main();
