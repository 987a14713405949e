import type { Rng } from "../../base/index.ts";
import type { Jacobians } from "./jacobians.ts";
import { randomLengths, type Spectra, spectraOf, spectrumAt, whitened } from "./spectra.ts";

/** What scores are made of: of each point some numbers of its Jacobian. */
export interface Evidence {
  readonly points: number;
  readonly rank: number;
  /** Squared singular values, the largest and the smallest; what cannot be told from 0 is 0. */
  readonly largest: Float64Array;
  readonly smallest: Float64Array;
  /** tr G and tr G^2. */
  readonly traces: Float64Array;
  readonly squares: Float64Array;
  /** Log-volumes, log det G / 2. */
  readonly volumes: Float64Array;
  /** Variances of the estimates of the volumes; null where they are no estimates. */
  readonly noise: Float64Array | null;
  /** Sum of squared logarithms of the eigenvalues of mean(G)^-1 G; null where they are not known. */
  readonly variations: Float64Array | null;
  /** |J v| along random directions, as many at each point. */
  readonly random: Float64Array;
}

/** Random directions at each point. */
const RANDOM = 16;

/** Evidence, and the same after the best linear change of coordinates of the latent: that in which the mean metric is the identity. Null where the mean is singular. */
export interface BothEvidence {
  readonly own: Evidence;
  readonly linear: Evidence | null;
}

/** The evidence of full Jacobians. */
export function fullEvidence({ points, rank, products, squares }: Jacobians, rng: Rng): BothEvidence {
  return bothOf({ points, rank, squares }, products, rng);
}

/** The evidence of given matrices S = J'J. */
export function productEvidence(products: Float64Array, points: number, rank: number, rng: Rng): Evidence {
  return bothOf(spectraOf(products, points, rank), products, rng).own;
}

function bothOf(spectra: Spectra, products: Float64Array, rng: Rng): BothEvidence {
  const { points, rank } = spectra;
  const white = whitened(products, points, rank);
  const linear = white && spectraOf(white, points, rank);
  const variations = linear && eachOf(linear, (own) => sumOf(own, (value) => Math.log(value) ** 2));
  // The same directions, so that equal spectra have equal scores.
  const of = (own: Spectra) => evidenceOf(own, variations, rng.split("directions"));
  return { own: of(spectra), linear: linear && of(linear) };
}

function evidenceOf(spectra: Spectra, variations: Float64Array | null, rng: Rng): Evidence {
  const { points, rank } = spectra;
  return {
    points,
    rank,
    largest: eachOf(spectra, (own) => own[0]!),
    smallest: eachOf(spectra, (own) => own[rank - 1]!),
    traces: eachOf(spectra, (own) => sumOf(own, (value) => value)),
    squares: eachOf(spectra, (own) => sumOf(own, (value) => value * value)),
    volumes: eachOf(spectra, (own) => sumOf(own, (value) => Math.log(value) / 2)),
    noise: null,
    variations,
    random: randomLengths(spectra, RANDOM, rng),
  };
}

/** One number of the spectrum of every point. */
function eachOf(spectra: Spectra, of: (own: Float64Array) => number): Float64Array {
  return Float64Array.from({ length: spectra.points }, (_, i) => of(spectrumAt(spectra, i)));
}

function sumOf(own: Float64Array, of: (value: number) => number): number {
  let sum = 0;
  for (const value of own) sum += of(value);
  return sum;
}
