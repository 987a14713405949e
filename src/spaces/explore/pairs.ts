import { IsometerError, quantile, type Rng, rng } from "../../base/index.ts";
import { exactOrder, lengthOf, type Space } from "../../neighbors/index.ts";
import { breathe } from "./breathe.ts";

/** Pairs of rows and their lengths in both spaces. */
export interface LengthPairs {
  readonly a: Int32Array;
  readonly b: Int32Array;
  readonly original: Float32Array;
  /** In units of the original: times the scale that was given. */
  readonly latent: Float32Array;
  /** Whether these are all pairs; else they were drawn independently. */
  readonly every: boolean;
}

export interface PairsOptions {
  /** Default 0. */
  readonly seed?: number;
  readonly signal?: AbortSignal;
}

/** Latent length by original length of some pairs. */
export interface StretchQuantiles {
  readonly median: number;
  /** 5 % and 95 % points. */
  readonly low: number;
  readonly high: number;
  /** Pairs of lengths above 0 in both spaces. */
  readonly pairs: number;
}

/** Pairs that the best scale is told from. */
const SCALE_PAIRS = 20_000;

/** Values that are measured in one go: some ten milliseconds. */
const STRIDE_VALUES = 2 ** 21;

/**
 * The lengths of pairs of rows in both spaces: of `count` pairs drawn at random, or of all where there are no more. Cost: count (d_x + d_z).
 *
 * @param count of pairs, at least 1
 * @param options `rows`: of these rows alone; `scale`: what latent lengths are multiplied by, default 1
 * @throws too-few-rows for fewer than two; aborted
 */
export async function lengthPairs(
  x: Space,
  z: Space,
  count: number,
  options: PairsOptions & { readonly rows?: Int32Array; readonly scale?: number } = {},
): Promise<LengthPairs> {
  const { seed = 0, signal, rows = null, scale = 1 } = options;
  const n = rows?.length ?? x.rows;
  if (n < 2)
    throw new IsometerError("too-few-rows", "one row has no pairs", { needed: "2 rows", got: String(n) });
  const total = (n * (n - 1)) / 2;
  const every = total <= count;
  const drawn = every ? allPairs(n) : drawnPairs(n, count, rng(seed).split("pairs"));
  const [a, b] = rows ? [drawn.a, drawn.b].map((side) => side.map((at) => rows[at]!)) : [drawn.a, drawn.b];
  const original = new Float32Array(a.length);
  const latent = new Float32Array(a.length);
  const orders = { x: exactOrder(x, x), z: exactOrder(z, z) };
  const stride = Math.max(64, Math.floor(STRIDE_VALUES / (x.cols + z.cols)));
  for (let p = 0; p < a.length; p++) {
    if (p % stride === stride - 1) await breathe(signal);
    original[p] = lengthOf(orders.x(a[p]!, b[p]!), x);
    latent[p] = scale * lengthOf(orders.z(a[p]!, b[p]!), z);
  }
  return { a, b, original, latent, every };
}

function allPairs(n: number): { a: Int32Array; b: Int32Array } {
  const a = new Int32Array((n * (n - 1)) / 2);
  const b = new Int32Array(a.length);
  let p = 0;
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++, p++) {
      a[p] = i;
      b[p] = j;
    }
  }
  return { a, b };
}

function drawnPairs(n: number, count: number, source: Rng): { a: Int32Array; b: Int32Array } {
  const a = new Int32Array(count);
  const b = new Int32Array(count);
  for (let p = 0; p < count; p++) {
    const i = source.integer(n);
    const other = source.integer(n - 1);
    a[p] = i;
    b[p] = other < i ? other : other + 1;
  }
  return { a, b };
}

/**
 * The scale of the latent that makes its lengths fit best: c = sum dx dz / sum dz^2, which minimises sum (dx - c dz)^2, as the audit's stress has it
 * (Smelser et al. 2024, eq. 4). Of 20,000 pairs drawn at random, or of all. 1 where nothing moves in the latent.
 */
export async function bestScale(x: Space, z: Space, options: PairsOptions = {}): Promise<number> {
  const { original, latent } = await lengthPairs(x, z, SCALE_PAIRS, options);
  let both = 0;
  let own = 0;
  for (let p = 0; p < original.length; p++) {
    both += original[p]! * latent[p]!;
    own += latent[p]! ** 2;
  }
  return both > 0 && own > 0 ? both / own : 1;
}

/** Quantiles of dz / dx over the pairs of lengths above 0 in both spaces; null where there is none. */
export function stretchOf({
  original,
  latent,
}: Pick<LengthPairs, "original" | "latent">): StretchQuantiles | null {
  const ratios = Float64Array.from(original, (dx, p) => latent[p]! / dx).filter(
    (r, p) => original[p]! > 0 && r > 0,
  );
  if (ratios.length === 0) return null;
  ratios.sort();
  return {
    median: quantile(ratios, 0.5),
    low: quantile(ratios, 0.05),
    high: quantile(ratios, 0.95),
    pairs: ratios.length,
  };
}
