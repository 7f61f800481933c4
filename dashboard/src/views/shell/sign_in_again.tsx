import { signIn } from "../app/api.ts";
import { useApp, useText } from "../app/app.ts";
import { Dialog } from "../kit/dialog.tsx";
import { SignInForm } from "../sign_in/form.tsx";
import "../sign_in/sign_in.css";

/** Signs in over the page, so that what was typed on it is kept. */
export function SignInAgain({ onClose }: { onClose: () => void }) {
  const app = useApp();
  const text = useText();
  return (
    <Dialog title={text("sign_in.title")} onClose={onClose}>
      <SignInForm
        purpose="sign_in"
        name={app.session.me.peek()?.user ?? ""}
        onSubmit={async (name, password) => {
          app.session.signedIn(await signIn(name, password));
          onClose();
        }}
      />
    </Dialog>
  );
}
