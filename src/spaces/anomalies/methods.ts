/** What a way of scoring rows is, for whoever chooses one. */
export interface DetectorMethod {
  readonly about: string;
  /** It looks at the nearest normal rows: how many, unless `nNeighbors` says another number (those of PyOD). */
  readonly nNeighbors?: number;
}

/** By name. The score of each is larger for stranger rows. */
export const DETECTORS = {
  knn: { about: "distance to the nearest normal rows", nNeighbors: 5 },
  lof: {
    about: "local outlier factor: how much sparser it is here than around the neighbours",
    nNeighbors: 20,
  },
  mahalanobis: { about: "distance from the mean in units of the shrunk covariance" },
  reconstruction: { about: "what principal components of the normal rows leave" },
  stretch: {
    about: "how far the local scale between codes and originals is from that of the neighbours",
    nNeighbors: 10,
  },
  given: { about: "numbers that the caller has made, such as what a decoder leaves: calibrated alone" },
  ensemble: { about: "mean of -log p among the normal rows, over knn at three scales and mahalanobis" },
} as const satisfies Readonly<Record<string, DetectorMethod>>;

export type DetectorMethodName = keyof typeof DETECTORS;
export const DETECTOR_NAMES = Object.keys(DETECTORS) as DetectorMethodName[];

/** Methods that an ensemble may have as members; numbers that are given join it by themselves. */
export const MEMBER_NAMES = ["knn", "lof", "mahalanobis", "reconstruction", "stretch"] as const;
export type MemberName = (typeof MEMBER_NAMES)[number];

/** A member with the method's own number of neighbours, or with another. */
export type MemberSpec = MemberName | { readonly method: MemberName; readonly nNeighbors: number };

/** What is known of a method. */
export const detectorNamed = (name: DetectorMethodName): DetectorMethod => DETECTORS[name];

/** Distance to the k-th nearest normal row, or the mean over the k nearest. */
export const DISTANCES_OF = ["mean", "kth"] as const;
export type DistanceOf = (typeof DISTANCES_OF)[number];

/** A local scale beyond this, or below one over it, is a distorted one: lengths there are more than twice, or less than half, what they would be elsewhere. */
export const DISTORTED = 2;

export const isDistorted = (scale: number): boolean => scale > DISTORTED || scale < 1 / DISTORTED;
