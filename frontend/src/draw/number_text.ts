/** Numbers as text: few digits, a real minus sign, the same width where it can be had. */

const MINUS = "\u2212";

/** A value of a picture: two decimals where they say something, two significant digits below, exponents far out. */
export function valueText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : `${MINUS}Inf`;
  const size = Math.abs(value);
  if (size === 0) return "0";
  let text: string;
  if (size >= 1e5 || size < 1e-3) text = exponent(size);
  else if (size >= 100) text = size.toFixed(0);
  else if (size >= 0.0995) text = size.toFixed(2);
  else text = size.toPrecision(2);
  return value < 0 ? MINUS + text : text;
}

/** Four significant digits, for one value under the cursor. */
export function exactText(value: number): string {
  if (!Number.isFinite(value) || value === 0) return valueText(value);
  const size = Math.abs(value);
  const text = size >= 1e5 || size < 1e-3 ? exponent(size, 3) : String(Number(size.toPrecision(4)));
  return value < 0 ? MINUS + text : text;
}

/** The same with its sign always shown; for ends of symmetric scales and differences. */
export function signedText(value: number): string {
  return value > 0 ? `+${valueText(value)}` : valueText(value);
}

/** A share 0…1 in percent, never rounded to a false 0 or 100. */
export function percentText(share: number): string {
  if (!Number.isFinite(share)) return "–";
  const percent = share * 100;
  if (percent > 0 && percent < 0.1) return "<0.1 %";
  if (percent < 100 && percent >= 99.95) return ">99.9 %";
  return percent === 0 || percent === 100 ? `${percent} %` : `${percent.toFixed(1)} %`;
}

/** A share 0…1 in whole percent where it is not close to an end. */
export function shareText(share: number): string {
  if (!Number.isFinite(share)) return "–";
  const percent = share * 100;
  if (percent === 0 || percent === 100) return `${percent} %`;
  return percent < 1 ? "<1 %" : percent > 99 ? ">99 %" : `${Math.round(percent)} %`;
}

/** A count with thin groups: 12 345. */
export function countText(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

/** Dimensions: 32 × 28 × 28. */
export function shapeText(shape: readonly number[]): string {
  return shape.join(" × ");
}

function exponent(size: number, digits = 1): string {
  const [mantissa, power] = size.toExponential(digits).split("e") as [string, string];
  return `${mantissa}e${power.replace("+", "").replace("-", MINUS)}`;
}
