/** Numbers as a person of the locale reads them: true minus, grouping, a narrow no-break space before the unit. */

const NARROW_SPACE = " ";
const MOST_DECIMALS = 3;
const MOST_AXIS_DECIMALS = 6;
const MOST_DIGITS = 12;
const EXPONENT_FROM = 10 ** MOST_DIGITS;
const EXPONENT_BELOW = 1e-6;
/** Signs of angles stand at the number: 45°, but 45 °C. */
const TIGHT_UNITS = new Set(["°", "′", "″"]);

/** The decimals to show for a key after one more value: the most it has sent so far, three at most, never fewer again. */
export function learnDecimals(learned: number, value: number): number {
  if (learned >= MOST_DECIMALS || Number.isInteger(value) || !Number.isFinite(value)) return learned;
  const text = String(value);
  const exponent = text.indexOf("e-");
  if (exponent >= 0) return MOST_DECIMALS;
  return Math.min(MOST_DECIMALS, Math.max(learned, text.length - text.indexOf(".") - 1));
}

/** The decimals that tell numbers apart which are `step` from each other; six at most. */
export function decimalsOf(step: number): number {
  for (let decimals = 0; decimals < MOST_AXIS_DECIMALS; decimals++) {
    const scaled = step * 10 ** decimals;
    if (Math.abs(scaled - Math.round(scaled)) < 1e-6 * scaled) return decimals;
  }
  return MOST_AXIS_DECIMALS;
}

/** Remembers of each series how many decimals it has sent, so that its column does not jump. */
export class Decimals {
  readonly #learned = new WeakMap<object, number>();

  /** The decimals to show for a value of a series. */
  of(series: object, value: unknown): number {
    const learned = this.#learned.get(series) ?? 0;
    if (typeof value !== "number") return learned;
    const now = learnDecimals(learned, value);
    this.#learned.set(series, now);
    return now;
  }
}

/** Formats numbers of one locale; each Intl formatter is made once (20 µs against 0.8 µs a number). */
export class Numbers {
  readonly #locale: string;
  readonly #formats = new Map<string, Intl.NumberFormat>();

  constructor(locale: string) {
    this.#locale = locale;
  }

  /** The number with a fixed count of decimals, or with an exponent where it would have over 12 digits. */
  format(value: number, decimals: number): string {
    if (Number.isNaN(value)) return "“NaN”";
    const size = Math.abs(value);
    if (size === Number.POSITIVE_INFINITY) return value > 0 ? "“inf”" : "“−inf”";
    const scientific = size >= EXPONENT_FROM || (size !== 0 && size < EXPONENT_BELOW);
    return this.#format(decimals, scientific).format(value).replace("-", "−");
  }

  /** The number and its unit. */
  measure(value: number, decimals: number, unit: string | undefined): string {
    const text = this.format(value, decimals);
    if (unit === undefined || unit === "") return text;
    return TIGHT_UNITS.has(unit) ? text + unit : text + NARROW_SPACE + unit;
  }

  #format(decimals: number, scientific: boolean): Intl.NumberFormat {
    const key = scientific ? "e" : String(decimals);
    let format = this.#formats.get(key);
    if (format === undefined) {
      format = new Intl.NumberFormat(
        this.#locale,
        scientific
          ? { notation: "scientific", maximumSignificantDigits: 5 }
          : { minimumFractionDigits: decimals, maximumFractionDigits: decimals },
      );
      this.#formats.set(key, format);
    }
    return format;
  }
}
