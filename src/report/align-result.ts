import type { ModalityGap } from "../align/gap-result.ts";
import type { Alignment } from "../align/result.ts";
import type { Scores } from "../measure/result.ts";
import type { GateRecord, InputRecord, NextCommand } from "./result.ts";

/** A region with what its rows are called. */
export type NamedRegion = Omit<Alignment["regions"][number], "worst"> & { readonly worst: readonly string[] };

/** The result of job `align` of two spaces. */
export interface AlignResult extends Omit<Alignment, "regions" | "worst"> {
  readonly schema: "isometer/align/1";
  readonly job: "align";
  readonly isometer: string;
  readonly inputs: readonly InputRecord[];
  readonly joined: "id" | "order";
  readonly options: {
    readonly metric: "cosine" | "euclidean";
    readonly nNeighbors: number;
    readonly with: readonly string[];
    readonly anchors: string | null;
    readonly queries: number;
    readonly target: number;
    readonly search: "nearest" | "csls";
    readonly fixedOrigin: boolean;
    readonly fixedScale: boolean;
    readonly seed: number;
    readonly rows: string | null;
    readonly id: string | null;
    readonly ids: readonly string[];
    readonly vector: string | null;
  };
  readonly regions: readonly NamedRegion[];
  readonly worst: readonly { readonly name: string; readonly recall: number }[];
  /** An audit of the scored rows where the map puts them against where they are; null where both sides were mapped. */
  readonly distortion: Scores | null;
  /** Of two modalities in one space, where it was asked for; `maps` where the repair was written. */
  readonly gap: (ModalityGap & { readonly maps: readonly string[] | null }) | null;
  /** The saved map; `path` where it was written. */
  readonly map: { readonly inputs: number; readonly outputs: number; readonly path: string | null };
  readonly gates: readonly GateRecord[];
  readonly next: readonly NextCommand[];
  readonly seconds: number;
}

/** Recall that so many more anchors would not raise by more than a point. */
const PLATEAU = 0.01;

/** The fewest anchors that were tried and that reach the recall of all within a point. */
export function anchorsNeeded({ learningCurve }: Pick<AlignResult, "learningCurve">): number | null {
  const last = learningCurve.at(-1);
  const enough = learningCurve.find(({ value }) => value >= last!.value - PLATEAU);
  return enough && enough !== last ? enough.anchors : null;
}
