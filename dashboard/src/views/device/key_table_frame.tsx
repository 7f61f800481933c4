import type { ComponentChildren } from "preact";
import { useText } from "../app/app.ts";

interface KeyTableFrameProps {
  title: string;
  age: string;
  testId?: string;
  children: ComponentChildren;
}

/** The table of a device's keys around its rows; `age` heads the column that says how old a value is. */
export function KeyTableFrame({ title, age, testId, children }: KeyTableFrameProps) {
  const text = useText();
  return (
    <section class="keys-table card" aria-label={title} data-testid={testId}>
      <table>
        <thead>
          <tr>
            <th scope="col">{text("device.key")}</th>
            <th scope="col" class="keys-table__value">
              {text("device.value")}
            </th>
            <th scope="col" class="keys-table__age">
              {age}
            </th>
            <th scope="col" class="keys-table__chart">
              {text("device.chart")}
            </th>
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}
