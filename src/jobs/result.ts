/** `value` frozen to its leaves; typed arrays cannot be frozen and stay as they are. */
export function deepFreeze<T>(value: T): T {
  if (value === null || typeof value !== "object" || ArrayBuffer.isView(value) || Object.isFrozen(value)) {
    return value;
  }
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}

/** The entries of `values` that are there: what functions with optional properties accept. */
export function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

/** Wall time since `started` (milliseconds on the same clock), in seconds, to a millisecond. */
export function secondsSince(clock: () => number, started: number): number {
  return Math.round(clock() - started) / 1000;
}
