import type { CompareOptions, SweptEvidence } from "./compare.ts";

export interface MomentEvidence {
  readonly todo: never;
}

export async function gatherMoments(
  _swept: SweptEvidence,
  _options: CompareOptions,
): Promise<MomentEvidence | null> {
  return null;
}
