import { IsometerError, type Rng, sampleWithoutReplacement, type Watch } from "../base/index.ts";
import type { Layout, Space } from "../neighbors/index.ts";
import { defaultAnchors } from "./audit-checks.ts";
import type { CompareOptions } from "./compare.ts";
import type { Holdout, Score, ScoreName, Scores } from "./result.ts";
import { SCORES } from "./scores/index.ts";
import { isSwept, scoreAll } from "./scoring.ts";

/** Rows that a group needs: fewer say nothing about others. */
export const HOLDOUT_ROWS = 20;

/** Rows that the map never saw, and those that it saw, ascending. */
export interface Groups {
  readonly heldOut: Int32Array;
  readonly seen: Int32Array;
}

/** The two groups. @throws bad-option unless the rows are distinct, exist, and leave both groups with enough of them */
export function groupsOf(rows: ArrayLike<number>, all: number): Groups {
  const out = new Uint8Array(all);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (!Number.isInteger(row) || row < 0 || row >= all) {
      throw new IsometerError("bad-option", `holdout must name rows from 0 to ${all - 1}, got ${row}`, {
        hint: "Rows are counted from 0.",
      });
    }
    if (out[row]) {
      throw new IsometerError("bad-option", `holdout must name each row once, row ${row} is named twice`, {
        hint: "Leave out what is repeated.",
      });
    }
    out[row] = 1;
  }
  const [few, group] =
    rows.length <= all - rows.length
      ? [rows.length, "held-out rows"]
      : [all - rows.length, "rows that were seen"];
  if (few < HOLDOUT_ROWS) {
    throw new IsometerError(
      "bad-option",
      `holdout must leave at least ${HOLDOUT_ROWS} rows on either side, there are ${few} ${group}`,
      { needed: `${HOLDOUT_ROWS} rows held out and ${HOLDOUT_ROWS} seen`, got: `${few} ${group}` },
    );
  }
  const having = (mark: 0 | 1) => Int32Array.from(out.keys()).filter((row) => out[row] === mark);
  return { heldOut: having(1), seen: having(0) };
}

/** How to compare the groups. */
export interface HoldoutOptions {
  readonly sample: number | undefined;
  readonly exact: boolean | undefined;
  readonly groups: Groups;
  /** Scores of the audit; those that come from the sweep over pairs are given for both groups. */
  readonly scores: readonly ScoreName[];
}

/**
 * Scores of rows that a map never saw, beside those of rows that it saw: as many anchors of each group, compared with all rows, as users would
 * search. One answer per latent.
 *
 * Held-out rows stand for all that the map may meet, so intervals have no finite-population factor: they say how far the choice of rows
 * alone may move a score, also where every row of a group is an anchor.
 *
 * Cost: two sampled audits.
 */
export async function holdoutsOf(
  x: Space,
  zs: readonly Space[],
  how: CompareOptions,
  options: HoldoutOptions,
): Promise<readonly Holdout[]> {
  const { groups, sample, exact } = options;
  const { heldOut, seen } = groups;
  const most = exact ? x.rows : (sample ?? defaultAnchors(x.rows));
  const anchors = Math.min(heldOut.length, seen.length, most);
  const measure = (rows: Int32Array, name: "held out" | "seen") =>
    groupScores(x, zs, how, { rows, name, anchors, scores: options.scores });
  const unseen = await measure(heldOut, "held out");
  const known = await measure(seen, "seen");
  return zs.map((_, l) => ({
    rows: heldOut.length,
    anchors,
    heldOut: unseen[l]!,
    seen: known[l]!,
    worse: worseScores(unseen[l]!, known[l]!),
  }));
}

interface Group {
  readonly rows: Int32Array;
  readonly name: string;
  readonly anchors: number;
  readonly scores: readonly ScoreName[];
}

async function groupScores(
  x: Space,
  zs: readonly Space[],
  how: CompareOptions,
  { rows, name, anchors, scores }: Group,
): Promise<readonly Scores[]> {
  const names = scores.filter(isSwept);
  const rng = how.rng.split(name);
  const scored = await scoreAll(x, zs, names, {
    ...how,
    layout: anchorsOf(rows, anchors, x.rows, rng),
    wants: new Set(names.flatMap((score) => SCORES[score].needs)),
    rng,
    watch: under(name, how.watch),
  });
  return scored.map((each) => each.scores);
}

function anchorsOf(from: Int32Array, slots: number, rows: number, rng: Rng): Layout {
  const drawn = sampleWithoutReplacement(rng.split("anchors"), from.length, slots);
  const index = drawn.map((at) => from[at]!);
  return { kind: "anchors", rows, slots, index, population: Number.POSITIVE_INFINITY };
}

/** Stages told as those of a group. */
function under(name: string, { onProgress, signal }: Watch): Watch {
  return {
    ...(signal && { signal }),
    ...(onProgress && { onProgress: (p) => onProgress({ ...p, stage: `${name}: ${p.stage}` }) }),
  };
}

/** Less than this, of the score or of 1, is nobody's difference: where every row scores the same, intervals are as narrow as rounding. */
const VISIBLE = 1e-4;

/** Scores whose intervals do not meet, those of held-out rows being the worse. */
function worseScores(heldOut: Scores, seen: Scores): ScoreName[] {
  return (Object.entries(heldOut) as [ScoreName, Score][]).flatMap(([name, { value, interval }]) => {
    const other = seen[name]!;
    const higher = SCORES[name].better === "higher";
    const apart = higher ? interval[1] < other.interval[0] : interval[0] > other.interval[1];
    return apart && Math.abs(value - other.value) > VISIBLE * Math.max(1, Math.abs(other.value))
      ? [name]
      : [];
  });
}
