import { Inbox as InboxIcon } from "lucide-preact";
import { useCallback, useEffect, useState } from "preact/hooks";
import { useApp, useText, useTitle } from "../app/app.ts";
import { useRefusal } from "../chat/use_refusal.ts";
import { EmptyState } from "../kit/empty_state.tsx";
import { AcceptDialog } from "./accept_dialog.tsx";
import { EntryCard } from "./entry_card.tsx";
import { type InboxAnswer, type InboxEntry, ignoring, ignoringName, loadInbox, storeMapping } from "./inbox_api.ts";
import "./inbox.css";

const REFRESH_MS = 5_000;

/** What the hub did not understand, by topic shape, with what it would make of it. */
export default function InboxPage() {
  const { session } = useApp();
  const text = useText();
  useTitle(text("page.inbox"));
  if (session.me.value?.role === "viewer") {
    return (
      <EmptyState icon={InboxIcon} title={text("page.inbox")}>
        <p>{text("error.permission_denied")}</p>
      </EmptyState>
    );
  }
  return <Entries />;
}

/** The inbox as the hub has it, looked at every few seconds while the page is seen. */
function useInbox(): { answer: InboxAnswer | null; failed: boolean; look: () => void } {
  const [answer, setAnswer] = useState<InboxAnswer | null>(null);
  const [failed, setFailed] = useState(false);
  const [looks, setLooks] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `looks` asks for another look
  useEffect(() => {
    const stop = new AbortController();
    const load = () => {
      if (document.hidden) return;
      loadInbox(stop.signal).then(
        (found) => {
          setAnswer(found);
          setFailed(false);
        },
        () => stop.signal.aborted || setFailed(true),
      );
    };
    load();
    const timer = setInterval(load, REFRESH_MS);
    return () => {
      clearInterval(timer);
      stop.abort();
    };
  }, [looks]);
  return { answer, failed, look: useCallback(() => setLooks((count) => count + 1), []) };
}

function Entries() {
  const { announcer } = useApp();
  const text = useText();
  const { answer, failed, look } = useInbox();
  const [accepting, setAccepting] = useState<InboxEntry | null>(null);
  const [refused, attempt] = useRefusal();
  const ignore = async (shape: string) => {
    if (await attempt(() => storeMapping(ignoringName(shape), ignoring(shape)))) look();
  };
  const stored = (decoded: number) => {
    setAccepting(null);
    announcer.say("inbox", text("inbox.decoded", { n: decoded }));
    look();
  };
  if (answer === null) return <p role="status">{failed ? text("error.no_answer") : text("app.loading")}</p>;
  return (
    <div class="inbox">
      <p class="inbox__about">{text("inbox.about")}</p>
      {(refused !== "" || failed) && (
        <p class="notice notice--error" role="alert">
          {refused || text("error.no_answer")}
        </p>
      )}
      {answer.shapes.length === 0 && (
        <EmptyState icon={InboxIcon} title={text("inbox.empty")}>
          <p>{text("inbox.empty_why")}</p>
        </EmptyState>
      )}
      <ul class="inbox__entries">
        {answer.shapes.map((entry) => (
          <li key={entry.shape}>
            <EntryCard entry={entry} onAccept={() => setAccepting(entry)} onIgnore={() => ignore(entry.shape)} />
          </li>
        ))}
      </ul>
      {answer.evicted + answer.skipped > 0 && (
        <p class="inbox__about">{text("inbox.more", { shapes: answer.evicted, messages: answer.skipped })}</p>
      )}
      {accepting !== null && <AcceptDialog entry={accepting} onStored={stored} onClose={() => setAccepting(null)} />}
    </div>
  );
}
