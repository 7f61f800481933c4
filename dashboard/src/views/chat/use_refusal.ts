import { useCallback, useState } from "preact/hooks";
import { useApp, useText } from "../app/app.ts";

/** Runs what the hub may refuse; the sentence of its refusal is kept until the next try. Gives whether it was done. */
export function useRefusal(): [refused: string, attempt: (work: () => Promise<unknown>) => Promise<boolean>] {
  const { language } = useApp();
  const text = useText();
  const [refused, setRefused] = useState("");
  const attempt = useCallback(
    async (work: () => Promise<unknown>) => {
      setRefused("");
      try {
        await work();
        return true;
      } catch (error) {
        const name = error instanceof Error ? error.name : "internal";
        setRefused(language.peek().textOf(`error.${name}`) ?? text("error.internal"));
        return false;
      }
    },
    [language, text],
  );
  return [refused, attempt];
}
