import { X } from "lucide-preact";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { useText } from "../app/app.ts";
import "./dialog.css";

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  /** Told to those who listen only: the dialog begins with a field that says it all. */
  bare?: boolean;
}

/** A native modal dialog: open while it is mounted; Esc and a click beside it close it, and focus goes back. */
export function Dialog({ title, onClose, children, bare = false }: DialogProps) {
  const text = useText();
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: a click on the backdrop is only a second way; Esc is the browser's own
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby={id}
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <div class="dialog__body">
        <header class={bare ? "visually-hidden" : "dialog__header"}>
          <h2 id={id}>{title}</h2>
          {!bare && (
            <button type="button" class="button button--quiet button--icon" onClick={onClose}>
              <X size={16} aria-hidden="true" />
              <span class="visually-hidden">{text("app.close")}</span>
            </button>
          )}
        </header>
        {children}
      </div>
    </dialog>
  );
}
