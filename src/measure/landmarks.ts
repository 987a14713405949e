import type { CompareOptions, SweptEvidence } from "./compare.ts";

export interface LandmarkEvidence {
  readonly todo: never;
}

export async function gatherLandmarks(
  _swept: SweptEvidence,
  _options: CompareOptions,
): Promise<LandmarkEvidence | null> {
  return null;
}
