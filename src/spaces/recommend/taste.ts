import { checkFinite, checkInteger, deepFreeze, IsometerError, type Matrix, row } from "../../base/index.ts";
import { openRowSolver } from "./als-solve.ts";
import { type Interactions, itemCounts } from "./interactions.ts";

/** Items as places in a space, in which tastes are places too. */
export interface ItemSpace {
  /** `als`: a score is the product of a taste and an item. `vectors`: their cosine. */
  readonly kind: "als" | "vectors";
  /** `items x d`. */
  readonly items: Matrix;
  readonly itemIds: Interactions["itemIds"];
  /** How many users each item has, and how many there are; null where that is not known. */
  readonly popularity: Popularity | null;
}

export interface Popularity {
  readonly counts: Int32Array;
  readonly users: number;
}

/** Items whose vectors were given. */
export interface VectorItems extends ItemSpace {
  readonly kind: "vectors";
}

/** A space of factors, and what they were fitted with. */
export interface FactorItems extends ItemSpace {
  readonly kind: "als";
  readonly options: { readonly alpha: number; readonly regularization: number };
}

/** A user as a place in the space of items. */
export interface Taste {
  /** d. */
  readonly place: Float64Array;
  /** Item numbers that it comes from. */
  readonly liked: Int32Array;
}

/** How many users took each item. */
export function popularityOf(interactions: Interactions): Popularity {
  return { counts: itemCounts(interactions), users: interactions.userIds.length };
}

/**
 * Given item vectors as a space to recommend from: vectors of texts, images or another model, compared by cosine.
 *
 * @param items n x d
 * @param options `itemIds` (default: row numbers) and, for novelty, `interactions` whose items are numbered as the rows are
 * @throws row-count-mismatch; non-finite; zero-vector, which has no cosine
 */
export function itemsFromVectors(
  items: Matrix,
  options: { readonly itemIds?: Interactions["itemIds"]; readonly interactions?: Interactions } = {},
): VectorItems {
  const { interactions } = options;
  const itemIds = options.itemIds ?? interactions?.itemIds ?? Array.from({ length: items.rows }, (_, i) => i);
  for (const ids of [itemIds, interactions?.itemIds]) {
    if (ids && ids.length !== items.rows) {
      throw new IsometerError("row-count-mismatch", `${items.rows} item vectors and ${ids.length} items`);
    }
  }
  checkFinite(items, "the item vectors");
  for (let i = 0; i < items.rows; i++) {
    if (row(items, i).every((value) => value === 0)) {
      throw new IsometerError(
        "zero-vector",
        `the vector of item ${itemIds[i]} is all zeros: it has no direction`,
      );
    }
  }
  const popularity = interactions ? popularityOf(interactions) : null;
  return deepFreeze({ kind: "vectors", items, itemIds, popularity });
}

/**
 * The taste of whoever likes these items, also of a user whom the model never saw.
 *
 * Factors: the x that alternating least squares would give such a user, (Y'Y + regularization I + V' diag(alpha r) V)^-1 V' (1 + alpha r), V being the factors of what is liked and r the weights
 * (Hu, Koren & Volinsky 2008, eq. 4). Vectors: the weighted mean of liked vectors of length 1.
 *
 * Cost O(n d + m d^2) for m liked of n items.
 *
 * @param space factors must lie in their principal axes, as `fitAls` leaves them
 * @param liked item numbers; one that comes twice counts twice
 * @param weights more than 0, default 1 each
 * @throws empty-input nothing liked; bad-option no such item; row-count-mismatch; bad-value weights, or equations that are singular to working precision
 */
export function tasteOf(
  space: FactorItems | VectorItems,
  liked: ArrayLike<number>,
  weights?: ArrayLike<number>,
): Taste {
  const { items } = space;
  if (liked.length === 0) {
    throw new IsometerError("empty-input", "a taste needs at least one liked item", {
      hint: "For users of whom nothing is known, recommend what is popular.",
    });
  }
  if (weights && weights.length !== liked.length) {
    throw new IsometerError(
      "row-count-mismatch",
      `${liked.length} liked items and ${weights.length} weights`,
    );
  }
  const numbers = Float32Array.from({ length: liked.length }, (_, p) => (weights ? weights[p]! : 1));
  for (let p = 0; p < liked.length; p++) {
    checkInteger("liked item", liked[p]!, 0, items.rows - 1);
    if (numbers[p]! > 0 && numbers[p]! < Number.POSITIVE_INFINITY) continue;
    throw new IsometerError("bad-value", `weights must be numbers above 0, got ${numbers[p]}`);
  }
  const place = space.kind === "als" ? foldIn(space, liked, numbers) : meanDirection(items, liked, numbers);
  return deepFreeze({ place, liked: Int32Array.from(liked) });
}

function foldIn(
  { items, options }: FactorItems,
  liked: ArrayLike<number>,
  weights: Float32Array,
): Float64Array {
  const { cols: d, rows } = items;
  const diagonal = new Float64Array(d).fill(options.regularization);
  for (let i = 0; i < rows; i++) for (let k = 0; k < d; k++) diagonal[k]! += items.data[i * d + k]! ** 2;
  const factors = new Float64Array(liked.length * d);
  for (let p = 0; p < liked.length; p++) factors.set(row(items, liked[p]!), p * d);
  const columns = Int32Array.from({ length: liked.length }, (_, p) => p);
  const place = new Float64Array(d);
  const solve = openRowSolver({ d, factors, diagonal, alpha: options.alpha });
  solve({ columns, weights, shift: 0, pull: null }, place);
  return place;
}

function meanDirection(items: Matrix, liked: ArrayLike<number>, weights: Float32Array): Float64Array {
  const place = new Float64Array(items.cols);
  let total = 0;
  for (let p = 0; p < liked.length; p++) {
    const vector = row(items, liked[p]!);
    const weight = weights[p]! / lengthOf(vector);
    for (let k = 0; k < place.length; k++) place[k]! += weight * vector[k]!;
    total += weights[p]!;
  }
  return place.map((value) => value / total);
}

/** How much a taste prefers each item, n: see `ItemSpace.kind`. Cost n d. */
export function scoresOf({ kind, items }: ItemSpace, place: ArrayLike<number>): Float64Array {
  const { data, rows, cols } = items;
  const size = lengthOf(place);
  const scores = new Float64Array(rows);
  for (let i = 0, at = 0; i < rows; i++) {
    let [product, squares] = [0, 0];
    for (let k = 0; k < cols; k++, at++) {
      product += data[at]! * place[k]!;
      squares += data[at]! ** 2;
    }
    // Likes that cancel each other are a taste for nothing.
    scores[i] = kind === "als" ? product : size > 0 ? product / (size * Math.sqrt(squares)) : 0;
  }
  return scores;
}

/** The cosine between two items; 0 where one has no direction. */
export function cosineBetween(items: Matrix, a: number, b: number): number {
  const [x, y] = [row(items, a), row(items, b)];
  const lengths = lengthOf(x) * lengthOf(y);
  return lengths > 0 ? productOf(x, y) / lengths : 0;
}

function productOf(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let sum = 0;
  for (let k = 0; k < x.length; k++) sum += x[k]! * y[k]!;
  return sum;
}

function lengthOf(x: ArrayLike<number>): number {
  return Math.sqrt(productOf(x, x));
}
