import type { ClusterInOriginal, VerdictKind } from "../spaces/cluster/index.ts";
import type { ClusterResult } from "./cluster-result.ts";
import { count, duration, plural, score, significant } from "./numbers.ts";
import { engineText } from "./terminal.ts";
import type { Style } from "./text.ts";

/** Whether a cluster is there in the original, in words. */
export function verdictWords({
  verdict,
  neighbor,
  parts,
}: Pick<ClusterInOriginal, "verdict" | "neighbor" | "parts">): string {
  switch (verdict) {
    case "there":
      return "there in the original";
    case "part":
      return "there in part: its border is no thinner than its middle";
    case "merged":
      return `merged of two: ${parts[0]!.id} and ${parts[1]!.id} of the original lie apart there`;
    case "torn":
      return neighbor === null ? "torn: no gap around it" : `torn from ${neighbor}: no gap lies between them`;
    case "scattered":
      return "scattered: its rows are not near each other";
    case "only":
      return "the only one: nothing to be apart from";
  }
}

/** The same in a few words, for a table. */
export function verdictBrief({
  verdict,
  neighbor,
  parts,
}: Pick<ClusterInOriginal, "verdict" | "neighbor" | "parts">): string {
  switch (verdict) {
    case "there":
      return "there";
    case "part":
      return "in part: thick border";
    case "merged":
      return `merged of ${parts[0]!.id} and ${parts[1]!.id} there`;
    case "torn":
      return neighbor === null ? "torn" : `torn from ${neighbor}`;
    case "scattered":
      return "scattered";
    case "only":
      return "the only one";
  }
}

const GRADES: Readonly<Record<VerdictKind, Style>> = {
  there: "good",
  part: "fair",
  merged: "fair",
  torn: "bad",
  scattered: "bad",
  only: "muted",
};

/** How good a verdict is. */
export function verdictGrade(verdict: VerdictKind): Style {
  return GRADES[verdict];
}

/** Hennig's limits: .75 and more is stable, below .5 dissolved. */
export function stabilityGrade(value: number): Style {
  return value >= 0.75 ? "good" : value >= 0.5 ? "fair" : "bad";
}

/** What was found, in a sentence or two. */
export function clusterHeadline({ clusters, rows, noise, options, original }: ClusterResult): string {
  if (clusters.length === 0) {
    return `No cluster: no group of ${options.minClusterSize} rows or more is denser than what lies around it.`;
  }
  const found = `${plural(clusters.length, "cluster")} in ${plural(rows, "row")}${noise > 0 ? `, ${count(noise)} of them in none` : ""}.`;
  if (!original) return `${found} Whether they are there in the original is not known: give --original.`;
  if (clusters.length === 1 && clusters[0]!.inOriginal!.verdict === "only") {
    return `${found} There is nothing that it could be apart from.`;
  }
  const there = clusters.filter(({ inOriginal }) => inOriginal!.verdict === "there").length;
  if (there === clusters.length) {
    const all = there === 1 ? "It is" : there === 2 ? "Both are" : `All ${there} are`;
    return `${found} ${all} there in the original.`;
  }
  const tell = (kind: VerdictKind, words: string) => {
    const of = clusters.filter(({ inOriginal }) => inOriginal!.verdict === kind).length;
    return of > 0 ? [`${of} ${words}`] : [];
  };
  const parts = [
    ...tell("there", "there in the original"),
    ...tell("part", "in part"),
    ...tell("merged", "merged of two"),
    ...tell("torn", "torn from others"),
    ...tell("scattered", "scattered"),
  ];
  return `${found} ${there === 0 ? "None is there in the original: " : ""}${parts.join(", ")}.`;
}

/** What the columns mean. */
export function clusterLegend({
  clusters,
  original,
  options: { runs, nNeighbors },
}: ClusterResult): string[] {
  if (clusters.length === 0) return [];
  const stable =
    runs > 0
      ? [
          `Stable: mean Jaccard coefficient with the most similar cluster of ${runs} samples of half of the rows; 0.75 and more is stable, below 0.5 dissolved (Hennig 2007).`,
        ]
      : [];
  if (!original) return stable;
  const { apart, cut, found } = original.limits;
  return [
    ...stable,
    `Kept: share of the ${nNeighbors} nearest originals of its rows that are in the cluster. Apart: how far that exceeds a piece cut out of an even cloud, 0 as such a piece, 1 no neighbour outside; ${apart} and more is apart. ` +
      `Border: neighbours that cross the border, by those that a cut through the middle would part; up to ${cut} it is thinner than the inside. Jaccard: overlap with the best of the original's own ` +
      `${plural(original.clusters, "cluster")}, and of shuffled rows; a cluster that hdbscan finds there too (${found} and more) may have a thicker border.`,
  ];
}

/** How far the clusters agree with given classes. */
export function agreementWords({ agreement, options: { labels } }: ClusterResult): string | null {
  if (!agreement) return null;
  const { adjustedRand: rand, mutualInformation: shared } = agreement;
  const ends = ([low, high]: readonly [number, number]) => `${low.toFixed(2)} to ${high.toFixed(2)}`;
  return `With ${labels}: adjusted Rand index ${score(rand.value)} (${ends(rand.interval)}), normalised mutual information ${score(shared.value)} (${ends(shared.interval)}).`;
}

/** How it was done, in parts that stay whole. */
export function clusterHow({ rows, options, inertia, engine, seconds }: ClusterResult): string[] {
  const { method, minClusterSize, minSamples, selection, k, metric, originalMetric, seed } = options;
  const how =
    method === "hdbscan"
      ? [
          "HDBSCAN",
          `clusters of ${minClusterSize} rows or more`,
          `density by ${plural(minSamples!, "row")}`,
          selection === "leaf" ? "leaves" : "excess of mass",
        ]
      : ["k-means", `k = ${k}`, `inertia ${significant(inertia!, 6)}`];
  return [
    `${count(rows)} rows`,
    ...how,
    originalMetric === null ? metric : `${metric}, original ${originalMetric}`,
    `seed ${seed}`,
    engineText(engine),
    duration(seconds),
  ];
}
