import { useApp, useText } from "../app/app.ts";
import type { InboxEntry, Proposal, Sample } from "./inbox_api.ts";

interface CardProps {
  entry: InboxEntry;
  onAccept: () => void;
  onIgnore: () => void;
}

/** One topic shape: how much came and why it was not understood, the newest messages, and what can be done. */
export function EntryCard({ entry, onAccept, onIgnore }: CardProps) {
  const { times, hub } = useApp();
  const text = useText();
  const families = Object.keys(entry.families).join(", ");
  return (
    <article class="inbox__entry card" data-shape={entry.shape}>
      <header class="inbox__head">
        <h2 class="inbox__shape">{entry.shape === "" ? text("inbox.unfit") : entry.shape}</h2>
        <span class="inbox__count number">
          {text("quarantine.messages", { n: entry.count })}, {times.value.at(entry.last, hub.time.now())}
        </span>
      </header>
      <p class="inbox__reason" dir="auto">
        {families === "" ? entry.reason : `${families}: ${entry.reason}`}
      </p>
      <details>
        <summary>{text("inbox.samples")}</summary>
        <ul>
          {entry.samples.map((sample) => (
            <li key={`${sample.topic} ${sample.time}`}>
              <SampleLine sample={sample} />
            </li>
          ))}
        </ul>
      </details>
      {entry.proposal !== null && <ProposalLine proposal={entry.proposal} />}
      {entry.shape !== "" && (
        <div class="inbox__buttons">
          <button type="button" class="button button--primary" onClick={onAccept} data-testid="accept">
            {text("inbox.accept")}
          </button>
          <button type="button" class="button" onClick={onIgnore} data-testid="ignore">
            {text("inbox.ignore")}
          </button>
        </div>
      )}
    </article>
  );
}

function SampleLine({ sample }: { sample: Sample }) {
  const text = useText();
  const cut = new TextEncoder().encode(sample.payload).length < sample.bytes;
  return (
    <div class="inbox__sample">
      <code>{sample.topic}</code>
      <pre dir="auto">{cut ? `${sample.payload}…` : sample.payload}</pre>
      {cut && <span>{text("inbox.bytes", { n: sample.bytes })}</span>}
    </div>
  );
}

function ProposalLine({ proposal }: { proposal: Proposal }) {
  const text = useText();
  const { family, topic } = proposal;
  if (family !== "") return <p class="inbox__proposal">{text("inbox.proposal_family", { family, topic })}</p>;
  const keys = proposal.values.map(({ key, unit }) => (unit === null ? key : `${key} (${unit})`)).join(", ");
  return <p class="inbox__proposal">{text("inbox.proposal", { device: proposal.device, keys })}</p>;
}
