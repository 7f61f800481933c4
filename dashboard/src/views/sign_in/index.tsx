import { useEffect, useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { LANGUAGES, type LanguageCode } from "../../i18n/language.ts";
import { type Me, signIn, signInByLink } from "../app/api.ts";
import { useApp, useText } from "../app/app.ts";
import { Segmented } from "../kit/segmented.tsx";
import { SignInElsewhere } from "./elsewhere.tsx";
import { SignInForm } from "./form.tsx";
import "./sign_in.css";

const LANGUAGE_OPTIONS = Object.entries(LANGUAGES) as [LanguageCode, string][];

/** The code of a first-start link; it leaves the address bar at once, so that it is in no history and no screenshot. */
function takeCode(): string | null {
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
  if (code !== null) history.replaceState(null, "", location.pathname + location.search);
  return code;
}

/** The code of the link: also where the link is opened in a window that shows this page already. */
function useCode() {
  const [code, setCode] = useState(takeCode);
  useEffect(() => {
    const onHash = () => setCode((before) => takeCode() ?? before);
    addEventListener("hashchange", onHash);
    return () => removeEventListener("hashchange", onHash);
  }, []);
  return [code, setCode] as const;
}

/** Where to go after signing in: only pages of this hub. */
function destination(): string {
  const wanted = new URLSearchParams(location.search).get("next") ?? "/";
  return wanted.startsWith("/") && !wanted.startsWith("//") && !wanted.startsWith("/sign-in") ? wanted : "/";
}

/** Signing in with a password, or setting up the hub with the link that its first start prints. */
export default function SignInPage() {
  const app = useApp();
  const text = useText();
  const { route } = useLocation();
  const [code, setCode] = useCode();
  const creating = code !== null;
  const title = text(creating ? "sign_in.create_title" : "sign_in.title");
  useEffect(() => {
    document.title = `${title} · ${text("app.name")}`;
  }, [title, text]);

  const signedIn = app.session.state.value === "signed_in";
  useEffect(() => {
    if (signedIn) route(destination(), true);
  }, [signedIn, route]);

  const enter = async (ask: Promise<Me>) => {
    app.session.signedIn(await ask);
  };

  return (
    <main class="sign-in" data-testid="sign-in">
      <div class="sign-in__card card">
        <header class="sign-in__header">
          <img src="/favicon.svg" alt="" width={28} height={28} />
          <span class="sign-in__brand">{text("app.name")}</span>
          <span class="sign-in__host">{location.host}</span>
        </header>
        <h1>{title}</h1>
        {creating && <p class="sign-in__why">{text("sign_in.create_why")}</p>}
        {creating ? (
          <SignInForm
            key="create"
            purpose="create"
            onSubmit={(name, password) => enter(signInByLink(code, name, password))}
          />
        ) : (
          <SignInForm key="sign_in" purpose="sign_in" onSubmit={(name, password) => enter(signIn(name, password))} />
        )}
        {!creating && <SignInElsewhere />}
        {creating ? (
          <button type="button" class="button button--link" onClick={() => setCode(null)}>
            {text("sign_in.go_sign_in")}
          </button>
        ) : (
          <p class="sign-in__hint">
            {text("sign_in.first_hint")} <code>hub serve</code>
          </p>
        )}
      </div>
      <Segmented
        label={text("account.language")}
        options={LANGUAGE_OPTIONS}
        value={app.language.value.code}
        onChange={(language) => app.preferences.setLanguage(language)}
      />
    </main>
  );
}
