import { Keyboard, LogOut } from "lucide-preact";
import { useRef, useState } from "preact/hooks";
import { LANGUAGES, type LanguageCode } from "../../i18n/language.ts";
import { useApp, useText } from "../app/app.ts";
import type { Density, Theme } from "../app/preferences.ts";
import { Segmented } from "../kit/segmented.tsx";

const LANGUAGE_OPTIONS = Object.entries(LANGUAGES) as [LanguageCode, string][];

/** Who is signed in, how the hub looks for this person, and the way out. */
export function AccountMenu({ onHelp }: { onHelp: () => void }) {
  const app = useApp();
  const text = useText();
  const menu = useRef<HTMLDivElement>(null);
  const me = app.session.me.value;
  const [failed, setFailed] = useState(false);
  const leave = () =>
    app.session.signOut().then(
      // A new document: nothing of this person stays in memory.
      () => location.assign("/sign-in"),
      () => setFailed(true),
    );
  return (
    <>
      <button
        type="button"
        class="account__button"
        popovertarget="account"
        aria-label={text("page.account")}
        data-testid="account"
      >
        {me?.user.slice(0, 1)}
      </button>
      <div ref={menu} id="account" popover="auto" class="account">
        {me !== null && (
          <p class="account__who">
            <strong>{text("account.signed_in", { user: me.user })}</strong>
            <span>
              {text("account.role")}: {text(`role.${me.role}`)}
            </span>
          </p>
        )}
        <Looks />
        <div class="account__actions">
          <button
            type="button"
            class="button"
            onClick={() => {
              menu.current?.hidePopover();
              onHelp();
            }}
          >
            <Keyboard size={16} aria-hidden="true" /> {text("account.shortcuts")}
          </button>
          <button type="button" class="button" onClick={leave} data-testid="sign-out">
            <LogOut size={16} aria-hidden="true" /> {text("account.sign_out")}
          </button>
        </div>
        {failed && (
          <p class="notice notice--error" role="alert">
            {text("error.no_answer")}
          </p>
        )}
      </div>
    </>
  );
}

function Looks() {
  const { preferences, language } = useApp();
  const text = useText();
  const themes = ["system", "light", "dark"] as const satisfies readonly Theme[];
  const densities = ["auto", "comfortable", "dense"] as const satisfies readonly Density[];
  return (
    <>
      <Segmented
        labelled
        label={text("account.language")}
        options={LANGUAGE_OPTIONS}
        value={language.value.code}
        onChange={(code) => preferences.setLanguage(code)}
      />
      <Segmented
        labelled
        label={text("account.theme")}
        options={themes.map((theme) => [theme, text(`account.theme_${theme}`)] as const)}
        value={preferences.theme.value}
        onChange={(theme) => preferences.setTheme(theme)}
      />
      <Segmented
        labelled
        label={text("account.density")}
        options={densities.map((density) => [density, text(`account.density_${density}`)] as const)}
        value={preferences.density.value}
        onChange={(density) => preferences.setDensity(density)}
      />
      <label class="account__check">
        <input
          type="checkbox"
          checked={preferences.letters.value}
          onChange={(event) => preferences.setLetters(event.currentTarget.checked)}
        />
        {text("account.letters")}
      </label>
    </>
  );
}
