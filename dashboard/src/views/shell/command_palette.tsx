import { useId, useMemo, useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { useApp, useText } from "../app/app.ts";
import { Dialog } from "../kit/dialog.tsx";
import { commandsOf, search } from "./commands.ts";

const MAX_FOUND = 12;

interface PaletteProps {
  onClose: () => void;
  onHelp: () => void;
}

/** Goes to and does everything by typing a part of its name. */
export function CommandPalette({ onClose, onHelp }: PaletteProps) {
  const app = useApp();
  const text = useText();
  const id = useId();
  const { route } = useLocation();
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const commands = useMemo(() => commandsOf(app, { route, help: onHelp }), [app, route, onHelp]);
  const found = search(commands, query, MAX_FOUND);
  const run = (index: number) => {
    const command = found[index];
    if (command === undefined) return;
    onClose();
    command.run();
  };
  const onKey = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0) setAt((at + step + found.length) % Math.max(1, found.length));
    else if (event.key === "Enter") run(at);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title={text("palette.title")} onClose={onClose} bare>
      <div class="palette">
        <input
          class="input"
          role="combobox"
          aria-expanded="true"
          aria-controls={`${id}-list`}
          aria-activedescendant={found.length > 0 ? `${id}-${at}` : undefined}
          aria-label={text("palette.title")}
          placeholder={text("palette.placeholder")}
          value={query}
          onInput={(event) => {
            setQuery(event.currentTarget.value);
            setAt(0);
          }}
          onKeyDown={onKey}
        />
        <div id={`${id}-list`} class="palette__list" role="listbox" aria-label={text("palette.title")}>
          {found.map((command, i) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: keys are the field's, which keeps the focus
            <div
              key={command.name + command.kind}
              id={`${id}-${i}`}
              class="palette__item"
              role="option"
              tabIndex={-1}
              aria-selected={i === at}
              onClick={() => run(i)}
              onPointerMove={() => setAt(i)}
            >
              <span>{command.name}</span>
              {command.keys?.map((key) => (
                <kbd key={key} class="key">
                  {key}
                </kbd>
              ))}
              <span class="palette__kind">{text(`palette.${command.kind}`)}</span>
            </div>
          ))}
        </div>
        {found.length === 0 && <p class="palette__nothing">{text("palette.nothing")}</p>}
      </div>
    </Dialog>
  );
}
