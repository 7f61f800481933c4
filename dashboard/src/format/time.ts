import type { Language } from "../i18n/language.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

type Shape = "clock" | "clock_ms" | "minutes" | "day" | "day_clock" | "day_minutes";

const SHAPES: Readonly<Record<Shape, Intl.DateTimeFormatOptions>> = {
  clock: { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
  clock_ms: { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hourCycle: "h23" },
  minutes: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  day: { day: "numeric", month: "short" },
  day_clock: {
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  },
  day_minutes: { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
};

/** Times (ms since the epoch), ages and durations (ms) in a person's words; `now` is always the caller's. */
export class Times {
  readonly #language: Language;
  readonly #timeZone: string | undefined;
  readonly #formats = new Map<Shape, Intl.DateTimeFormat>();

  constructor(language: Language, timeZone?: string) {
    this.#language = language;
    this.#timeZone = timeZone;
  }

  /** How long ago: `now`, `12 s`, `4 min`, `3 h 05 min`, and from a day on the date. */
  age(time: number, now: number): string {
    const passed = now - time;
    return passed < DAY_MS ? this.duration(passed) : this.at(time, now);
  }

  /** A length of time in two units at most; below a second it is `now`. */
  duration(length_ms: number): string {
    const text = this.#language;
    if (length_ms < SECOND_MS) return text.text("age.now");
    if (length_ms < MINUTE_MS) return text.text("age.seconds", { n: Math.floor(length_ms / SECOND_MS) });
    if (length_ms < HOUR_MS) return text.text("age.minutes", { n: Math.floor(length_ms / MINUTE_MS) });
    if (length_ms >= DAY_MS) return text.text("age.days", { n: Math.floor(length_ms / DAY_MS) });
    const minutes = Math.floor((length_ms % HOUR_MS) / MINUTE_MS);
    return text.text("age.hours", { n: Math.floor(length_ms / HOUR_MS), m: String(minutes).padStart(2, "0") });
  }

  /** A length of time that is never `now`: `0.2 s`, `12 s`. */
  interval(length_ms: number): string {
    if (length_ms >= SECOND_MS) return this.duration(length_ms);
    return this.#language.text("age.seconds", { n: Math.max(0.1, Math.round(length_ms / 100) / 10) });
  }

  /** A moment: `14:02:11` on the day of `now`, `22 Nov 14:02` else. */
  at(time: number, now: number): string {
    return this.sameDay(time, now) ? this.#format("clock", time) : this.#format("day_minutes", time);
  }

  /** A moment of the day without seconds. */
  minutes(time: number): string {
    return this.#format("minutes", time);
  }

  /** A day: `22 Nov`. */
  day(time: number): string {
    return this.#format("day", time);
  }

  /** A moment to the millisecond. */
  exact(time: number): string {
    return `${this.#format("day", time)} ${this.#format("clock_ms", time)}`;
  }

  /** A moment on an axis whose marks are `step_ms` apart. */
  tick(time: number, step_ms: number): string {
    if (step_ms >= DAY_MS) return this.#format("day", time);
    return this.#format(step_ms < MINUTE_MS ? "clock" : "minutes", time);
  }

  /** Whether two moments lie on one day of the person's zone. */
  sameDay(one: number, other: number): boolean {
    return Math.abs(one - other) < DAY_MS && this.#format("day", one) === this.#format("day", other);
  }

  #format(shape: Shape, time: number): string {
    let format = this.#formats.get(shape);
    if (format === undefined) {
      format = new Intl.DateTimeFormat(this.#language.locale, { ...SHAPES[shape], timeZone: this.#timeZone });
      this.#formats.set(shape, format);
    }
    return format.format(time).replace(",", "");
  }
}
