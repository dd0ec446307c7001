/** A choice from a short list of texts, with its name inside the control. */

export interface Option<T extends string> {
  value: T;
  text: string;
}

interface Props<T extends string> {
  label: string;
  options: readonly Option<T>[];
  value: T;
  onChoose: (value: T) => void;
}

export function Select<T extends string>({ label, options, value, onChoose }: Props<T>) {
  return (
    <label class="sel caret">
      <i>{label}</i>
      <select value={value} onChange={(event) => onChoose(event.currentTarget.value as T)}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.text}
          </option>
        ))}
      </select>
    </label>
  );
}
