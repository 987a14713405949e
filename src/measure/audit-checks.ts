import { checkInteger, IsometerError, nearestName, sharedInt32 } from "../base/index.ts";
import type { Layout } from "../neighbors/index.ts";
import type { AuditOptions } from "./audit.ts";
import type { Classes } from "./clusters.ts";
import type { Comparison } from "./compare.ts";
import { MOMENTS } from "./pairs.ts";
import type { ScoreName } from "./result.ts";
import { totalMoments } from "./scores/distance.ts";
import { SCORE_NAMES } from "./scores/index.ts";

/** Up to this many rows every pair is looked at unless a sample is asked for. */
export const EXACT_ROWS = 10_000;

/** Anchors drawn by default from more rows than that. */
export const DEFAULT_ANCHORS = 2_000;

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
  draw: (count: number) => Int32Array,
): Layout {
  const { sample, exact } = options;
  if (sample !== undefined && exact) {
    throw new IsometerError("bad-option", "sample and exact exclude each other", {
      hint: "Leave one of them out.",
    });
  }
  if (sample !== undefined) checkInteger("sample", sample, 2, rows);
  const anchors = sample ?? (exact || rows <= EXACT_ROWS ? rows : DEFAULT_ANCHORS);
  if (anchors >= rows) return { kind: "all", rows };
  return { kind: "anchors", rows, slots: anchors, index: draw(anchors) };
}

/** A space whose rows are all equal has no distances to compare. */
export function checkSpread({ pairs }: Comparison, names: readonly [string, string]): void {
  if (!pairs) return;
  const moments = totalMoments(pairs);
  [MOMENTS.dxdx, MOMENTS.dzdz].forEach((moment, side) => {
    if (moments[moment]! > 0) return;
    throw new IsometerError("bad-value", `all rows of ${names[side]} are the same: it has no distances`, {
      hint: "The encoder may have collapsed, or the wrong column was read: look at it with isometer info.",
    });
  });
}
