import { useText } from "../app/app.ts";

interface SureButtonsProps {
  label: string;
  refused: string;
  testId: string;
  disabled?: boolean;
  onKeep: () => void;
  onSure: () => void;
}

/** Below a question whose yes can't be taken back: why it was refused, and the buttons for no and yes. */
export function SureButtons({ label, refused, testId, disabled = false, onKeep, onSure }: SureButtonsProps) {
  const text = useText();
  return (
    <>
      {refused !== "" && (
        <p class="notice notice--error" role="alert">
          {refused}
        </p>
      )}
      <div class="chat-form__buttons">
        <button type="button" class="button" onClick={onKeep}>
          {text("device.keep")}
        </button>
        <button type="button" class="button button--danger" data-testid={testId} disabled={disabled} onClick={onSure}>
          {label}
        </button>
      </div>
    </>
  );
}
