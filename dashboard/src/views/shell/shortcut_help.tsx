import { Fragment } from "preact";
import { useText } from "../app/app.ts";
import { Dialog } from "../kit/dialog.tsx";
import { PAGES } from "./pages.ts";

/** All keys there are, with what they do. */
export function ShortcutHelp({ onClose }: { onClose: () => void }) {
  const text = useText();
  const rows: readonly (readonly [readonly string[], string])[] = [
    [["Ctrl", "K"], text("keys.palette")],
    [["/"], text("keys.filter")],
    [["?"], text("keys.help")],
    ...PAGES.map(({ letter, id }) => [["g", letter], text("keys.go", { page: text(id) })] as const),
    [["j", "k"], text("keys.list")],
    [["Enter"], text("keys.open")],
    [["n"], text("keys.unread")],
    [["Alt", "Shift", "↓"], text("keys.rooms")],
    [["r"], text("keys.reply")],
    [["e"], text("keys.edit")],
    [["Del"], text("keys.delete")],
    [["Esc"], text("keys.read")],
    [["←", "→"], text("keys.chart")],
    [["t"], text("keys.table")],
    [["0"], text("keys.zoom_reset")],
  ];
  return (
    <Dialog title={text("keys.title")} onClose={onClose}>
      <dl class="keys">
        {rows.map(([keys, words]) => (
          <Fragment key={words}>
            <dt>
              {keys.map((key) => (
                <kbd key={key} class="key">
                  {key}
                </kbd>
              ))}
            </dt>
            <dd>{words}</dd>
          </Fragment>
        ))}
      </dl>
    </Dialog>
  );
}
