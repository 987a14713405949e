import type { Rng } from "../base/index.ts";
import type { Space } from "../neighbors/index.ts";
import {
  type CompareOptions,
  type Comparison,
  type Evidence,
  type SweptEvidence,
  sweepSpaces,
} from "./compare.ts";
import type { ScoreName, Scores } from "./result.ts";
import { SCORES } from "./scores/index.ts";
import { NO_STUDIES, type Studies, type Studying, studied, studyAll } from "./studies.ts";

/** A comparison and its scores. */
export interface Scored {
  readonly comparison: Comparison;
  readonly scores: Scores;
}

/** Whether a score is a function of the sweep over pairs alone. */
export function isSwept(name: ScoreName): boolean {
  return !SCORES[name].needs.some(isStudy);
}

function isStudy(kind: Evidence): kind is keyof Studies {
  return kind in NO_STUDIES;
}

/**
 * Compares each latent with the original and scores it: each score as soon as its evidence is there, while the workers are at other evidence.
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
  const sweeping = await sweepSpaces(x, zs, options);
  sweeping.first.forEach(check);
  const { swept, studying } = await studyAll(sweeping, options);
  return Promise.all(
    studying.map((each, l) => {
      const own = swept.then((all) => all[l]!);
      return scoreOne({ first: sweeping.first[l]!, swept: own, studying: each }, names, options.rng);
    }),
  );
}

/** Of one latent: what the first passes found, that and the rest once it is complete, and the studies. */
interface Evident {
  readonly first: SweptEvidence;
  readonly swept: Promise<SweptEvidence>;
  readonly studying: Studying;
}

/** Evidence of the last pass over pairs. */
const LAST: readonly Evidence[] = ["ranks", "pairRanks"];

async function scoreOne(
  { first, swept, studying }: Evident,
  names: readonly ScoreName[],
  rng: Rng,
): Promise<Scored> {
  const scores = await Promise.all(
    names.map(async (name) => {
      const { needs, of } = SCORES[name];
      const pairs = needs.some((kind) => LAST.includes(kind)) ? await swept : first;
      const kinds = needs.filter(isStudy);
      const found = await Promise.all(kinds.map(async (kind) => ({ [kind]: await studying[kind] })));
      return [name, of(Object.assign({ ...pairs, ...NO_STUDIES }, ...found), rng)] as const;
    }),
  );
  return {
    comparison: { ...(await swept), ...(await studied(studying)) },
    scores: Object.fromEntries(scores.filter(([, score]) => score !== null)),
  };
}
