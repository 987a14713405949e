import type { CompareOptions, SweptEvidence } from "./compare.ts";

export interface ClassEvidence {
  readonly todo: never;
}

export async function gatherClasses(
  _swept: SweptEvidence,
  _options: CompareOptions,
): Promise<ClassEvidence | null> {
  return null;
}
