/** A row of buttons of which one is on. */

export interface Choice<T extends string> {
  value: T;
  text: string;
  /** Why it is grey, or what it does. */
  title?: string | undefined;
  /** Grey, but it can be chosen: the panel then says why there is nothing. */
  missing?: boolean | undefined;
}

interface Props<T extends string> {
  label: string;
  choices: readonly Choice<T>[];
  value: T;
  onChoose: (value: T) => void;
}

export function Segmented<T extends string>({ label, choices, value, onChoose }: Props<T>) {
  return (
    <fieldset class="seg" aria-label={label}>
      {choices.map((choice) => (
        <button
          key={choice.value}
          type="button"
          class={`${choice.value === value ? "on" : ""} ${choice.missing ? "missing" : ""}`}
          aria-pressed={choice.value === value}
          title={choice.title}
          onClick={() => onChoose(choice.value)}
        >
          {choice.text}
        </button>
      ))}
    </fieldset>
  );
}
