import { Rewind } from "lucide-preact";
import { useApp, useText } from "../app/app.ts";
import type { AskedMoment } from "./use_moment.ts";
import "./moment.css";

/** Reasons that are still there at the next try. */
const FOR_GOOD = new Set(["unrecoverable_position", "invalid_position", "bad_request", "permission_denied"]);

/** Says that the page shows a moment of the past, and which; leads back to now. */
export function MomentBar({ moment, live }: { moment: AskedMoment; live: string }) {
  const text = useText();
  return (
    <section class="moment-bar" aria-label={text("moment.title")} data-testid="moment-bar" data-state={moment.state}>
      <p class="moment-bar__words" role="status">
        <Rewind size={16} aria-hidden="true" />
        <Words moment={moment} />
      </p>
      <a class="button" href={live} data-testid="back-to-live">
        {text("moment.live")}
      </a>
    </section>
  );
}

function Words({ moment }: { moment: AskedMoment }) {
  const { hub, language, times } = useApp();
  const text = useText();
  if (moment.state === "loading") return <span>{text("moment.loading")}</span>;
  if (moment.state === "ready") {
    return (
      <time dateTime={new Date(moment.time).toISOString()} title={times.value.exact(moment.time)}>
        {text("moment.as_of", { time: times.value.at(moment.time, hub.time.now()) })}
      </time>
    );
  }
  const reason = language.value.textOf(`error.${moment.reason}`) ?? text("error.internal");
  return (
    <span>
      {text("moment.failed", { reason })}{" "}
      {!FOR_GOOD.has(moment.reason) && (
        <button type="button" class="button button--link" onClick={moment.retry}>
          {text("app.retry")}
        </button>
      )}
    </span>
  );
}
