/** SI prefixes for axes: one for the whole axis, and only for units that take them. */

const TAKES_PREFIX = new Set([
  "W",
  "Wh",
  "VA",
  "var",
  "varh",
  "VAh",
  "V",
  "A",
  "Hz",
  "J",
  "Pa",
  "N",
  "B",
  "bit/s",
  "B/s",
  "Ω",
]);
const PREFIXES: readonly (readonly [number, string])[] = [
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
];

export interface AxisUnit {
  /** What a value is divided by before it is written. */
  factor: number;
  unit: string;
}

/** The unit of an axis whose largest value is `most`. */
export function axisUnit(unit: string, most: number): AxisUnit {
  if (TAKES_PREFIX.has(unit)) {
    const found = PREFIXES.find(([factor]) => most >= factor);
    if (found !== undefined) return { factor: found[0], unit: found[1] + unit };
  }
  return { factor: 1, unit };
}
