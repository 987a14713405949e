import type { HalfRecall, LimitAnswer, LimitCell } from "./result.ts";

/** Which of the two recalls counts. */
export type RecallKind = keyof HalfRecall;

/**
 * The cell of fewest bytes whose recall on the choosing queries is `target` or more for sure, by the lower end of its interval; the best of as many bytes.
 * That it was chosen among many makes its own figure there too good; the fresh queries say what it reaches.
 *
 * @param most a cell of as many bytes spares nothing
 */
export function smallestEnough(
  cells: readonly LimitCell[],
  target: number,
  kind: RecallKind,
  most: number,
): LimitAnswer | null {
  const enough = byBytes(cells, kind).find((at) => {
    const { bytes, choosing } = cells[at]!;
    return bytes < most && choosing[kind].interval[0] >= target;
  });
  if (enough === undefined) return null;
  return { cell: enough, confirmed: cells[enough]![kind].interval[0] >= target };
}

/** Places of the cells with more recall on the choosing queries than every cell of as few bytes (Pareto), ascending by bytes. */
export function frontierOf(cells: readonly LimitCell[], kind: RecallKind): number[] {
  let best = Number.NEGATIVE_INFINITY;
  return byBytes(cells, kind).filter((at) => {
    const { value } = cells[at]!.choosing[kind];
    if (value <= best) return false;
    best = value;
    return true;
  });
}

/** Fewest bytes first, then most recall. */
function byBytes(cells: readonly LimitCell[], kind: RecallKind): number[] {
  const of = (at: number) => cells[at]!;
  return [...cells.keys()].sort(
    (a, b) => of(a).bytes - of(b).bytes || of(b).choosing[kind].value - of(a).choosing[kind].value || a - b,
  );
}
