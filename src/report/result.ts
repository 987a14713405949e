import type { Warning } from "../base/index.ts";
import type { EngineInfo } from "../engine/info.ts";
import type { JudgedPair, JudgedTriplet } from "../measure/judgement.ts";
import type {
  Audit,
  ClassRecord,
  Holdout,
  Score,
  ScoreName,
  Scores,
  WitnessPair,
  WitnessPoint,
} from "../measure/result.ts";

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
  /** Which of several latents. */
  readonly latent?: string;
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

/** The table of single rows that a run wrote. */
export interface PointsRecord {
  readonly path: string;
  readonly rows: number;
  readonly columns: readonly string[];
}

/** Rows that the map never saw beside those that it saw, and where it was said which they are. */
export interface HoldoutRecord extends Holdout {
  /** A range, or a file. */
  readonly from: string;
}

/** The options of an audit as they were resolved; null where nothing was given and nothing was needed. */
export interface AuditOptions {
  readonly metric: Audit["options"]["metric"];
  readonly latentMetric: Audit["options"]["latentMetric"];
  readonly nNeighbors: number;
  readonly graphNeighbors: number | null;
  readonly sample: number | "exact";
  readonly seed: number;
  readonly scores: Audit["options"]["scores"];
  readonly baseline: Audit["options"]["baseline"];
  readonly achievable: Audit["options"]["achievable"];
  readonly rows: string | null;
  readonly id: string | null;
  /** Files of ids; absent where there were none. */
  readonly ids?: readonly string[];
  readonly vector: string | null;
  readonly latentVector: string | null;
  readonly labels: string | null;
  readonly holdout: string | null;
  readonly points: string | null;
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
  readonly shape: Audit["shape"];
  readonly holdout: HoldoutRecord | null;
  readonly points: PointsRecord | null;
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

/** The audit of one of several latents, under the name that it has in the comparison. */
export interface Compared {
  readonly name: string;
  readonly audit: AuditResult;
}

/** Where a latent, or a baseline, stands among those that it is compared with. */
export interface Standing {
  readonly name: string;
  readonly kind: "latent" | "baseline";
  /** 1 + those with a smaller mean place. */
  readonly place: number;
  /** Mean of `places`. */
  readonly meanPlace: number;
  /** The same over the scores of neighbourhoods, and over those of distances; null where none was scored. */
  readonly neighbourhoods: Placing | null;
  readonly distances: Placing | null;
  /** Place on each judged score: 1 + those that are clearly better there. Intervals that overlap, or values that print alike, are level. */
  readonly places: Readonly<Partial<Record<ScoreName, number>>>;
}

/** A place by the mean of others. */
export interface Placing {
  readonly place: number;
  readonly meanPlace: number;
}

/** The result of job `audit` of several latents. */
export interface ComparisonResult {
  readonly schema: "isometer/comparison/1";
  readonly job: "audit";
  readonly isometer: string;
  readonly engine: EngineInfo;
  /** The original, then the latents. */
  readonly inputs: readonly InputRecord[];
  readonly rows: number;
  /** As those of one audit, with the names of all baselines. */
  readonly options: Omit<AuditOptions, "baseline"> & { readonly baselines: readonly string[] };
  readonly labels: LabelRecord | null;
  /** What an audit of each latent by itself would say. */
  readonly audits: readonly Compared[];
  /** By place; baselines are in it. */
  readonly ranking: readonly Standing[];
  readonly warnings: readonly Warning[];
  /** Of all latents. */
  readonly gates: readonly GateRecord[];
  readonly next: readonly NextCommand[];
  readonly seconds: number;
}

/** A file of judgements, and what of it could be used. */
export interface JudgementRecord {
  readonly kind: "pairs" | "triplets";
  readonly path: string;
  readonly columns: readonly string[];
  readonly rows: number;
  /** Those whose items every latent has. */
  readonly used: number;
}

/** Pairs or triplets that belong together: all of a file, or a group of it. */
export type JudgedTask = { readonly task: string; readonly n: number } & (
  | {
      readonly kind: "pairs";
      readonly scores: { readonly spearman: Score; readonly pearson: Score };
      readonly worst: readonly (JudgedPair & { readonly names: readonly string[] })[];
    }
  | {
      readonly kind: "triplets";
      readonly scores: { readonly tripletAccuracy: Score };
      readonly worst: readonly (JudgedTriplet & { readonly names: readonly string[] })[];
    }
);

/** How a latent agrees with each task. */
export interface JudgedLatent {
  readonly name: string;
  readonly tasks: readonly JudgedTask[];
}

/** The result of job `audit` by judgements: there is no original. */
export interface JudgementResult {
  readonly schema: "isometer/judgement/1";
  readonly job: "audit";
  readonly isometer: string;
  /** The latents. */
  readonly inputs: readonly InputRecord[];
  readonly judgements: readonly JudgementRecord[];
  readonly options: {
    readonly latentMetric: Audit["options"]["latentMetric"];
    readonly seed: number;
    readonly pairs: string | null;
    readonly triplets: string | null;
    readonly ids: readonly string[];
    readonly id: string | null;
    readonly vector: string | null;
    readonly latentVector: string | null;
  };
  readonly latents: readonly JudgedLatent[];
  /** By mean place over the tasks: of `spearman` for pairs, of `tripletAccuracy` for triplets. Empty where there is one latent. */
  readonly ranking: readonly (Placing & {
    readonly name: string;
    readonly places: Readonly<Record<string, number>>;
  })[];
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
  readonly audits: readonly Compared[];
  readonly ranking: readonly Standing[];
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
