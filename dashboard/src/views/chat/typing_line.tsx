import { useApp, useText } from "../app/app.ts";

/** Who is typing in a room now; it keeps its place, so that nothing moves. */
export function TypingLine({ room }: { room: string }) {
  const { hub } = useApp();
  const text = useText();
  void hub.chat.typed.value;
  const [one, other, ...more] = hub.chat.typists(room);
  return (
    <p class="typing" data-testid="typing">
      {one !== undefined && other === undefined && text("chat.typing", { user: one })}
      {one !== undefined && other !== undefined && more.length === 0 && text("chat.typing_two", { one, other })}
      {more.length > 0 && text("chat.typing_many", { n: more.length + 2 })}
    </p>
  );
}
