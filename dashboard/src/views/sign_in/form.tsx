import { CircleAlert, Eye, EyeOff } from "lucide-preact";
import { useId, useRef, useState } from "preact/hooks";
import type { MessageId } from "../../i18n/language.ts";
import { ApiError } from "../app/api.ts";
import type { Text } from "../app/app.ts";
import { useText } from "../app/app.ts";
import { PASSWORD_MIN } from "./limits.ts";

interface SignInFormProps {
  /** `sign_in` asks for what is known, `create` for what shall be. */
  purpose: "sign_in" | "create";
  name?: string;
  onSubmit: (name: string, password: string) => Promise<void>;
}

/** What the answer of the hub means to the person who typed. */
function explain(error: unknown, purpose: SignInFormProps["purpose"], text: Text): string {
  if (!(error instanceof ApiError)) throw error;
  if (error.unanswered) return text("error.no_answer");
  if (error.status === 429) {
    return error.retryAfter_s === null ? text("error.locked_unknown") : text("error.locked", { n: error.retryAfter_s });
  }
  if (purpose === "sign_in" && error.status === 401) return text("error.sign_in");
  if (purpose === "create" && [401, 403, 404, 409, 410].includes(error.status)) return text("sign_in.link_used");
  return `${error.message} (${text("error.code", { code: error.code })})`;
}

function complaint(purpose: SignInFormProps["purpose"], name: string, password: string): MessageId | null {
  if (name.trim() === "") return "sign_in.name_missing";
  if (password === "") return "sign_in.password_missing";
  return purpose === "create" && password.length < PASSWORD_MIN ? "sign_in.password_short" : null;
}

/** Name and password, with what is wrong said under them; the fields keep what was typed. */
export function SignInForm({ purpose, name = "", onSubmit }: SignInFormProps) {
  const text = useText();
  const id = useId();
  const form = useRef<HTMLFormElement>(null);
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<string | null>(null);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (busy || form.current === null) return;
    const fields = new FormData(form.current);
    const [typedName, password] = [String(fields.get("name")), String(fields.get("password"))];
    const missing = complaint(purpose, typedName, password);
    if (missing !== null) return setWrong(text(missing, { n: PASSWORD_MIN }));
    setBusy(true);
    setWrong(null);
    try {
      await onSubmit(typedName.trim(), password);
    } catch (error) {
      setWrong(explain(error, purpose, text));
      setBusy(false);
    }
  };

  return (
    <form ref={form} class="sign-in__form" onSubmit={submit} noValidate data-testid="sign-in-form">
      <div class="field">
        <label for={`${id}-name`}>{text("sign_in.name")}</label>
        <input
          id={`${id}-name`}
          class="input"
          name="name"
          defaultValue={name}
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          aria-invalid={wrong !== null}
          aria-describedby={`${id}-wrong`}
        />
      </div>
      <PasswordField id={id} purpose={purpose} invalid={wrong !== null} />
      <p id={`${id}-wrong`} class="sign-in__wrong" role="alert" data-testid="sign-in-error">
        {wrong !== null && (
          <>
            <CircleAlert size={16} aria-hidden="true" /> <span>{wrong}</span>
          </>
        )}
      </p>
      <button type="submit" class="button button--primary sign-in__submit" aria-disabled={busy}>
        {text(busy ? "sign_in.busy" : purpose === "create" ? "sign_in.create_submit" : "sign_in.submit")}
      </button>
    </form>
  );
}

function PasswordField({ id, purpose, invalid }: { id: string; purpose: string; invalid: boolean }) {
  const text = useText();
  const [shown, setShown] = useState(false);
  const Icon = shown ? EyeOff : Eye;
  return (
    <div class="field">
      <label for={`${id}-password`}>{text("sign_in.password")}</label>
      <div class="sign-in__password">
        <input
          id={`${id}-password`}
          class="input"
          name="password"
          type={shown ? "text" : "password"}
          autocomplete={purpose === "create" ? "new-password" : "current-password"}
          aria-invalid={invalid}
          aria-describedby={`${id}-hint ${id}-wrong`}
        />
        <button
          type="button"
          class="button button--quiet button--icon"
          aria-pressed={shown}
          aria-label={text(shown ? "sign_in.hide" : "sign_in.show")}
          onClick={() => setShown(!shown)}
        >
          <Icon size={16} aria-hidden="true" />
        </button>
      </div>
      {purpose === "create" && (
        <span id={`${id}-hint`} class="field__hint">
          {text("sign_in.password_hint", { n: PASSWORD_MIN })}
        </span>
      )}
    </div>
  );
}
