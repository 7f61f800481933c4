import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useText } from "../app/app.ts";
import { useRowWindow } from "../kit/window.ts";
import { isKey } from "../shell/shortcuts.ts";
import { DeviceRow } from "./device_row.tsx";
import type { DeviceQuery, Sort } from "./query.ts";

interface DeviceTableProps {
  ids: readonly string[];
  query: DeviceQuery;
  onHold: (held: boolean) => void;
  onSort: (sort: Sort) => void;
}

/** The row after or before the one in focus, or the first. */
function moveFocus(table: HTMLElement, by: number): void {
  const links = [...table.querySelectorAll<HTMLElement>("[data-row-link]")];
  const at = links.indexOf(document.activeElement as HTMLElement);
  links[at < 0 ? 0 : Math.max(0, Math.min(links.length - 1, at + by))]?.focus();
}

function stepOf(event: KeyboardEvent): number {
  if (event.key === "ArrowDown" || isKey(event, "j", "KeyJ")) return 1;
  if (event.key === "ArrowUp" || isKey(event, "k", "KeyK")) return -1;
  return 0;
}

/** A table of which only the rows in view exist; j, k and the arrows move, Enter opens. */
export function DeviceTable({ ids, onHold, query, onSort }: DeviceTableProps) {
  const text = useText();
  const table = useRef<HTMLTableElement>(null);
  const rowHeight = () => table.current?.querySelector("tbody tr[data-device]")?.clientHeight || 40;
  const columns = useColumns(table);
  const { start, end } = useRowWindow(table, rowHeight, ids.length);
  const height = rowHeight();
  const ordered = (sort: Sort) => (query.sort === sort ? (sort === "age" ? "descending" : "ascending") : undefined);
  const header = (sort: Sort, word: string, name: string) => (
    <th scope="col" class={`devices__${name}`} aria-sort={ordered(sort)}>
      <button type="button" class="devices__sort" onClick={() => onSort(sort)}>
        {word}
      </button>
    </th>
  );
  return (
    <table
      ref={table}
      class="devices__table card"
      style={{ "--columns": String(columns) }}
      aria-rowcount={ids.length + 1}
      onPointerEnter={() => onHold(true)}
      onPointerLeave={() => onHold(false)}
      onFocusIn={() => onHold(true)}
      onFocusOut={() => onHold(false)}
      onKeyDown={(event) => {
        const step = event.ctrlKey || event.metaKey || event.altKey ? 0 : stepOf(event);
        if (step === 0) return;
        event.preventDefault();
        moveFocus(event.currentTarget, step);
      }}
    >
      <caption class="visually-hidden">{text("page.devices")}</caption>
      <thead>
        <tr aria-rowindex={1}>
          {header("name", text("devices.column_device"), "name")}
          {header("state", text("devices.column_state"), "state")}
          <th scope="col" class="devices__values">
            {text("devices.column_values")}
          </th>
          {header("age", text("devices.column_age"), "age")}
        </tr>
      </thead>
      <tbody>
        {start > 0 && <Spacer height={start * height} />}
        {ids.slice(start, end).map((id, i) => (
          <DeviceRow key={id} id={id} index={start + i + 2} columns={columns} />
        ))}
        {end < ids.length && <Spacer height={(ids.length - end) * height} />}
      </tbody>
    </table>
  );
}

/** For a key that can be told and seven digits with a unit. */
const COLUMN_PX = 164;
/** Of the columns beside the values, but the name's. */
const OTHERS_PX = 116 + 104 + 60;
/** What the name's column leaves of the table. */
const BUT_NAME = 0.76;

/** How many readings there is room for in a row. */
function useColumns(table: RefObject<HTMLElement>): number {
  const [columns, setColumns] = useState(4);
  useEffect(() => {
    if (table.current === null) return;
    const resize = new ResizeObserver(([entry]) => {
      const width = (entry?.contentRect.width ?? 0) * BUT_NAME - OTHERS_PX;
      setColumns(Math.max(2, Math.min(6, Math.floor(width / COLUMN_PX))));
    });
    resize.observe(table.current);
    return () => resize.disconnect();
  }, [table]);
  return columns;
}

function Spacer({ height }: { height: number }) {
  return (
    <tr>
      <td colSpan={4} class="devices__spacer" style={{ height: `${height}px` }} />
    </tr>
  );
}
