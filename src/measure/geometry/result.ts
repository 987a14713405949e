import type { Interval, Matrix, Warning } from "../../base/index.ts";
import type { EngineInfo } from "../../engine/index.ts";

/** A score of the derivatives of a network, with what is known about it. */
export interface GeometryScore {
  /** The headline number. */
  readonly value: number;
  /** 95 % interval for the value over all points; `[value, value]` when exact. */
  readonly interval: Interval;
  /** How many points, directions or paths went into it. */
  readonly n: number;
  readonly unit: "points" | "directions" | "paths";
  readonly exact: boolean;
  /** Absent when exact. */
  readonly sampled?: { readonly kind: "points" | "directions" | "paths"; readonly m: number };
  /** Where an isometry scores. */
  readonly ideal: number;
  /** Chance: the same score where the Jacobian of each point is a matrix of its own of independent normal numbers. Null where that says nothing. */
  readonly null: number | null;
  /**
   * The same score once the latent has the linear coordinates in which its mean metric is that of Euclid: what a linear map before the network can mend. Null where there are none, or
   * they are not known.
   */
  readonly baseline: { readonly name: string; readonly value: number } | null;
}

/** Levels of quantiles over points and directions. */
export const LEVELS = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1] as const;

/** Quantiles of |J v| over points and directions, at `LEVELS`. */
export interface StretchOfDirections extends GeometryScore {
  readonly quantiles: readonly number[];
}

/** Scores of the Jacobians J over some points. Singular values are those of J: sigma_1 >= ... >= sigma_r > 0, r the smaller of the numbers of inputs and outputs. G = J'J. */
export interface GeometryScores {
  /** q95 / q05 of |J v| over points and random directions v of length 1 (among those that J does not lose): 1 for an isometry up to scale. */
  readonly stretch: StretchOfDirections;
  /** The same towards the nearest points. Absent where there is one point. */
  readonly stretchAlongData?: StretchOfDirections;
  /** Mean of (sigma_1 / sigma_r)^2, the condition number of the metric G (MCN, Lee et al. 2022); its quantiles at `LEVELS`. */
  readonly conditionNumber: GeometryScore & { readonly quantiles: readonly number[] };
  /** Largest sigma_1 over smallest sigma_r of all points: the empirical bi-Lipschitz constant of the network, up to scale. */
  readonly biLipschitz: GeometryScore & { readonly smallest: number; readonly largest: number };
  /** E[tr G^2] / E[tr G]^2 (Lee et al. 2022): 1 / r for an isometry up to scale. */
  readonly relaxedDistortion: GeometryScore;
  /** Var log det G (Nazari et al. 2023): 0 where volumes are stretched alike. `mean` and `quantiles` at `LEVELS` are of the log-volume, log det G / 2. */
  readonly logVolumeVariance: GeometryScore & {
    readonly mean: number;
    readonly quantiles: readonly number[];
  };
  /** E sum of squared logarithms of the eigenvalues of mean(G)^-1 G (VoR, Lee et al. 2022). Null where the rank is too large for full Jacobians, or the mean is singular. */
  readonly metricVariation: GeometryScore | null;
}

/** One point of the map, with what the network does there. */
export interface PointGeometry {
  readonly row: number;
  readonly largest: number;
  readonly smallest: number;
  /** Log-volume: the sum of the logarithms of the singular values. */
  readonly logVolume: number;
}

/** A point behind a score, and the directions of the latent (the smaller side of J) that are stretched most and least there. Null where they are not known. */
export interface PointWitness extends PointGeometry {
  readonly most: readonly number[] | null;
  readonly least: readonly number[] | null;
}

/** An upper bound of the Lipschitz constant of a network over all its inputs, proven in exact arithmetic; null with the reason where there is none. */
export interface LipschitzBound {
  readonly value: number | null;
  readonly reason: string | null;
  /** The bounds that it is made of, from the input on. */
  readonly parts: readonly { readonly what: string; readonly bound: number }[];
}

/** Straight lines of the latent, and shortest ways, as the network maps them. Lengths are in the space of outputs. */
export interface PathGeometry {
  /** Pairs of points. */
  readonly pairs: number;
  readonly segments: number;
  /** Length of the straight line of the latent over that of the shortest way, median over pairs; 1 where straight lines are geodesics. */
  readonly detour: GeometryScore & { readonly quantiles: readonly number[] };
  /** Length of the shortest way over the distance of its ends in the space of outputs: 1 for a flat image. */
  readonly bend: GeometryScore & { readonly quantiles: readonly number[] };
  /** Longest over shortest of the equal steps of a straight line: 1 for interpolation at an even pace. */
  readonly pace: GeometryScore & { readonly quantiles: readonly number[] };
  /** Radians by which the image of a straight line turns in all: 0 where it stays straight. */
  readonly turning: GeometryScore & { readonly quantiles: readonly number[] };
  /** Pairs whose shortest way was found to 0.1 % of its length. */
  readonly converged: number;
  readonly iterations: number;
  /** The pair with the largest detour. */
  readonly worst: { readonly a: number; readonly b: number; readonly detour: number };
}

/** What comes back through a second network. */
export interface RoundTrip {
  /** |g(f(x)) - x|^2 over that of the points about their mean: 0 for a perfect one, 1 for one that knows the mean alone. */
  readonly reconstruction: GeometryScore;
  /** The same once more round: |f(g(z)) - z|^2 over that of the values z = f(x). */
  readonly values: GeometryScore;
  readonly worst: readonly { readonly row: number; readonly error: number }[];
}

/** What figures are drawn from. Not part of a result that is written down. */
export interface GeometryPicture {
  /** The plane: the coordinates of the latent, or its two principal directions. */
  readonly from: "coordinates" | "pca";
  /** Places of the points on it, n x 2, in the order of the map. */
  readonly at: Float32Array;
  /** Half-axes of what all steps of length 1 in the data are on it, at some points of the map. */
  readonly ellipses: readonly {
    readonly point: number;
    readonly axes: readonly (readonly [number, number])[];
  }[];
  /** What a decoder makes of five places along the direction that is stretched most, or least, through a point; steps of equal length in the latent. */
  readonly walks: readonly {
    readonly row: number;
    readonly kind: "most" | "least";
    readonly step: number;
    readonly values: Matrix;
  }[];
}

/** What a network does to lengths, angles and volumes at some points. */
export interface Geometry {
  readonly engine: EngineInfo;
  readonly network: {
    readonly name: string;
    readonly input: string;
    readonly output: string;
    readonly inputShape: readonly number[];
    readonly outputShape: readonly number[];
    readonly inputs: number;
    readonly outputs: number;
    /** The side that counts as the latent: the one with fewer dimensions. */
    readonly latent: "inputs" | "outputs";
    readonly rank: number;
  };
  /** Points that were given, and looked at. */
  readonly rows: number;
  readonly points: number;
  /** "graph": derivatives of the graph; "differences": central differences of the model as it is. */
  readonly derivatives: "graph" | "differences";
  /** "full": all singular values; "lanczos": estimates by products with J and J'. */
  readonly jacobians: "full" | "lanczos";
  readonly seed: number;
  readonly scores: GeometryScores;
  /** Quantiles over points, at `LEVELS`, of each singular value: sigma_1 first. Of estimates: of the largest and the smallest. */
  readonly singularValues: readonly (readonly number[])[];
  /** Axes of the mean metric of the latent, longest first: stretch along each, and its direction. Null where it is not known. */
  readonly axes: {
    readonly stretch: readonly number[];
    readonly directions: readonly (readonly number[])[];
  } | null;
  readonly lipschitz: {
    /** The largest singular value that was met: no bound can be below. */
    readonly empirical: number;
    readonly certified: LipschitzBound;
  };
  readonly paths: PathGeometry | null;
  readonly roundTrip: RoundTrip | null;
  readonly witnesses: {
    /** By condition number. */
    readonly uneven: readonly PointWitness[];
    /** By largest and by smallest volume. */
    readonly expanded: readonly PointWitness[];
    readonly collapsed: readonly PointWitness[];
  };
  /** Every point that was looked at. */
  readonly map: readonly PointGeometry[];
  readonly warnings: readonly Warning[];
  /** Only where it was asked for. */
  readonly picture?: GeometryPicture;
}
