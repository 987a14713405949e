/** A step that was taken, how the gradient changed by it, and their inner product. */
export interface Change {
  readonly step: Float64Array;
  readonly change: Float64Array;
  readonly product: number;
}

/** Changes that are remembered. */
const REMEMBERED = 10;

/** Remembers a step, if the function is curved upwards along it. */
export function remember(memory: Change[], step: Float64Array, change: Float64Array): void {
  const product = dot(step, change);
  if (product > 0) memory.push({ step, change, product });
  if (memory.length > REMEMBERED) memory.shift();
}

/**
 * The direction of L-BFGS: minus the gradient times an approximation of the inverse of the second derivatives, learned from the last steps (Nocedal & Wright 2006, algorithm 7.4). Cost
 * O(n) for each change that is remembered.
 *
 * @param inverse what the inverse is taken for before anything is learned
 */
export function lbfgsDirection(
  gradient: Float64Array,
  memory: readonly Change[],
  inverse: (v: Float64Array) => Float64Array,
): Float64Array {
  const rest = gradient.slice();
  const shares = memory.toReversed().map(({ step, change, product }) => {
    const share = dot(step, rest) / product;
    add(rest, change, -share);
    return share;
  });
  const direction = inverse(rest);
  for (const [k, { step, change, product }] of memory.entries())
    add(direction, step, shares[memory.length - 1 - k]! - dot(change, direction) / product);
  return direction.map((value) => -value);
}

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!;
  return sum;
}

function add(to: Float64Array, other: Float64Array, factor: number): void {
  for (let k = 0; k < to.length; k++) to[k]! += factor * other[k]!;
}
