/** Topic filters on the client's side: the hub has validated them, here they only select. */

/** Whether a valid filter selects a valid topic (MQTT 5.0 section 4.7; as hub/topics.py). */
export function matches(filter: string, topic: string): boolean {
  if (topic.startsWith("$") && /^[+#]/.test(filter)) return false;
  const levels = topic.split("/");
  const parts = filter.split("/");
  for (const [i, part] of parts.entries()) {
    if (part === "#") return true;
    if (i >= levels.length || (part !== "+" && part !== levels[i])) return false;
  }
  return parts.length === levels.length;
}

/** A name as one level of a topic: what MQTT or the encoding gives a meaning is percent-encoded (as hub/topics.py). */
export function toLevel(name: string): string {
  return name.replace(/[/+#%\p{Cc}]/gu, encodeURIComponent);
}
