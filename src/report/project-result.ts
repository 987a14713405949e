import type { ErrorCode, Warning } from "../base/index.ts";
import type { ContentKind } from "../data/index.ts";
import type { NextCommand } from "./result.ts";

/** Why something cannot be used, as the error said it. */
export interface ContentProblem {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | null;
}

/** The project that a result is about. */
export interface ProjectRecord {
  /** Its folder, as given. */
  readonly path: string;
  readonly name: string;
}

/** What init did with a file, or with the address of a store. */
export interface InitEntry {
  readonly kind: ContentKind | "stores";
  readonly name: string;
  /** As the manifest has it: below the folder, or a whole path. */
  readonly files: readonly string[];
  /** `changed`: other settings; `moved`: the same content in another place. */
  readonly state: "added" | "changed" | "moved" | "unchanged";
  /** It lies outside of the folder. */
  readonly outside: boolean;
}

/** The result of job `init`. */
export interface InitResult {
  readonly schema: "isometer/init/1";
  readonly job: "init";
  readonly isometer: string;
  readonly project: ProjectRecord;
  /** Whether there was no project before. */
  readonly made: boolean;
  readonly options: { readonly copy: boolean };
  readonly entries: readonly InitEntry[];
  readonly warnings: readonly Warning[];
  readonly next: readonly NextCommand[];
  readonly seconds: number;
}

/** An entry of the manifest beside what its files hold now. */
export interface ContentState {
  readonly kind: ContentKind;
  readonly name: string;
  readonly version: number;
  readonly files: readonly string[];
  readonly outside: boolean;
  /** `changed`: the files hold something else than was recorded; `lost`: they cannot be read. */
  readonly state: "as recorded" | "changed" | "lost";
  readonly problem: ContentProblem | null;
  /** Of what the files hold now; null where they are lost. */
  readonly fingerprint: string | null;
  /** Of spaces, as recorded. */
  readonly shape: { readonly rows: number; readonly cols: number; readonly metric: string } | null;
  /** The original that it belongs to. */
  readonly of: string | null;
  /** The map that made it; of a map the method that made this. */
  readonly by: string | null;
}

/** The headline scores of a result; null where one is not a number, or was not measured. */
export interface KeptScores {
  readonly trustworthiness: number | null;
  readonly stretch: number | null;
}

/** The audit of a latent, as it is kept. */
export interface AuditState {
  readonly latent: string;
  readonly original: string;
  /** Name of the result: results/NAME.json. */
  readonly result: string;
  /** `stale`: of other contents or settings than there are now; `lost`: what it needs cannot be read. */
  readonly state: "current" | "stale" | "none" | "lost";
  /** What makes it so, in words. */
  readonly why: readonly string[];
  /** Version of Isometer that measured it. */
  readonly isometer: string | null;
  readonly scores: KeptScores | null;
}

/** Another result that the manifest names. */
export interface OtherResult {
  readonly name: string;
  readonly job: string;
  readonly state: "current" | "stale" | "lost";
  readonly why: readonly string[];
}

/** The result of job `status`. */
export interface StatusResult {
  readonly schema: "isometer/status/1";
  readonly job: "status";
  readonly isometer: string;
  readonly project: ProjectRecord & {
    /** Version that made it. */
    readonly madeBy: string;
  };
  readonly contents: readonly ContentState[];
  readonly stores: readonly { readonly name: string; readonly address: string }[];
  readonly audits: readonly AuditState[];
  readonly results: readonly OtherResult[];
  readonly warnings: readonly Warning[];
  readonly next: readonly NextCommand[];
  readonly seconds: number;
}

/** What refresh did about the audit of a latent. */
export interface Refreshed {
  readonly latent: string;
  readonly original: string;
  readonly result: string;
  readonly state: "measured" | "current";
  /** Why it was measured. */
  readonly why: readonly string[];
  readonly scores: KeptScores | null;
}

/** The result of job `refresh`. */
export interface RefreshResult {
  readonly schema: "isometer/refresh/1";
  readonly job: "refresh";
  readonly isometer: string;
  readonly project: ProjectRecord;
  readonly options: { readonly again: boolean };
  /** Entries whose files held something new. */
  readonly taken: readonly { readonly kind: ContentKind; readonly name: string; readonly version: number }[];
  readonly audits: readonly Refreshed[];
  readonly warnings: readonly Warning[];
  readonly next: readonly NextCommand[];
  readonly seconds: number;
}
