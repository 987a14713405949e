import type { Geometry, GeometryScore } from "../measure/geometry/result.ts";
import type { GateRecord, InputRecord, NextCommand } from "./result.ts";

/** The result of job `geometry`. */
export interface GeometryResult extends Omit<Geometry, "picture"> {
  readonly schema: "isometer/geometry/1";
  readonly job: "geometry";
  readonly isometer: string;
  readonly models: readonly { readonly role: "model" | "inverse"; readonly path: string }[];
  readonly inputs: readonly InputRecord[];
  readonly options: {
    readonly at: number;
    readonly nNeighbors: number;
    readonly pathPairs: number;
    readonly layer: string | null;
    readonly inverse: string | null;
    readonly rows: string | null;
    readonly vector: string | null;
    readonly imageShape: string | null;
    readonly imageSize: string | null;
    readonly imageMode: "grey" | "colour";
  };
  readonly gates: readonly GateRecord[];
  readonly next: readonly NextCommand[];
  readonly seconds: number;
}

/** Scores of a geometry: less is better in all. */
export type GeometryScoreName = keyof typeof GEOMETRY_SCORES;

/** What each score says, in a few words; under which heading; and from where on it is bad. */
export const GEOMETRY_SCORES = {
  stretch: { group: "Lengths", about: "by random directions", good: 1.5, bad: 3 },
  stretchAlongData: { group: "Lengths", about: "towards near points", good: 1.5, bad: 3 },
  biLipschitz: { group: "Lengths", about: "largest over smallest", good: 2, bad: 10 },
  conditionNumber: { group: "Angles", about: "of the metric (MCN)", good: 2, bad: 10 },
  relaxedDistortion: { group: "Angles", about: "E[tr G^2] / E[tr G]^2", good: null, bad: null },
  metricVariation: { group: "Volumes", about: "change of metric (VoR)", good: null, bad: null },
  logVolumeVariance: { group: "Volumes", about: "variance of log det G", good: null, bad: null },
  detour: { group: "Paths", about: "straight over shortest", good: 1.05, bad: 1.3 },
  bend: { group: "Paths", about: "shortest over chord", good: null, bad: null },
  pace: { group: "Paths", about: "unevenness of steps", good: 1.5, bad: 3 },
  turning: { group: "Paths", about: "radians turned", good: null, bad: null },
  reconstruction: { group: "Round trip", about: "share of points lost", good: 0.1, bad: 0.3 },
  values: { group: "Round trip", about: "share of values lost", good: 0.1, bad: 0.3 },
} as const;

export const GEOMETRY_SCORE_NAMES = Object.keys(GEOMETRY_SCORES) as GeometryScoreName[];

/** All scores that there are, by name. */
export function geometryScoresOf({
  scores,
  paths,
  roundTrip,
}: Pick<Geometry, "scores" | "paths" | "roundTrip">): Partial<Record<GeometryScoreName, GeometryScore>> {
  const { metricVariation, ...others } = scores;
  return {
    ...others,
    ...(metricVariation && { metricVariation }),
    ...(paths && { detour: paths.detour, bend: paths.bend, pace: paths.pace, turning: paths.turning }),
    ...(roundTrip && { reconstruction: roundTrip.reconstruction, values: roundTrip.values }),
  };
}

/** Good, fair or bad; plain where there is no common line. What is no number is bad. */
export function geometryGrade(name: GeometryScoreName, value: number): "good" | "fair" | "bad" | "plain" {
  const { good, bad } = GEOMETRY_SCORES[name];
  if (good === null) return "plain";
  return value <= good ? "good" : value < bad ? "fair" : "bad";
}
