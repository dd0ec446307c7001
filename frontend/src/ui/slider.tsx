/** A number chosen by dragging, with its name and its value as text. */

interface Props {
  label: string;
  value: number;
  low: number;
  high: number;
  step: number;
  text: string;
  onChange: (value: number) => void;
}

export function Slider({ label, value, low, high, step, text, onChange }: Props) {
  const share = (value - low) / (high - low || 1);
  return (
    <label class="legend slide">
      <span>{label}</span>
      <input
        type="range"
        min={low}
        max={high}
        step={step}
        value={value}
        aria-valuetext={text}
        style={{ "--share": `${share * 100}%` }}
        onInput={(event) => onChange(Number(event.currentTarget.value))}
      />
      <span class="slide-text">{text}</span>
    </label>
  );
}
