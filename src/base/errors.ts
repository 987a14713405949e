/** Every way in which a job can refuse. The list is closed: a new reason gets a new code here. */
export type ErrorCode =
  | "aborted"
  | "ambiguous-column"
  | "bad-format"
  | "bad-option"
  | "bad-range"
  | "bad-value"
  | "duplicate-id"
  | "empty-input"
  | "engine-failed"
  | "file-exists"
  | "gate-failed"
  | "internal"
  | "missing-file"
  | "no-derivative"
  | "non-finite"
  | "not-a-file"
  | "row-count-mismatch"
  | "store-failed"
  | "store-locked"
  | "too-few-rows"
  | "too-large"
  | "truncated"
  | "unknown-column"
  | "unknown-option"
  | "unsupported-dtype"
  | "unsupported-model"
  | "zero-vector";

/** What an error says beyond its message: what was needed, what came, and the next step. */
export interface ErrorDetail {
  readonly needed?: string;
  readonly got?: string;
  /** The next step, as a sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/**
 * The one error that Isometer throws on purpose.
 *
 * `message` is a single line; `hint` is the next step. The same object becomes
 * CLI text, HTTP JSON or a toast, so nothing in it depends on where it is shown.
 */
export class IsometerError extends Error {
  override readonly name = "IsometerError";
  readonly code: ErrorCode;
  readonly needed: string | undefined;
  readonly got: string | undefined;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    this.needed = detail.needed;
    this.got = detail.got;
    this.hint = detail.hint;
  }
}

/** Process exit status: 3 a gate failed, 130 interrupted, 1 our fault, 2 the user's. */
export function exitCode(error: unknown): 1 | 2 | 3 | 130 {
  if (!(error instanceof IsometerError)) return 1;
  switch (error.code) {
    case "gate-failed":
      return 3;
    case "aborted":
      return 130;
    case "internal":
    case "engine-failed":
      return 1;
    default:
      return 2;
  }
}

/** The name in `known` nearest to `name` (Levenshtein distance at most 3), or undefined. */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.min(4, Math.max(2, Math.ceil(name.length / 2)));
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(substitution, previous[j]! + 1, current[j - 1]! + 1));
    }
    previous = current;
  }
  return previous[b.length]!;
}
