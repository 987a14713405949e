import type { Drift, DriftRegion } from "../align/drift-result.ts";
import type { Warning } from "../base/index.ts";
import type { Score } from "../measure/result.ts";
import type { GateRecord, InputRecord, NextCommand, PointsRecord } from "./result.ts";

/** A row that moved, by name: its id, or its number in the file of OLD. */
export interface DriftWitness {
  readonly row: number;
  /** Absent where rows have none. */
  readonly id?: string;
  readonly movement: number;
  readonly factor: number;
  readonly overlap: number;
  readonly shift: number;
  readonly region: number;
  /** Neighbours that it lost and gained, nearest first. */
  readonly lost: readonly string[];
  readonly gained: readonly string[];
}

/** Ids of one side alone. */
export interface Unmatched {
  readonly count: number;
  /** The first ten. */
  readonly first: readonly string[];
}

/** The result of job `drift`. Its JSON Schema is in jobs/schema-drift.ts. */
export interface DriftResult extends Pick<Drift, "engine" | "rows" | "scale" | "chance"> {
  readonly schema: "isometer/drift/1";
  readonly job: "drift";
  readonly isometer: string;
  readonly inputs: readonly InputRecord[];
  readonly options: Drift["options"] & {
    readonly rows: string | null;
    readonly id: string | null;
    readonly ids: readonly string[];
    readonly vector: string | null;
    readonly points: string | null;
  };
  /** Were rows matched by their ids? Otherwise by order. */
  readonly joined: "id" | "order";
  readonly scores: Readonly<Partial<Record<DriftScoreName, Score>>>;
  readonly quantiles: Drift["quantiles"] & { readonly levels: readonly number[] };
  readonly regions: readonly (Omit<DriftRegion, "examples"> & { readonly examples: readonly string[] })[];
  readonly unmatched: { readonly old: Unmatched; readonly new: Unmatched };
  readonly points: PointsRecord | null;
  /** Rows by movement, the most first. */
  readonly witnesses: readonly DriftWitness[];
  readonly warnings: readonly Warning[];
  readonly gates: readonly GateRecord[];
  readonly next: readonly NextCommand[];
  readonly seconds: number;
}

/** The scores of job `drift`, those of an audit first; what each says, in a few words; whether less is better; and from where on it is good and bad. */
export const DRIFT_SCORES = {
  linearCka: { group: "Whole", about: "linear CKA", less: false, good: 0.95, bad: 0.7 },
  distanceSpearman: { group: "Whole", about: "order of distances, RSA", less: false, good: 0.9, bad: 0.7 },
  procrustes: { group: "Whole", about: "left once laid together", less: true, good: 0.05, bad: 0.3 },
  neighborRecall: { group: "Rows", about: "mutual neighbours", less: false, good: 0.7, bad: 0.3 },
  movement: { group: "Rows", about: "against neighbours", less: true, good: 0.2, bad: 0.5 },
  moved: { group: "Rows", about: "share of rows that left", less: true, good: 0.01, bad: 0.1 },
  shift: { group: "Rows", about: "against other regions", less: true, good: 0.2, bad: 0.5 },
} as const;

export type DriftScoreName = keyof typeof DRIFT_SCORES;

export const DRIFT_SCORE_NAMES = Object.keys(DRIFT_SCORES) as DriftScoreName[];

/** True for scores where less is better. */
export function lessDriftIsBetter(name: DriftScoreName): boolean {
  return DRIFT_SCORES[name].less;
}

/** Good, fair or bad. What is no number is bad. */
export function driftGrade(name: DriftScoreName, value: number): "good" | "fair" | "bad" {
  const { less, good, bad } = DRIFT_SCORES[name];
  if (less) return value <= good ? "good" : value < bad ? "fair" : "bad";
  return value >= good ? "good" : value > bad ? "fair" : "bad";
}

/** What a row is called: its id, or "row 17". */
export function witnessName({ id, row }: Pick<DriftWitness, "id" | "row">): string {
  return id ?? `row ${row}`;
}
