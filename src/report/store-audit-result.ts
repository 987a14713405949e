import type { Warning } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import type { StoreAudit } from "../spaces/store-audit/index.ts";
import type { StoreRecord } from "./ingest.ts";
import type { GateRecord, NextCommand } from "./result.ts";

/** The result of job `audit` of a store: how its search compares with an exact one. */
export interface StoreAuditResult extends Omit<StoreAudit, "index" | "nNeighbors" | "queries"> {
  readonly schema: "isometer/audit-store/1";
  readonly job: "audit";
  readonly isometer: string;
  readonly engine: EngineInfo;
  readonly store: StoreRecord & {
    /** Kinds of index that the store can build. */
    readonly indexKinds: readonly string[];
  };
  /** Where the queries came from: a file, or null for items of the store, each left out of its own hits; and how many there were. */
  readonly queries: { readonly from: string | null; readonly count: number };
  readonly options: {
    readonly nNeighbors: number;
    readonly sample: number | null;
    readonly queries: string | null;
    readonly where: readonly string[];
    readonly vector: string | null;
    readonly seed: number;
  };
  readonly warnings: readonly Warning[];
  readonly gates: readonly GateRecord[];
  readonly next: readonly NextCommand[];
  readonly seconds: number;
}
