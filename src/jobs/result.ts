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
