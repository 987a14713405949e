import { IsometerError } from "./errors.ts";

/** Where long work stands. `done` and `total` count the same unit (tiles, rows, bytes) within `stage`. */
export interface Progress {
  readonly stage: string;
  readonly done: number;
  readonly total: number;
  /** What is minimised, where it was looked at. */
  readonly objective?: number;
  /** More to say of it, for a person. */
  readonly detail?: string;
}

/** What every long call accepts: someone to tell, and a way to stop it. */
export interface Watch {
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** @throws aborted when the caller has asked to stop. Cheap: call it once per block. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted)
    throw new IsometerError("aborted", "stopped before the work was done", { cause: signal.reason });
}
