import { checkInteger, checkNumber, row } from "../../base/index.ts";
import type { AlsModel } from "./als.ts";
import { largest, openCosines } from "./co-preference.ts";
import {
  columnsOf,
  type Interactions,
  itemCounts,
  type Row,
  sparseRows,
  transposedRows,
  weightsOf,
} from "./interactions.ts";
import { scoresOf, tasteOf, type VectorItems } from "./taste.ts";

/** Something that ranks items for users. */
export interface Recommender {
  readonly name: string;
  /** A number for each item, larger where the user is likelier to want it. */
  scores(user: number): Float64Array;
}

/** Ranks by the places of users in a space of factors. */
export function alsRecommender(model: AlsModel, name = "als"): Recommender {
  return { name, scores: (user) => scoresOf(model, row(model.users, user)) };
}

/** Ranks by cosine with the mean of the vectors of what a user took; a user of nothing has 0 everywhere. */
export function vectorRecommender(
  space: VectorItems,
  { byUser }: Interactions,
  name = "vectors",
): Recommender {
  return {
    name,
    scores(user) {
      const liked = columnsOf(byUser, user);
      if (liked.length === 0) return new Float64Array(space.items.rows);
      return scoresOf(space, tasteOf(space, liked, weightsOf(byUser, user)).place);
    },
  };
}

/** The baseline that knows no user: items by how many users have them. */
export function popularityRecommender(interactions: Interactions): Recommender {
  const counts = Float64Array.from(itemCounts(interactions));
  return { name: "popularity", scores: () => counts };
}

/**
 * The baseline that has no space: the score of item j is the sum of r_ui cos_ij over what user u took, as far as i is among the k nearest items of j (Deshpande & Karypis 2004).
 *
 * Cost as for `openCosines`, memory O(items k).
 *
 * @param options `nNeighbors` k, default 200; `shrinkage`, default 10, makes cosines of rare items smaller
 * @throws bad-option
 */
export function itemKnn(
  interactions: Interactions,
  options: { readonly nNeighbors?: number; readonly shrinkage?: number } = {},
): Recommender {
  const { nNeighbors = 200, shrinkage = 10 } = options;
  checkInteger("nNeighbors", nNeighbors, 1);
  checkNumber("shrinkage", shrinkage, 0, Number.MAX_VALUE);
  const { byUser, itemIds } = interactions;
  const cosinesOf = openCosines(interactions, shrinkage);
  const nearest = itemIds.map((_, item): Row => {
    const { items, cosines } = cosinesOf(item);
    return largest(items, cosines, nNeighbors).map((other) => [other, cosines[other]!] as const);
  });
  // By the item that is taken: those that have it among their nearest.
  const near = transposedRows(sparseRows(nearest), itemIds.length);
  return {
    name: "item-kNN",
    scores(user) {
      const scores = new Float64Array(itemIds.length);
      const taken = columnsOf(byUser, user);
      const weights = weightsOf(byUser, user);
      for (let p = 0; p < taken.length; p++) {
        for (let q = near.starts[taken[p]!]!; q < near.starts[taken[p]! + 1]!; q++) {
          scores[near.columns[q]!]! += weights[p]! * near.weights[q]!;
        }
      }
      return scores;
    },
  };
}
