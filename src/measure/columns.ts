import type { CompareOptions, SweptEvidence } from "./compare.ts";

export interface ColumnEvidence {
  readonly todo: never;
}

export async function gatherColumns(
  _swept: SweptEvidence,
  _options: CompareOptions,
): Promise<ColumnEvidence | null> {
  return null;
}
