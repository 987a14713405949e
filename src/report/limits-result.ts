import type { Warning } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import type { CompressionLimits } from "../spaces/limits/index.ts";
import type { GateRecord, InputRecord, NextCommand } from "./result.ts";

/** The result of job `limits`. */
export interface LimitsResult
  extends Omit<CompressionLimits, "target" | "k" | "metric" | "seed" | "engine" | "warnings"> {
  readonly schema: "isometer/limits/1";
  readonly job: "limits";
  readonly isometer: string;
  readonly engine: EngineInfo;
  readonly inputs: readonly InputRecord[];
  readonly options: {
    readonly target: number;
    readonly metric: "euclidean" | "cosine";
    readonly nNeighbors: number;
    readonly dims: readonly number[];
    readonly bits: readonly number[];
    /** Null where nobody said. */
    readonly holdout: number | null;
    readonly seed: number;
    readonly rows: string | null;
    readonly vector: string | null;
  };
  readonly gates: readonly GateRecord[];
  readonly warnings: readonly Warning[];
  readonly next: readonly NextCommand[];
  readonly seconds: number;
}
