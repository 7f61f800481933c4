/** What a person reads of a key where there is no room for its path. */

const SEPARATOR = /[./]/;
/** Words that only tell a value from another that most devices do not have. */
const QUALIFIERS = /^(?:(?:local|occupied|current|heating|measured|actual)_)+/i;
/** An index says nothing without what it counts. */
const INDEX = /^\d+$/;

/** The last part of a path, without its qualifiers: `ENERGY.Power` is `Power`, `local_temperature` is `temperature`. */
function lastWords(key: string): string {
  const parts = key.split(SEPARATOR);
  let at = parts.length - 1;
  while (at > 0 && INDEX.test(parts[at] as string)) at--;
  const short = parts.slice(at).join(".").replace(QUALIFIERS, "");
  return short === "" ? key : short;
}

/** A short name for each key of a device; where two would read the same, both keep their whole path. */
export function shortNames(keys: Iterable<string>): ReadonlyMap<string, string> {
  const shorts = new Map(Array.from(keys, (key): [string, string] => [key, lastWords(key)]));
  const counts = new Map<string, number>();
  for (const short of shorts.values()) counts.set(short, (counts.get(short) ?? 0) + 1);
  for (const [key, short] of shorts) shorts.set(key, (counts.get(short) === 1 ? short : key).replaceAll("_", " "));
  return shorts;
}
