import { checkInteger, IsometerError, nearestName, sharedInt32 } from "../base/index.ts";
import { type Layout, MOST_LENGTHS } from "../neighbors/index.ts";
import type { Classes } from "./clusters.ts";
import type { SweptEvidence } from "./compare.ts";
import type { AuditOptions } from "./options.ts";
import { MOMENTS } from "./pairs.ts";
import type { ScoreName } from "./result.ts";
import { totalMoments } from "./scores/distance.ts";
import { SCORE_NAMES } from "./scores/index.ts";

/** Up to this many rows every pair is looked at unless a sample is asked for. */
export const EXACT_ROWS = 10_000;

/** Anchors drawn by default from more rows than that, unless their pairs with all rows would be more than DEFAULT_PAIRS. */
export const DEFAULT_ANCHORS = 2_000;
export const DEFAULT_PAIRS = 1e9;

/** The same where geodesics are asked for, which take 4 bytes for each row of each anchor. */
const GEODESIC = { exactRows: 2_000, anchors: 500, usualLengths: 2 ** 26 };

/** Numbers, from 0 in order of appearance, for names of classes. */
export function classesOf(labels: readonly string[], rows: number): Classes {
  if (labels.length !== rows) {
    throw new IsometerError("row-count-mismatch", `there are ${labels.length} labels for ${rows} rows`);
  }
  const numbers = new Map<string, number>();
  const classes = sharedInt32(rows);
  labels.forEach((label, i) => {
    if (!numbers.has(label)) numbers.set(label, numbers.size);
    classes[i] = numbers.get(label)!;
  });
  return { rows: classes, count: numbers.size, from: "labels" };
}

export function checkSize(rows: number, k: number, name: string): void {
  if (rows < 3) {
    throw new IsometerError(
      "too-few-rows",
      `${name} has ${rows} row${rows === 1 ? "" : "s"}: at least 3 are needed`,
      {
        needed: "3 rows",
        got: String(rows),
        hint: "One row has no neighbours and two have one distance: nothing can be compared.",
      },
    );
  }
  const largest = Math.ceil(rows / 2) - 1;
  if (Number.isInteger(k) && k > largest) {
    throw new IsometerError(
      "bad-option",
      `nNeighbors must be below half the number of rows (${rows}), got ${k}`,
      {
        needed: `at most ${largest}`,
        got: String(k),
        hint: `Use --n-neighbors ${largest} or less: trustworthiness is not defined beyond.`,
      },
    );
  }
  checkInteger("nNeighbors", k, 1);
}

export function checkScores(asked: readonly ScoreName[] | undefined): readonly ScoreName[] {
  for (const name of asked ?? []) {
    if (SCORE_NAMES.includes(name)) continue;
    const near = nearestName(name, SCORE_NAMES);
    throw new IsometerError("bad-option", `there is no score called ${name}`, {
      hint: near ? `Did you mean ${near}?` : `Scores are ${SCORE_NAMES.join(", ")}.`,
    });
  }
  return asked ?? SCORE_NAMES;
}

export function chooseLayout(
  rows: number,
  options: Pick<AuditOptions, "sample" | "exact">,
  geodesic: boolean,
  draw: (count: number) => Int32Array,
): Layout {
  const { sample, exact } = options;
  if (sample !== undefined && exact) {
    throw new IsometerError("bad-option", "sample and exact exclude each other", {
      hint: "Leave one of them out.",
    });
  }
  if (sample !== undefined) checkInteger("sample", sample, 2, rows);
  if (geodesic) checkLengths(rows, sample, exact);
  const [exactRows, usual] = geodesic
    ? [GEODESIC.exactRows, Math.max(2, Math.min(GEODESIC.anchors, Math.floor(GEODESIC.usualLengths / rows)))]
    : [EXACT_ROWS, defaultAnchors(rows)];
  const anchors = sample ?? (exact || rows <= exactRows ? rows : usual);
  if (anchors >= rows) return { kind: "all", rows };
  return { kind: "anchors", rows, slots: anchors, index: draw(anchors) };
}

/** Anchors where nothing is said. */
export function defaultAnchors(rows: number): number {
  return Math.min(DEFAULT_ANCHORS, Math.max(100, Math.ceil(DEFAULT_PAIRS / rows)));
}

/** Geodesics are held, 4 bytes each: @throws bad-option where they would be too many */
function checkLengths(rows: number, sample: number | undefined, exact: boolean | undefined): void {
  const most = Math.floor(MOST_LENGTHS / rows);
  const name = exact ? "exact" : "sample";
  const anchors = exact ? rows : (sample ?? 0);
  if (anchors <= most) return;
  throw new IsometerError(
    "bad-option",
    `${name} must leave at most ${most} anchors for geodesics among ${rows} rows, got ${anchors}`,
    {
      needed: `at most ${most} anchors`,
      got: String(anchors),
      hint: `Use --sample ${most} or less: the lengths from every anchor to all rows are held in memory.`,
    },
  );
}

/** A space whose rows are all equal has no distances to compare. */
export function checkSpread({ pairs }: SweptEvidence, names: readonly [string, string]): void {
  if (!pairs) return;
  const moments = totalMoments(pairs);
  [MOMENTS.dxdx, MOMENTS.dzdz].forEach((moment, side) => {
    if (moments[moment]! > 0) return;
    throw new IsometerError("bad-value", `all rows of ${names[side]} are the same: it has no distances`, {
      hint: "The encoder may have collapsed, or the wrong column was read: look at it with isometer info.",
    });
  });
}

/** @throws bad-option when it is not `cols x cols` */
export function checkCovariance(matrix: Float64Array | null, cols: number): Float64Array | null {
  if (matrix === null || matrix.length === cols ** 2) return matrix;
  throw new IsometerError(
    "bad-option",
    `the covariance of ${cols} columns has ${cols ** 2} numbers, got ${matrix.length}`,
  );
}
