import type { Interval } from "../base/index.ts";
import type { Score, ScoreName } from "../measure/result.ts";
import type { Compared, Placing, Standing } from "./result.ts";
import { JUDGED_NAMES, type JudgedName, lessIsBetter, SCORE_GROUPS, SCORE_NAMES } from "./rules.ts";
import { valueText } from "./score-table.ts";

/** A value and its 95 % interval: what is compared. */
export interface Measured {
  readonly value: number;
  readonly interval: Interval;
}

/** One of those that are compared: a latent, or a baseline that stands beside one. */
export interface Entrant {
  readonly name: string;
  readonly kind: Standing["kind"];
  readonly scores: Readonly<Partial<Record<ScoreName, Measured>>>;
}

/** How the places come about, in words. */
export const PLACES =
  "Place on a score: 1 + those that are clearly better there; where 95 % intervals overlap, or exact values print alike, two are level. " +
  "Mean places count every score alike.";

/** The latents in their order, then their baselines, each once. */
export function entrantsOf(compared: readonly Compared[]): Entrant[] {
  const latents = compared.map(
    ({ name, audit }): Entrant => ({ name, kind: "latent", scores: audit.scores }),
  );
  const baselines = new Map<string, Entrant>();
  for (const { audit } of compared) {
    const name = audit.options.baseline;
    if (name === null || baselines.has(name)) continue;
    const known = SCORE_NAMES.flatMap((score) => {
      const own = audit.scores[score];
      return own?.baseline ? [[score, borrowed(own, own.baseline.value)] as const] : [];
    });
    baselines.set(name, { name, kind: "baseline", scores: Object.fromEntries(known) });
  }
  return [...latents, ...baselines.values()];
}

/** A baseline was measured by the same anchors as its latent, and is taken to be as uncertain. */
function borrowed({ value: own, interval: [low, high] }: Score, value: number): Measured {
  const by = value - own;
  return { value, interval: Number.isFinite(by) ? [low + by, high + by] : [value, value] };
}

/**
 * Is `a` clearly better than `b`? Not where their intervals overlap, nor where both values print alike. The intervals are those of each alone;
 * the same anchors err alike in both, so that this claims too little rather than too much.
 */
export function clearlyBetter(name: ScoreName, a: Measured, b: Measured): boolean {
  if (!Number.isFinite(a.value)) return false;
  if (!Number.isFinite(b.value)) return true;
  if (valueText(name, a.value) === valueText(name, b.value)) return false;
  return lessIsBetter(name) ? a.interval[1] < b.interval[0] : a.interval[0] > b.interval[1];
}

/** The judged scores that all have. */
export function comparedNames(entrants: readonly Entrant[]): JudgedName[] {
  return JUDGED_NAMES.filter((name) => entrants.every(({ scores }) => scores[name]));
}

/** Where each stands, the first first; equal places stay in the order of `entrants`. Nothing where no score is shared. */
export function ranking(entrants: readonly Entrant[]): Standing[] {
  const names = comparedNames(entrants);
  if (names.length === 0) return [];
  const byScore = names.map((name) =>
    placesBy(entrants.length, (i, j) =>
      clearlyBetter(name, entrants[i]!.scores[name]!, entrants[j]!.scores[name]!),
    ),
  );
  const places = entrants.map(
    (_, i): Partial<Record<JudgedName, number>> =>
      Object.fromEntries(names.map((name, j) => [name, byScore[j]![i]!])),
  );
  const overall = placings(places, names);
  const [neighbourhoods, distances] = SCORE_GROUPS.slice(0, 2).map((group) => {
    const own = names.filter((name) => group.names.includes(name));
    return own.length === 0 ? null : placings(places, own);
  });
  return entrants
    .map(({ name, kind }, i) => ({
      name,
      kind,
      ...overall[i]!,
      neighbourhoods: neighbourhoods?.[i] ?? null,
      distances: distances?.[i] ?? null,
      places: places[i]!,
    }))
    .sort((a, b) => a.place - b.place);
}

/** 1 + those that are clearly better, for each of `count`. */
export function placesBy(count: number, better: (i: number, j: number) => boolean): number[] {
  const all = Array.from({ length: count }, (_, i) => i);
  return all.map((i) => 1 + all.filter((j) => better(j, i)).length);
}

/** The mean of each one's places under `keys`, and the place that it makes. */
export function placings<K extends string>(
  places: readonly Readonly<Partial<Record<K, number>>>[],
  keys: readonly K[],
): Placing[] {
  const sums = places.map((own) => keys.reduce((sum, key) => sum + own[key]!, 0));
  return sums.map((sum) => ({
    place: 1 + sums.filter((other) => other < sum).length,
    meanPlace: sum / keys.length,
  }));
}

/** The best value of a score among all, and whose it is; of equal ones the first. Null where there is no finite one. */
export function bestValue(
  name: ScoreName,
  entrants: readonly Entrant[],
): { readonly name: string; readonly value: number } | null {
  const sign = lessIsBetter(name) ? -1 : 1;
  let best: { name: string; value: number } | null = null;
  for (const { name: owner, scores } of entrants) {
    const value = scores[name]?.value;
    if (value === undefined || !Number.isFinite(value)) continue;
    if (best === null || sign * value > sign * best.value) best = { name: owner, value };
  }
  return best;
}
