import { useId } from "preact/hooks";
import "./segmented.css";

interface SegmentedProps<Value extends string> {
  label: string;
  options: readonly (readonly [Value, string])[];
  value: Value;
  onChange: (value: Value) => void;
  /** Show the label beside the choices; else it is only spoken. */
  labelled?: boolean;
}

/** One choice of a few, all in sight: radio buttons that look like one control. */
export function Segmented<Value extends string>(props: SegmentedProps<Value>) {
  const name = useId();
  return (
    <fieldset class="segmented">
      <legend class={props.labelled ? "segmented__label" : "visually-hidden"}>{props.label}</legend>
      <div class="segmented__options">
        {props.options.map(([value, word]) => (
          <label key={value} class="segmented__option">
            <input
              type="radio"
              name={name}
              value={value}
              checked={value === props.value}
              onChange={() => props.onChange(value)}
            />
            <span>{word}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
