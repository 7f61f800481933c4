import { useEffect, useState } from "preact/hooks";
import { type Command, type Device, isUndecided, takeStep, typedValue } from "../../state/index.ts";
import { useApp, useText } from "../app/app.ts";
import { useRefusal } from "../chat/use_refusal.ts";
import { type Control, decideCommand, giveCommand, loadCommands } from "./commands_api.ts";
import "./commands.css";

const WITHIN_S = 10;

/** The commands of a device as they come, and what of it can be set. */
function useCommands(level: string) {
  const { hub } = useApp();
  const [commands, setCommands] = useState<readonly Command[]>([]);
  const [controls, setControls] = useState<readonly Control[]>([]);
  useEffect(() => {
    const take = (steps: readonly Command[]) => setCommands((before) => steps.reduce(takeStep, before));
    const loading = new AbortController();
    const load = () =>
      loadCommands(level, loading.signal).then(
        (answer) => {
          take(answer.commands);
          setControls(answer.controls);
        },
        () => undefined,
      );
    const live = hub.connection.subscribe([`command/${level}/+`], {
      events: (events) => take(events.map(({ data }) => data as unknown as Command)),
    });
    const unfollow = hub.onMissed(load);
    void load();
    return () => {
      loading.abort();
      live.close();
      unfollow();
    };
  }, [hub, level]);
  return { commands, controls };
}

/** Switches what can be switched, sends any command, and shows what became of each. */
export function Commands({ device }: { device: Device }) {
  const { session } = useApp();
  const text = useText();
  const { commands, controls } = useCommands(device.level);
  const operates = session.me.value?.role !== "viewer";
  if (!operates && commands.length === 0) return null;
  return (
    <section class="commands card" aria-label={text("command.title")} data-testid="commands">
      <h3>{text("command.title")}</h3>
      {operates && <Give device={device} controls={controls} />}
      <ol class="commands__list">
        {commands.map((command) => (
          <Life key={command.id} command={command} operates={operates} />
        ))}
      </ol>
    </section>
  );
}

function Give({ device, controls }: { device: Device; controls: readonly Control[] }) {
  const text = useText();
  const [refused, attempt] = useRefusal();
  const [name, setName] = useState("");
  const [value, setValue] = useState("");
  const set = (control: Control, wanted: unknown) => {
    const expect = { key: control.key, op: "eq" as const, value: wanted, within_s: WITHIN_S };
    void attempt(() => giveCommand(device.level, { name: control.name, value: wanted, expect }));
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const typed = typedValue(value);
    void attempt(() => giveCommand(device.level, { name, ...(typed !== undefined && { value: typed }) }));
  };
  return (
    <>
      {controls
        .filter(({ kind }) => kind === "switch")
        .map((control) => (
          <div key={control.name} class="commands__switch">
            <span>{control.key}</span>
            <button type="button" class="button" onClick={() => set(control, control.on)}>
              {text("command.on")}
            </button>
            <button type="button" class="button" onClick={() => set(control, control.off)}>
              {text("command.off")}
            </button>
          </div>
        ))}
      <form class="commands__give" onSubmit={submit}>
        <input
          class="input"
          aria-label={text("command.name")}
          placeholder={text("command.name")}
          list="command-names"
          value={name}
          required
          onInput={(event) => setName(event.currentTarget.value)}
        />
        <datalist id="command-names">
          {controls.map((control) => (
            <option key={control.name} value={control.name} />
          ))}
        </datalist>
        <input
          class="input"
          aria-label={text("command.value")}
          placeholder={text("command.value")}
          value={value}
          onInput={(event) => setValue(event.currentTarget.value)}
        />
        <button type="submit" class="button">
          {text("command.send")}
        </button>
      </form>
      {refused !== "" && <p role="alert">{refused}</p>}
    </>
  );
}

function Life({ command, operates }: { command: Command; operates: boolean }) {
  const { session } = useApp();
  const text = useText();
  const [refused, attempt] = useRefusal();
  const { observed } = command.evidence ?? {};
  const value = command.value === undefined ? "" : ` ${JSON.stringify(command.value)}`;
  const proof = observed === undefined ? command.reason : `${observed.key} = ${JSON.stringify(observed.value)}`;
  const decide = (decision: "approve" | "refuse") => void attempt(() => decideCommand(command.id, decision));
  return (
    <li class="commands__life" data-state={command.state}>
      <code>
        {command.name}
        {value}
      </code>
      <span class="commands__state">{text(`command.${command.state}`)}</span>
      <span>{proof}</span>
      <span class="commands__by">{command.by}</span>
      {command.twin && <span class="commands__by">{text("twin.command")}</span>}
      {operates && command.state === "waiting" && command.by !== session.me.value?.user && (
        <button type="button" class="button" onClick={() => decide("approve")}>
          {text("command.approve")}
        </button>
      )}
      {operates && isUndecided(command) && (
        <button type="button" class="button" onClick={() => decide("refuse")}>
          {text("command.refuse")}
        </button>
      )}
      {refused !== "" && <span role="alert">{refused}</span>}
    </li>
  );
}
