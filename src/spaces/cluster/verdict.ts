/** What is known of a cluster where it is judged. */
export interface Evidence {
  /** Share of nearest originals within the cluster, chance taken out: 0 as shuffled rows, 1 all. */
  readonly lift: number;
  /** How far the share exceeds that of a piece cut out of an even cloud: 0 as that, 1 all. */
  readonly apart: number;
  /** Neighbours that cross the border, by those that halving the cluster itself would part. */
  readonly cut: number;
  /** Whether the same method finds it in the original: never by k-means, which always finds k. */
  readonly isFound: boolean;
  /** Whether the original's own clusters part it, apart from each other there. */
  readonly isOfTwo: boolean;
  /** Whether it is the only cluster. */
  readonly isOnly: boolean;
}

/**
 * Whether a cluster is there in the original. `there`: it is apart, and its border is thinner than its inside, or the method finds it there by itself. `part`: apart, but neither. `merged`: of two that are apart there.
 * `torn`: cut out of something. `scattered`: its rows are not near each other. `only`: nothing to be apart from.
 */
export type VerdictKind = "there" | "part" | "merged" | "torn" | "scattered" | "only";

/**
 * The limits of the rules. Pieces of a Gaussian or an even cloud in t-SNE and UMAP pictures stay below `apart`, clusters of digits, cells and mixtures above: docs/decisions/0031-cluster.md.
 */
export const LIMITS = {
  /** Below this rows are hardly nearer to each other than shuffled ones. */
  lift: 0.2,
  apart: 0.85,
  /** The border may part half of what a cut through the middle parts. */
  cut: 0.5,
  /** Overlap (Jaccard) with a cluster of the original from which on it is the same. */
  found: 0.5,
} as const;

/** The verdict, by the rules above in this order: only, scattered, torn, merged, part, there. */
export function verdictOf({ lift, apart, cut, isFound, isOfTwo, isOnly }: Evidence): VerdictKind {
  if (isOnly) return "only";
  if (lift < LIMITS.lift) return "scattered";
  if (apart < LIMITS.apart) return "torn";
  if (isOfTwo) return "merged";
  return cut > LIMITS.cut && !isFound ? "part" : "there";
}
