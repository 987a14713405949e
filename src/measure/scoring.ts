import type { Space } from "../neighbors/index.ts";
import { type CompareOptions, type Comparison, type SweptEvidence, sweepSpaces } from "./compare.ts";
import { SWEPT } from "./gather.ts";
import type { ScoreName, Scores } from "./result.ts";
import { SCORES, scoresOf } from "./scores/index.ts";
import { NO_STUDIES, studyAll } from "./studies.ts";

/** A comparison and its scores. */
export interface Scored {
  readonly comparison: Comparison;
  readonly scores: Scores;
}

/** Whether a score is a function of the sweep over pairs alone. */
export function isSwept(name: ScoreName): boolean {
  return SCORES[name].needs.every((evidence) => SWEPT.includes(evidence));
}

/**
 * Compares each latent with the original (see `compareAll`) and scores it. Scores of the sweep are taken while the workers are at the studies.
 *
 * @param check looks at what the sweep found before anything else is made of it
 */
export async function scoreAll(
  x: Space,
  zs: readonly Space[],
  names: readonly ScoreName[],
  options: CompareOptions,
  check: (swept: SweptEvidence, latent: number) => void = () => undefined,
): Promise<readonly Scored[]> {
  const swept = await sweepSpaces(x, zs, options);
  swept.forEach(check);
  const studying = studyAll(swept, options);
  // Heard below; should the scores fail first, nobody else would.
  studying.catch(() => undefined);
  const early = swept.map((each) => scoresOf({ ...each, ...NO_STUDIES }, names.filter(isSwept), options.rng));
  const studies = await studying;
  const late = names.filter((name) => !isSwept(name));
  return swept.map((each, l) => {
    const comparison = { ...each, ...studies[l]! };
    const all = { ...early[l], ...scoresOf(comparison, late, options.rng) };
    return {
      comparison,
      scores: Object.fromEntries(names.flatMap((name) => (all[name] ? [[name, all[name]]] : []))),
    };
  });
}
