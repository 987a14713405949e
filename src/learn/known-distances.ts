/** Distances that are known before training, between rows by their places among those to train on. On shared memory. */
export type KnownDistances =
  /** From the rows `from`, ascending, to all: m x n. */
  | {
      readonly kind: "table";
      readonly from: Int32Array;
      readonly lengths: Float32Array;
      readonly unit: number;
    }
  /** Of single pairs. */
  | {
      readonly kind: "pairs";
      readonly a: Int32Array;
      readonly b: Int32Array;
      readonly lengths: Float32Array;
      readonly unit: number;
    };

/** Fills the B x B distances of a batch, divided by `unit`; 0 for a pair that is not known, or not finite (in other pieces of a graph): it does not count. */
export type FillDistances = (batch: Int32Array, out: Float32Array) => void;

export function openDistances(known: KnownDistances, rows: number): FillDistances {
  return known.kind === "table" ? openTable(known, rows) : openPairs(known, rows);
}

function openTable(
  { from, lengths, unit }: KnownDistances & { readonly kind: "table" },
  rows: number,
): FillDistances {
  const places = new Int32Array(rows).fill(-1);
  for (let m = 0; m < from.length; m++) places[from[m]!] = m;
  const scale = 1 / unit;
  return (batch, out) => {
    const count = batch.length;
    out.fill(0);
    for (let i = 0; i < count; i++) {
      const place = places[batch[i]!]!;
      if (place < 0) continue;
      const start = place * rows;
      for (let j = 0; j < count; j++) {
        const length = lengths[start + batch[j]!]! * scale;
        const own = Number.isFinite(length) ? length : 0;
        out[i * count + j] = own;
        out[j * count + i] = own;
      }
    }
  };
}

function openPairs(
  { a, b, lengths, unit }: KnownDistances & { readonly kind: "pairs" },
  rows: number,
): FillDistances {
  // Pairs of row i, both ways, at [starts[i], starts[i + 1]).
  const starts = new Int32Array(rows + 1);
  for (let p = 0; p < a.length; p++) for (const row of [a[p]!, b[p]!]) starts[row + 1]!++;
  for (let row = 0; row < rows; row++) starts[row + 1]! += starts[row]!;
  const filled = starts.slice();
  const [others, which] = [new Int32Array(2 * a.length), new Int32Array(2 * a.length)];
  const put = (row: number, other: number, p: number) => {
    others[filled[row]!] = other;
    which[filled[row]!++] = p;
  };
  for (let p = 0; p < a.length; p++) {
    put(a[p]!, b[p]!, p);
    put(b[p]!, a[p]!, p);
  }
  const position = new Int32Array(rows).fill(-1);
  return (batch, out) => {
    const count = batch.length;
    out.fill(0);
    for (let i = 0; i < count; i++) position[batch[i]!] = i;
    for (let i = 0; i < count; i++) {
      const row = batch[i]!;
      for (let q = starts[row]!; q < starts[row + 1]!; q++) {
        const j = position[others[q]!]!;
        if (j >= 0) out[i * count + j] = out[j * count + i] = lengths[which[q]!]! / unit;
      }
    }
    for (let i = 0; i < count; i++) position[batch[i]!] = -1;
  };
}

/** Rows that every batch has some of beside those whose turn it is: `size` at a time belong together. */
export interface Guests {
  readonly size: 1 | 2;
  /** Places, group after group. */
  readonly places: Int32Array;
}

/** Where distances are known for few pairs only, a batch drawn at random would have next to none of them. Null: all pairs are known. */
export function guestsFor(all: readonly KnownDistances[], rows: number): Guests | null {
  for (const known of all) {
    if (known.kind === "pairs") {
      const places = new Int32Array(2 * known.a.length);
      known.a.forEach((place, p) => {
        places[2 * p] = place;
        places[2 * p + 1] = known.b[p]!;
      });
      return { size: 2, places };
    }
    if (known.from.length < rows) return { size: 1, places: known.from };
  }
  return null;
}
