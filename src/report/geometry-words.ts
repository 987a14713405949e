import type { GeometryResult } from "./geometry-result.ts";
import { count, percent, plural, significant, times } from "./numbers.ts";

type Told = Pick<
  GeometryResult,
  "scores" | "paths" | "roundTrip" | "lipschitz" | "network" | "points" | "jacobians"
>;

/** What the network does to lengths, in a sentence: kept to 1.1, nearly to 1.5, roughly to 3, else not. */
export function geometryHeadline({ scores, network, jacobians }: Told): string {
  const { value } = scores.stretch;
  const spread = `over the middle 90 % of points and directions the stretch varies by a factor of ${times(value).replace("x", "")}`;
  if (scores.biLipschitz.largest === 0)
    return "This network does not move at these points: every Jacobian is 0.";
  if (!Number.isFinite(value)) return "This network loses directions: some lengths become 0.";
  if (value <= 1.1) return `Locally an isometry up to scale, at these points: ${spread}.`;
  const typical = Math.sqrt(scores.conditionNumber.quantiles[3]!);
  const most = jacobians === "lanczos" ? "at least " : "";
  const atPoint =
    network.rank === 1
      ? ""
      : ` At a typical point the ${network.latent === "inputs" ? "direction" : "direction of the latent"} that is stretched most is stretched ${most}${times(typical)} as much as the one that is stretched least.`;
  if (value <= 1.5) return `Lengths are nearly kept: ${spread}.${atPoint}`;
  if (value <= 3) return `Lengths are kept roughly: ${spread}.${atPoint}`;
  return `Lengths are not kept: ${spread}.${atPoint}`;
}

/** What a linear change of coordinates would do, what is proven, what paths and the inverse show: a sentence each. */
export function geometryWords(result: Told): string[] {
  return [linearWords(result), boundWords(result), pathWords(result), tripWords(result)].filter(
    (text) => text !== null,
  );
}

function linearWords({ scores: { stretch } }: Told): string | null {
  if (!stretch.baseline || !(stretch.value > 1.1)) return null;
  const { value } = stretch.baseline;
  if (!Number.isFinite(value)) return null;
  const share = (Math.log(stretch.value) - Math.log(value)) / Math.log(stretch.value);
  const would = `In the best linear coordinates of the latent it would vary ${times(value)}`;
  if (share > 0.7) return `${would}: a linear map mends most of it.`;
  if (share > 0.25) return `${would}: a linear map mends a part of it, the rest changes from point to point.`;
  return `${would}: no linear map mends it, it changes from point to point.`;
}

function boundWords({ lipschitz: { empirical, certified }, points }: Told): string {
  const met = `the most that was met at ${plural(points, "point")} is ${significant(empirical)}`;
  return certified.value === null
    ? `No bound holds for all inputs (${certified.reason}); ${met}.`
    : `No step of any size is stretched more than ${significant(certified.value)} times, which is certified; ${met}.`;
}

function pathWords({ paths }: Told): string | null {
  if (!paths) return null;
  const { detour, pace, converged, pairs } = paths;
  const straight =
    detour.value < 1.01
      ? "Straight lines of the latent are shortest ways, or nearly"
      : `Straight lines of the latent are ${times(detour.value)} as long as shortest ways (median of ${plural(pairs, "pair")}, at worst ${times(paths.worst.detour)})`;
  const even = `and of 16 equal steps the longest is ${times(pace.value)} the shortest in the data`;
  const doubt =
    converged < pairs
      ? ` ${count(pairs - converged)} of ${count(pairs)} shortest ways were not found to the end: those are at most so long.`
      : "";
  return `${straight}, ${even}.${doubt}`;
}

function tripWords({ roundTrip }: Told): string | null {
  if (!roundTrip) return null;
  const { reconstruction, values } = roundTrip;
  return `Through the inverse ${percent(Math.min(1, reconstruction.value))} of the spread of the points is lost, and ${percent(Math.min(1, values.value))} of that of what the model makes of them.`;
}
