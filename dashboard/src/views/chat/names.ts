const APART = /[,;\n]+/;

const bare = (name: string) => name.trim().replace(/^@/, "");

/**
 * The names in a list that people write, with commas between them and perhaps an @ before each. A name may have spaces;
 * where it is nobody's and each of its words is somebody's, they are meant.
 */
export function namesIn(list: string, known: Iterable<string>): string[] {
  const byFold = new Map(Array.from(known, (name) => [name.toLocaleLowerCase(), name]));
  const knownAs = (name: string) => byFold.get(name.toLocaleLowerCase());
  const named = (part: string): string[] => {
    const whole = knownAs(part);
    if (whole !== undefined) return [whole];
    const words = part.split(/\s+/).map(bare);
    return words.every((word) => knownAs(word) !== undefined) ? words : [part];
  };
  return [...new Set(list.split(APART).map(bare).filter(Boolean).flatMap(named))];
}
