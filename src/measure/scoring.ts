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
  const swept = await sweepSpaces(x, zs, options);
  swept.forEach(check);
  const studying = studyAll(swept, options);
  return Promise.all(swept.map((each, l) => scoreOne(each, studying[l]!, names, options.rng)));
}

async function scoreOne(
  swept: SweptEvidence,
  studying: Studying,
  names: readonly ScoreName[],
  rng: Rng,
): Promise<Scored> {
  const scores = await Promise.all(
    names.map(async (name) => {
      const { needs, of } = SCORES[name];
      const kinds = needs.filter(isStudy);
      const found = await Promise.all(kinds.map(async (kind) => ({ [kind]: await studying[kind] })));
      return [name, of(Object.assign({ ...swept, ...NO_STUDIES }, ...found), rng)] as const;
    }),
  );
  return {
    comparison: { ...swept, ...(await studied(studying)) },
    scores: Object.fromEntries(scores.filter(([, score]) => score !== null)),
  };
}
