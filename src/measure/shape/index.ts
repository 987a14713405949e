import type { Rng } from "../../base/index.ts";
import type { MomentsOptions } from "../../linalg/index.ts";
import type { Comparison } from "../compare.ts";
import type { SpaceShape } from "../result.ts";
import { type Anchored, anchoredOf } from "./anchored.ts";
import { connectedComponents } from "./components.ts";
import { concentration } from "./concentration.ts";
import { intrinsicDimension } from "./dimension.ts";
import { hubness } from "./hubness.ts";
import { anisotropy, collapse, rowFacts } from "./rows.ts";
import { effectiveRank, participationRatio } from "./spectrum.ts";

/** The shape of one space of a comparison by itself, from the evidence that is there; one more pass over its rows. */
export async function shapeOf(
  comparison: Comparison,
  side: "x" | "z",
  options: Omit<MomentsOptions, "stage"> & { readonly rng: Rng },
): Promise<SpaceShape> {
  const { rng, ...watch } = options;
  const { spaces, moments, pairs, layout } = comparison;
  const facts = await rowFacts(spaces[side], { ...watch, stage: "shape" });
  const own = moments?.[side] ?? null;
  return {
    ...neighborhoods(comparison, side, anchoredOf(comparison), rng.split(`shape ${side}`)),
    effectiveRank: own && effectiveRank(own, layout.rows),
    participationRatio: own && participationRatio(own, layout.rows),
    anisotropy: anisotropy(facts),
    zeroRows: facts.zeros,
    concentration: pairs && concentration(comparison, side, rng),
    collapse: collapse(facts, own),
  };
}

function neighborhoods(
  { neighbors, spaces }: Comparison,
  side: "x" | "z",
  anchored: Anchored,
  rng: Rng,
): Pick<SpaceShape, "intrinsicDimension" | "hubness" | "components"> {
  if (!neighbors) return { intrinsicDimension: null, hubness: null, components: null };
  const own = neighbors[side];
  return {
    intrinsicDimension: intrinsicDimension(own, spaces[side], anchored),
    hubness: hubness(own, anchored, rng),
    components: anchored.isExact ? connectedComponents(own) : null,
  };
}
