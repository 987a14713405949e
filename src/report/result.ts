import type { Warning } from "../base/index.ts";
import type { EngineInfo } from "../engine/info.ts";
import type { Audit, ClassRecord, Scores, WitnessPair, WitnessPoint } from "../measure/result.ts";

/** One input of a job, as it was read. */
export interface InputRecord {
  readonly role: string;
  readonly path: string;
  readonly format: string;
  readonly dtype: string;
  readonly rows: number;
  readonly cols: number;
}

/** The labels that a result was told about. */
export interface LabelRecord {
  /** File or column. */
  readonly from: string;
  readonly classes: number;
}

/** What is known about a row beside its number. */
export interface RowNames {
  readonly id?: string;
  readonly label?: string;
}

/** A worst point with its names. */
export type NamedPoint = WitnessPoint & RowNames;

/** A worst pair with the names of both rows. */
export type NamedPair = WitnessPair & { readonly aNames?: RowNames; readonly bNames?: RowNames };

/** How a gate ended. */
export interface GateRecord {
  readonly score: string;
  readonly kind: "under" | "over";
  readonly limit: number;
  readonly value: number;
  readonly passed: boolean;
}

/** A command worth typing next, and why. */
export interface NextCommand {
  readonly command: string;
  readonly why: string;
}

/** The options of an audit as they were resolved; null where nothing was given and nothing was needed. */
export interface AuditOptions {
  readonly metric: Audit["options"]["metric"];
  readonly latentMetric: Audit["options"]["latentMetric"];
  readonly nNeighbors: number;
  readonly sample: number | "exact";
  readonly seed: number;
  readonly scores: Audit["options"]["scores"];
  readonly baseline: Audit["options"]["baseline"];
  readonly rows: string | null;
  readonly id: string | null;
  readonly vector: string | null;
  readonly latentVector: string | null;
  readonly labels: string | null;
  readonly imageSize: string | null;
  readonly imageMode: "grey" | "colour";
}

/** The result of job `audit`. Its JSON Schema is in jobs/schema.ts. */
export interface AuditResult {
  readonly schema: "isometer/audit/1";
  readonly job: "audit";
  readonly isometer: string;
  readonly engine: EngineInfo;
  readonly inputs: readonly InputRecord[];
  /** Rows that were compared: fewer than an input has when rows were joined by id. */
  readonly rows: number;
  readonly options: AuditOptions;
  readonly labels: LabelRecord | null;
  readonly classes: ClassRecord | null;
  readonly scores: Scores;
  readonly witnesses: {
    readonly stretched: readonly NamedPair[];
    readonly shrunk: readonly NamedPair[];
    readonly points: readonly NamedPoint[];
  };
  readonly warnings: readonly Warning[];
  readonly gates: readonly GateRecord[];
  readonly next: readonly NextCommand[];
  readonly seconds: number;
}

/** The result of job `demo`: several latents of one original. */
export interface DemoResult {
  readonly schema: "isometer/demo/1";
  readonly job: "demo";
  readonly isometer: string;
  readonly engine: EngineInfo;
  readonly audits: readonly { readonly name: string; readonly audit: AuditResult }[];
  readonly warnings: readonly Warning[];
  readonly next: readonly NextCommand[];
  readonly seconds: number;
}

/** The result of job `info`. */
export interface InfoResult {
  readonly schema: "isometer/info/1";
  readonly job: "info";
  readonly isometer: string;
  /** Null where it is not decided which columns or arrays are the vectors: `problems` says so. */
  readonly input: Omit<InputRecord, "dtype" | "rows" | "cols"> & {
    readonly dtype: string | null;
    readonly rows: number | null;
    readonly cols: number | null;
  };
  /** As stored; empty where nothing is decided. */
  readonly shape: readonly number[];
  /** Names of columns, arrays or tensors; with types (and shapes) where nothing is decided. */
  readonly columns: readonly { readonly name: string; readonly type?: string }[];
  /** Which of them are the vectors; empty where they have no names. */
  readonly vector: readonly string[];
  /** The first values of the first rows. */
  readonly firstRows: readonly (readonly number[])[];
  /** Over finite values; null when there is none. */
  readonly values: { readonly min: number; readonly max: number; readonly mean: number } | null;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Warning[];
  readonly next: readonly NextCommand[];
  readonly seconds: number;
}

/** Something in a file that would make distances lie, fail or tie. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly count?: number;
}

/** The result of job `make`. */
export interface MakeResult {
  readonly schema: "isometer/make/1";
  readonly job: "make";
  readonly isometer: string;
  readonly kind: string;
  /** What it is and what its truth means. */
  readonly about: string;
  readonly options: {
    readonly rows: number;
    readonly cols: number;
    readonly noise: number;
    readonly seed: number;
  };
  readonly out: { readonly path: string; readonly rows: number; readonly cols: number };
  readonly truth: {
    readonly path: string;
    readonly rows: number;
    readonly cols: number;
    readonly columns: readonly string[];
  };
  readonly warnings: readonly Warning[];
  readonly next: readonly NextCommand[];
  readonly seconds: number;
}
