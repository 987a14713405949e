/** Pairs of rows: `heads[p]` and `tails[p]`. */
export interface RowPairs {
  readonly heads: Int32Array;
  readonly tails: Int32Array;
}

/** Kinds of pairs as each row sees them, from both ends: the other ends of those of kind g that row i is in are `ids[starts[i kinds + g] ... starts[i kinds + g + 1])`. */
export interface Incidence {
  readonly kinds: number;
  readonly starts: Int32Array;
  readonly ids: Int32Array;
}

/** Lists pairs under both of their rows, in the order in which they come; a pair that comes twice counts twice. Cost: the number of pairs. */
export function incidence(rows: number, lists: readonly RowPairs[]): Incidence {
  const kinds = lists.length;
  const starts = new Int32Array(rows * kinds + 1);
  const ends = (visit: (at: number, other: number) => void) =>
    lists.forEach(({ heads, tails }, kind) => {
      for (let p = 0; p < heads.length; p++) {
        const [head, tail] = [heads[p]!, tails[p]!];
        visit(head * kinds + kind, tail);
        visit(tail * kinds + kind, head);
      }
    });
  ends((at) => starts[at + 1]!++);
  for (let at = 0; at < rows * kinds; at++) starts[at + 1]! += starts[at]!;
  const next = starts.slice();
  const ids = new Int32Array(starts[rows * kinds]!);
  ends((at, other) => {
    ids[next[at]!++] = other;
  });
  return { kinds, starts, ids };
}
