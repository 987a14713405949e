import type { ErrorCode } from "../../base/errors.ts";
import type { Progress } from "../../base/index.ts";

/** What a process that runs a job is asked to do. */
export type Order =
  | {
      readonly kind: "run";
      readonly job: string;
      readonly inputs: readonly string[];
      readonly options: Readonly<Record<string, unknown>>;
      /** Names of the texts that are wanted of the result, beside its JSON. */
      readonly documents: readonly string[];
    }
  /** Somebody wants to see where the rows of a fit are. */
  | { readonly kind: "watch" }
  | { readonly kind: "stop" };

/** An error, as any door shows it. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly needed?: string | undefined;
  readonly got?: string | undefined;
  readonly hint?: string | undefined;
}

/** Where the rows of a fit are in two dimensions, n x 2. */
export interface RunPositions {
  readonly places: Float32Array<ArrayBuffer>;
  readonly iteration: number;
  /** Their numbers; null: they are all. */
  readonly rows: Int32Array<ArrayBuffer> | null;
}

/** What it says. The last word is `done` or `failed`. */
export type Said =
  | { readonly kind: "progress"; readonly progress: Progress }
  | { readonly kind: "note"; readonly text: string }
  | { readonly kind: "positions"; readonly positions: RunPositions }
  | {
      readonly kind: "done";
      /** The result as the command line's --json writes it. */
      readonly json: string;
      /** The report as the command line prints it, 100 columns wide. */
      readonly report: string;
      readonly documents: Readonly<Record<string, string>>;
    }
  | { readonly kind: "failed"; readonly error: Failure };
