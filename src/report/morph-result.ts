import type { Warning } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import type { PathKind, PathReport } from "../spaces/morph/index.ts";
import type { InputRecord, NextCommand } from "./result.ts";

/** A frame of a morph. */
export interface MorphFrame {
  /** Where it is on the path, 0 to 1. */
  readonly at: number;
  readonly code: readonly number[];
  /** The real row that it is most like, and how far that is, in the space of data. */
  readonly nearest: number;
  readonly distance: number;
}

/** The result of job `morph`. */
export interface MorphResult {
  readonly schema: "isometer/morph/1";
  readonly job: "morph";
  readonly isometer: string;
  readonly engine: EngineInfo;
  readonly inputs: readonly InputRecord[];
  readonly decoder: string | null;
  readonly options: {
    readonly from: number;
    readonly to: number;
    readonly path: PathKind;
    readonly frames: number;
    readonly nNeighbors: number;
    readonly density: number;
    readonly seed: number;
    readonly vector: string | null;
  };
  /** Longest over shortest of 64 steps of the path, in the space of data; null: it stands still somewhere. */
  readonly stepRatio: number | null;
  readonly length: number;
  readonly chord: number;
  /** Mean distance to the nearest row along the path, in units of the usual distance of neighbours. */
  readonly offData: number;
  readonly report: PathReport;
  /** The same of the straight line. */
  readonly straight: PathReport;
  readonly frames: readonly MorphFrame[];
  readonly pictures: readonly string[];
  readonly warnings: readonly Warning[];
  readonly next: readonly NextCommand[];
  readonly seconds: number;
}
