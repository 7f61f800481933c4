import { useCallback, useState } from "preact/hooks";
import { useApp, useText } from "../app/app.ts";

type Refusal = [refused: string, attempt: (work: () => Promise<unknown>) => Promise<boolean>, forget: () => void];

/** Runs what the hub may refuse and gives whether it was done; its sentence is kept until the next try, or forgotten. */
export function useRefusal(): Refusal {
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
  const forget = useCallback(() => setRefused(""), []);
  return [refused, attempt, forget];
}
