import { useEffect } from "preact/hooks";
import { useApp } from "../app/app.ts";
import { recoverySentence } from "./truth_strip.tsx";

/** The one voice of the page: at most a sentence in 5 s, and a lost link at once. In the page from the start. */
export function Announcements() {
  const app = useApp();
  const link = app.hub.link.value;
  const { phase, since } = link;
  // biome-ignore lint/correctness/useExhaustiveDependencies: said once for each change of phase
  useEffect(() => {
    const { text } = app.language.peek();
    if (phase === "lost") app.announcer.warn(text("link.lost", { time: app.times.peek().at(since, Date.now()) }));
    else if (phase === "signed_out") app.announcer.warn(text("link.signed_out"));
    else app.announcer.warn("");
    const back = phase === "live" ? recoverySentence(link.recovery, Date.now(), app) : null;
    if (back !== null) app.announcer.say("link", back);
  }, [app, phase]);
  return (
    <>
      <p class="visually-hidden" role="status">
        {app.announcer.status}
      </p>
      <p class="visually-hidden" role="alert">
        {app.announcer.alert}
      </p>
    </>
  );
}
