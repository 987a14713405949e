import type { Expression } from "../graph/index.ts";
import { biLipschitzLook } from "./penalties/bi-lipschitz.ts";
import { extremeDirections } from "./penalties/extreme-directions.ts";
import type { MapSite, PairSite, PenaltyNumbers } from "./penalties/penalty.ts";
import { spanningTrees } from "./penalties/spanning-trees.ts";
import { topologicalLook } from "./penalties/topological.ts";

/** What a look at a batch has seen, by its key. */
export type Seen = Readonly<
  Record<string, { readonly data: Float32Array; readonly shape: readonly number[] }>
>;

/** What is not for a graph to find: a look gives it values, and a step is given what it finds. */
interface Finder<Site> {
  look(site: Site, numbers: PenaltyNumbers): Readonly<Record<string, Expression>>;
  find(seen: Seen): Readonly<Record<string, Float32Array>>;
}

const trees: Finder<PairSite> = {
  look: topologicalLook,
  find: ({ dx, dz }) => ({ ...spanningTrees(dx!.data, dz!.data, dx!.shape[0]!) }),
};

const directions: Finder<MapSite> = {
  look: (site, numbers) => ({ metrics: biLipschitzLook(site, numbers) }),
  find: ({ metrics }) => ({ ...extremeDirections(metrics!.data, metrics!.shape[0]!, metrics!.shape[1]!) }),
};

/** Finders by the names that feeds have of them. */
export const FINDERS = { spanningTrees: trees, extremeDirections: directions };

export type FinderName = keyof typeof FINDERS;
