import { useId, useState } from "preact/hooks";
import { useText } from "../app/app.ts";
import { Dialog } from "../kit/dialog.tsx";
import { type InboxEntry, type MappedValue, type Proposal, storeMapping } from "./inbox_api.ts";

interface AcceptProps {
  entry: InboxEntry;
  onStored: (decoded: number) => void;
  onClose: () => void;
}

const nothing = (shape: string): Proposal => ({
  name: "mapping",
  filter: shape,
  device: "{1}",
  format: "json",
  values: [],
  time: null,
  family: "",
  topic: "",
  ignore: false,
});

/** What the messages of a shape mean, to be looked over before it is stored. */
export function AcceptDialog({ entry, onStored, onClose }: AcceptProps) {
  const text = useText();
  const [draft, setDraft] = useState<Proposal>(entry.proposal ?? nothing(entry.shape));
  const [refused, setRefused] = useState("");
  const change = (part: Partial<Proposal>) => setDraft({ ...draft, ...part });
  const store = (event: Event) => {
    event.preventDefault();
    const { name, ...record } = draft;
    // The hub's own sentence says which part of the mapping it can't take.
    storeMapping(name, record).then(
      ({ decoded }) => onStored(decoded),
      (error: Error) => setRefused(error.message),
    );
  };
  return (
    <Dialog title={text("inbox.accept_title", { shape: entry.shape })} onClose={onClose}>
      <form class="inbox__form" onSubmit={store}>
        <Field label={text("inbox.name")} value={draft.name} onChange={(name) => change({ name })} />
        <Field label={text("inbox.filter")} value={draft.filter} onChange={(filter) => change({ filter })} />
        <Field
          label={text("inbox.family")}
          value={draft.family}
          onChange={(family) => change({ family: family.trim() })}
        />
        {draft.family === "" ? (
          <ByMembers draft={draft} change={change} />
        ) : (
          <Field
            label={text("inbox.topic", { example: "{2#}" })}
            value={draft.topic}
            onChange={(topic) => change({ topic })}
          />
        )}
        {refused !== "" && (
          <p class="notice notice--error" role="alert">
            {refused}
          </p>
        )}
        <div class="inbox__buttons">
          <button type="submit" class="button button--primary" data-testid="store-mapping">
            {text("inbox.store")}
          </button>
          <button type="button" class="button" onClick={onClose}>
            {text("app.close")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface ByMembersProps {
  draft: Proposal;
  change: (part: Partial<Proposal>) => void;
}

/** Device, payload and readings, where no family says them. */
function ByMembers({ draft, change }: ByMembersProps) {
  const text = useText();
  const changeValue = (at: number, part: Partial<MappedValue>) =>
    change({ values: draft.values.map((value, i) => (i === at ? { ...value, ...part } : value)) });
  return (
    <>
      <Field
        label={text("inbox.device", { example: "{2}" })}
        value={draft.device}
        onChange={(device) => change({ device })}
      />
      <label class="field">
        <span>{text("inbox.format")}</span>
        <select
          class="input"
          value={draft.format}
          onChange={(event) => change({ format: event.currentTarget.value as Proposal["format"] })}
        >
          <option value="json">JSON</option>
          <option value="pairs">key=value</option>
          <option value="text">21.5 °C</option>
        </select>
      </label>
      {draft.values.map((value, at) => (
        <div class="inbox__value" key={value.path}>
          <Field
            label={text("inbox.key", { path: value.path })}
            value={value.key}
            onChange={(key) => changeValue(at, { key })}
          />
          <Field
            label={text("inbox.unit")}
            value={value.unit ?? ""}
            onChange={(unit) => changeValue(at, { unit: unit === "" ? null : unit })}
          />
        </div>
      ))}
    </>
  );
}

function Field({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  const id = useId();
  return (
    <label class="field" for={id}>
      <span>{label}</span>
      <input id={id} class="input" value={value} onInput={(event) => onChange(event.currentTarget.value)} />
    </label>
  );
}
