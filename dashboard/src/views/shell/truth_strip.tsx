import { CircleDashed, LogIn, RefreshCw, TriangleAlert, Waves } from "lucide-preact";
import { useEffect, useState } from "preact/hooks";
import type { LinkModel, Recovery } from "../../state/index.ts";
import { type App, type Text, useApp, useText } from "../app/app.ts";
import "./truth_strip.css";

/** Below this, nobody would see that what is shown is not from now. */
const TELL_LAG_MS = 1_000;
const TELL_COMPLETE_MS = 8_000;
const TELL_PARTIAL_MS = 60_000;

/** What the strip is now: the link's phase, or that values are combined. Tests and styles read it as `data-state`. */
function stripState(link: LinkModel, ended: boolean): string {
  if (ended || link.phase === "signed_out") return "signed_out";
  return link.phase === "live" && link.combined ? "combined" : link.phase;
}

/** The sentence after a lost link came back; it stays longer where something could not be recovered. */
export function recoverySentence(recovery: Recovery | null, now: number, app: App): string | null {
  if (recovery === null) return null;
  const { text } = app.language.peek();
  const age_ms = now - recovery.at;
  if (recovery.kind === "complete") return age_ms < TELL_COMPLETE_MS ? text("link.back_complete") : null;
  if (age_ms >= TELL_PARTIAL_MS) return null;
  if (recovery.lostMs === null) return text("link.missing");
  return text("link.back_partial", { duration: app.times.peek().interval(recovery.lostMs) });
}

/** The state of the link, always in its own place: nothing moves when it changes, and it covers nothing. */
export function TruthStrip({ onSignIn }: { onSignIn: () => void }) {
  const app = useApp();
  const text = useText();
  const link = app.hub.link.value;
  const state = stripState(link, app.session.state.value === "ended");
  return (
    <section class="strip" data-testid="strip" data-state={state} aria-label={text("link.strip")}>
      {state === "live" || state === "combined" ? (
        <LiveWords link={link} />
      ) : (
        <TroubledWords state={state} link={link} onSignIn={onSignIn} />
      )}
    </section>
  );
}

/** Looked at anew each second: sentences that go by themselves, and the seconds to the next try. */
function useNow(): number {
  const { clock } = useApp();
  const [now, setNow] = useState(Date.now());
  useEffect(() => clock.everySecond(() => setNow(Date.now())), [clock]);
  return now;
}

function LiveWords({ link }: { link: LinkModel }) {
  const app = useApp();
  const text = useText();
  const recovery = recoverySentence(link.recovery, useNow(), app);
  return (
    <>
      <span class="strip__main">
        {link.combined ? <Waves size={14} aria-hidden="true" /> : <span class="strip__dot" aria-hidden="true" />}
        {text("link.live")}
      </span>
      {link.lagMs >= TELL_LAG_MS && (
        <span class="strip__part number">{text("link.lag", { duration: app.times.value.interval(link.lagMs) })}</span>
      )}
      <span class="strip__part number">{text("link.rate", { n: app.hub.rate.value })}</span>
      {link.combined && <span class="strip__part">{text("link.combined")}</span>}
      {app.slowed.value && <span class="strip__part">{text("link.slowed")}</span>}
      {recovery === null && !link.combined && <span class="strip__part strip__complete">{text("link.complete")}</span>}
      {recovery !== null && (
        <span class={`strip__part strip__recovery strip__recovery--${link.recovery?.kind}`} data-testid="recovery">
          {recovery}
        </span>
      )}
    </>
  );
}

function TroubledWords({ state, link, onSignIn }: { state: string; link: LinkModel; onSignIn: () => void }) {
  const app = useApp();
  const text = useText();
  switch (state) {
    case "lost":
      return <LostWords link={link} />;
    case "catching_up":
      return (
        <span class="strip__main">
          <RefreshCw size={14} aria-hidden="true" />
          {link.caughtUp > 0 ? text("link.catching_up", { n: link.caughtUp }) : text("link.catching_up_start")}
        </span>
      );
    case "signed_out":
      return (
        <>
          <span class="strip__main">
            <LogIn size={14} aria-hidden="true" /> {text("link.signed_out")}
          </span>
          <button type="button" class="strip__button" onClick={onSignIn}>
            {text("sign_in.submit")}
          </button>
        </>
      );
    case "refused":
    case "closed":
      return (
        <>
          <span class="strip__main">
            <TriangleAlert size={14} aria-hidden="true" /> {text("link.refused", { reason: link.reason ?? "–" })}
          </span>
          <TryNow onTry={() => app.hub.connection.connect()} />
        </>
      );
    default:
      return <ConnectingWords link={link} />;
  }
}

function LostWords({ link }: { link: LinkModel }) {
  const { times, hub } = useApp();
  const text = useText();
  const time = times.value.at(link.since, Date.now());
  return (
    <>
      <span class="strip__main">
        <TriangleAlert size={14} aria-hidden="true" />
        <span class="strip__long">{text("link.lost", { time })}</span>
        <span class="strip__short" aria-hidden="true">
          {text("link.lost_short", { time })}
        </span>
      </span>
      <NextTry retryAt={link.retryAt} />
      <TryNow onTry={() => hub.connection.retryNow()} />
    </>
  );
}

function ConnectingWords({ link }: { link: LinkModel }) {
  const { hub } = useApp();
  const text = useText();
  const failing = link.retryAt !== null;
  return (
    <>
      <span class="strip__main">
        <CircleDashed size={14} aria-hidden="true" />
        {text(failing ? "link.never" : "link.connecting")}
      </span>
      {failing && <NextTry retryAt={link.retryAt} />}
      {failing && <TryNow onTry={() => hub.connection.retryNow()} />}
    </>
  );
}

function NextTry({ retryAt }: { retryAt: number | null }) {
  const text = useText();
  const seconds = Math.ceil(((retryAt ?? 0) - useNow()) / 1000);
  const sentence = seconds > 0 ? text("link.retry_in", { n: seconds }) : text("link.retrying");
  return (
    <span class="strip__part number">
      <span class="strip__long">{sentence}</span>
      <span class="strip__short" aria-hidden="true">
        {seconds > 0 ? text("age.seconds", { n: seconds }) : "…"}
      </span>
    </span>
  );
}

function TryNow({ onTry }: { onTry: () => void }) {
  const text: Text = useText();
  return (
    <button type="button" class="strip__button" data-testid="try-now" onClick={onTry}>
      {text("link.try_now")}
    </button>
  );
}
