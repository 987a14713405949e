/** "12,345": a count with thousands separators. */
export function count(n: number): string {
  return n.toLocaleString("en");
}

/** "1 row", "12,345 rows". */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** A score with four decimals, from 10 on with four digits or all of its whole part: 0.9875, 84.03, 15,142; "n/a" when it is not finite. */
export function score(value: number): string {
  if (!Number.isFinite(value)) return "n/a";
  return Math.abs(value) < 10 ? value.toFixed(4) : significant(value);
}

/** About `digits` significant digits, never in scientific notation below a million: 0.01234, 5.217, 1,234. */
export function significant(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "n/a" : value > 0 ? "∞" : "-∞";
  if (value === 0) return "0";
  const magnitude = Math.floor(Math.log10(Math.abs(Number(value.toPrecision(digits)))));
  if (magnitude < -4 || magnitude >= 9) return value.toExponential(Math.max(0, digits - 1));
  const decimals = Math.max(0, digits - 1 - magnitude);
  return value.toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

/** "5.2x": a factor in words, 1 or more: two decimals below 2, one below 100. */
export function times(value: number): string {
  if (!Number.isFinite(value)) return "∞x";
  if (value >= 1e6) return `${value.toExponential(1)}x`;
  return value >= 100 ? `${count(Math.round(value))}x` : `${value.toFixed(value < 2 ? 2 : 1)}x`;
}

/** "34 %"; "0.3 %" below one percent; never a rounded 0 or 100 for a share that is neither. */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return "n/a";
  const value = share * 100;
  if (value > 0 && value < 0.1) return "under 0.1 %";
  if (value < 100 && value >= 99.95) return "over 99.9 %";
  return (value > 0 && value < 1) || (value > 99 && value < 100)
    ? `${value.toFixed(1)} %`
    : `${Math.round(value)} %`;
}

/** "0.34 s", "12 s", "3 min 5 s". */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(seconds < 1 ? 2 : 1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
