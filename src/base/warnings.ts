/** Everything a result may want to warn about. The list is closed, so that every door can explain each. */
export type WarningCode =
  | "central-differences"
  | "constant-columns"
  | "duplicate-rows"
  | "engine-fallback"
  | "fewer-neighbors"
  | "flat-store"
  | "graph-in-parts"
  | "header-guessed"
  | "ids-ignored"
  | "landmarks"
  | "latent-distorted"
  | "narrowed"
  | "no-baseline"
  | "no-classes"
  | "no-convergence"
  | "no-holdout"
  | "no-prompt"
  | "pairs-unused"
  | "points-sampled"
  | "rows-unmatched"
  | "sampled-search"
  | "sampled-trials"
  | "scores-left-out"
  | "several-outputs"
  | "singular"
  | "texts-cut"
  | "zero-vectors";

/**
 * Something a careful user would want to know about a result. A value, never a print.
 *
 * `rows` holds the first few row numbers (zero-based) and `count` how many there are in all.
 */
export interface Warning {
  readonly code: WarningCode;
  readonly message: string;
  readonly rows?: readonly number[];
  readonly count?: number;
}

/** At most this many row numbers are listed in one warning or error. */
export const LISTED_ROWS = 5;

/** "rows 3, 8, 9 and 12 more": the first `LISTED_ROWS` row numbers in words. */
export function listRows(rows: readonly number[], count = rows.length): string {
  const shown = rows.slice(0, LISTED_ROWS);
  const rest = count - shown.length;
  const list = shown.join(", ") + (rest > 0 ? ` and ${rest.toLocaleString("en")} more` : "");
  return `${count === 1 ? "row" : "rows"} ${list}`;
}
