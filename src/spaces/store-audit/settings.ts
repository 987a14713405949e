import type { IndexState, Tuning } from "../../stores/store.ts";

/** Values of tunings that are tried together; those left out are at their defaults. */
export type Setting = Readonly<Record<string, number>>;

/** Settings in the order in which they are tried: each finds no less than the one before, and takes no less time. */
export type Climb = readonly Setting[];

/**
 * What is worth trying: each tuning of the index by itself along its ladder, the others at their defaults, and where there are several all of them together, step by step.
 *
 * Sum of the ladders' lengths, and once more the longest.
 */
export function climbsOf(tunings: readonly Tuning[], index: IndexState | null): Climb[] {
  const own = index ? tunings.filter(({ indexes }) => indexes.includes(index.kind)) : [];
  const alone = own.map(({ name, ladder }) => ladder.map((value): Setting => ({ [name]: value })));
  if (own.length < 2) return alone;
  const steps = Math.max(...own.map(({ ladder }) => ladder.length));
  const together = Array.from(
    { length: steps },
    (_, step): Setting =>
      Object.fromEntries(own.map(({ name, ladder }) => [name, ladder[Math.min(step, ladder.length - 1)]!])),
  );
  return [...alone, together];
}

/** Whether a setting says nothing but the defaults. */
export function isDefault(setting: Setting, tunings: readonly Tuning[]): boolean {
  return tunings.every(({ name, default: usual }) => (setting[name] ?? usual) === usual);
}
