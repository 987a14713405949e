import { count, duration } from "../report/index.ts";
import type { AuditValues } from "./audit-options.ts";

/** Sizes that the cost of an audit follows from. */
export interface Sizes {
  readonly rows: number;
  readonly original: number;
  readonly latents: readonly number[];
  /** Rows that are compared with all rows. */
  readonly anchors: number;
  readonly threads: number;
}

/** What an audit will take, about. */
export interface Estimate {
  readonly seconds: number;
  readonly bytes: number;
}

/**
 * Rates of one thread, taken on two cores of an AMD EPYC (Zen 3) on 10,000 x 784, 70,000 x 784 and 1,000,000 x 768, exact and sampled. Another machine is
 * some factor away from them, the same for all sizes.
 */
const RATE = {
  /** Multiplications and additions of products. */
  flops: 4.5e10,
  /** Seconds for a pair in one latent: counted, ranked and sorted. */
  pair: 3.8e-8,
  /** Seconds for a value of the original: read, checked, placed, again and again. */
  value: 1.2e-7,
  /** Seconds that a latent takes whatever the rows: landmarks, groups, intervals. */
  latent: 4,
} as const;

/** Bytes of a process before it holds any data, with two workers at work. */
const BASE_BYTES = 4.5e8;

/** Seconds and bytes that an audit will take, to a factor of about 1.5 on the machine that the rates are from. */
export function estimateAudit(
  { rows, original, latents, anchors, threads }: Sizes,
  { baseline, exact }: Pick<AuditValues, "baseline" | "exact">,
): Estimate {
  const widths = baseline === "pca" ? [...latents, ...new Set(latents)] : latents;
  const whole = exact || anchors >= rows;
  const pairs = whole ? rows ** 2 / 2 : anchors * rows;
  // Whole columns are looked at once more, from at most 1e8 pairs.
  const columns = Math.min(rows * Math.min(anchors, rows), 1e8);
  const products = 2 * original * (2 * pairs + columns) + momentsOf(rows, original, widths);
  const work =
    products / RATE.flops +
    RATE.pair * widths.length * (2 * pairs + columns) +
    RATE.value * rows * original +
    RATE.latent * widths.length;
  // What is larger stays in its file (HELD_BYTES in data/pair.ts).
  const held = (cols: number) => (4 * rows * cols > 2 ** 30 ? 0 : 4 * rows * cols);
  const spaces = [original, ...widths].reduce((sum, cols) => sum + held(cols) + 24 * rows, 0);
  return { seconds: work / threads, bytes: BASE_BYTES + spaces };
}

/** A covariance matrix; of more dimensions than it is made for (PCA_COLS in linalg/pca.ts), some passes with ten directions more than are kept. */
function momentsOf(rows: number, cols: number, widths: readonly number[]): number {
  if (cols <= 2048) return 4 * rows * cols ** 2;
  return widths.reduce((sum, width) => sum + 6 * 4 * rows * cols * (width + 10), 0);
}

/** Told before a run that takes longer than this. */
const LONG_SECONDS = 20;

/** "about 2 min and 1.2 GB for 1,000,000 rows on 2 threads", or null for a short run. */
export function estimateText(sizes: Sizes, options: Pick<AuditValues, "baseline" | "exact">): string | null {
  const { seconds, bytes } = estimateAudit(sizes, options);
  if (seconds < LONG_SECONDS) return null;
  const memory = bytes < 1e9 ? `${Math.round(bytes / 1e7) * 10} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
  const threads = sizes.threads === 1 ? "1 thread" : `${sizes.threads} threads`;
  return `about ${duration(seconds)} and ${memory} for ${count(sizes.rows)} rows on ${threads}`;
}
