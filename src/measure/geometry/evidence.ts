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

/** The evidence of full Jacobians. */
export function fullEvidence({ points, rank, products, squares }: Jacobians, rng: Rng): Evidence {
  return evidenceOf({ points, rank, squares }, whitened(products, points, rank), rng);
}

/** The same after the best linear change of coordinates of the latent: that in which the mean metric is the identity. Null where the mean is singular. */
export function linearEvidence({ points, rank, products }: Jacobians, rng: Rng): Evidence | null {
  const white = whitened(products, points, rank);
  return white && evidenceOf(spectraOf(white, points, rank), white, rng);
}

/** The evidence of given matrices S = J'J. */
export function productEvidence(products: Float64Array, points: number, rank: number, rng: Rng): Evidence {
  return evidenceOf(spectraOf(products, points, rank), whitened(products, points, rank), rng);
}

function evidenceOf(spectra: Spectra, white: Float64Array | null, rng: Rng): Evidence {
  const { points, rank } = spectra;
  const sumOf = (own: Float64Array, of: (value: number) => number) =>
    own.reduce((sum, value) => sum + of(value), 0);
  const each = (of: (own: Float64Array) => number, from = spectra) =>
    Float64Array.from({ length: points }, (_, i) => of(spectrumAt(from, i)));
  return {
    points,
    rank,
    largest: each((own) => own[0]!),
    smallest: each((own) => own[rank - 1]!),
    traces: each((own) => sumOf(own, (value) => value)),
    squares: each((own) => sumOf(own, (value) => value * value)),
    volumes: each((own) => sumOf(own, (value) => Math.log(value) / 2)),
    noise: null,
    variations:
      white && each((own) => sumOf(own, (value) => Math.log(value) ** 2), spectraOf(white, points, rank)),
    random: randomLengths(spectra, RANDOM, rng),
  };
}
