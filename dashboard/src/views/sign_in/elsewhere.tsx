import { CircleAlert } from "lucide-preact";
import { useEffect, useState } from "preact/hooks";
import type { MessageId } from "../../i18n/language.ts";
import { type OidcOption, signInOptions } from "../app/api.ts";
import { useText } from "../app/app.ts";

/** What the hub sends the browser back with after a sign-in elsewhere that failed; it leaves the address bar at once. */
function takeProblem(): MessageId | null {
  const problem = new URLSearchParams(location.hash.slice(1)).get("problem");
  if (problem === null) return null;
  history.replaceState(null, "", location.pathname + location.search);
  return problem === "permission_denied" ? "sign_in.elsewhere_no_role" : "sign_in.elsewhere_failed";
}

/** The way to sign in at the organisation's own provider, where the hub has one. */
export function SignInElsewhere() {
  const text = useText();
  const [option, setOption] = useState<OidcOption | null>(null);
  const [problem] = useState(takeProblem);
  useEffect(() => {
    // Without an answer the page is what it is without a provider: the password is always there.
    signInOptions().then(setOption, () => setOption(null));
  }, []);
  if (option === null && problem === null) return null;
  return (
    <>
      {problem !== null && (
        <p class="sign-in__wrong" role="alert" data-testid="sign-in-problem">
          <CircleAlert size={16} aria-hidden="true" /> <span>{text(problem)}</span>
        </p>
      )}
      {option !== null && (
        // `_top`: the browser goes there; the router would look for a page of its own.
        <a class="button sign-in__submit" href={option.url} target="_top" data-testid="sign-in-elsewhere">
          {text("sign_in.elsewhere", { name: option.name })}
        </a>
      )}
    </>
  );
}
