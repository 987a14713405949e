import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rng } from "../../src/base/index.ts";
import { openBatches, stepsOf, streamedRows } from "../../src/learn/batches.ts";
import { guestsFor, type KnownDistances, openDistances } from "../../src/learn/known-distances.ts";

/** All batches of some epochs, one after the other. */
function batchesOf(
  seed: number,
  rows: number,
  batch: number,
  steps: number,
  known: readonly KnownDistances[] = [],
) {
  const guests = guestsFor(known, rows);
  const { rowsOf } = openBatches(rng(seed), rows, batch, guests);
  return Array.from({ length: steps }, (_, t) => {
    const out = new Int32Array(batch);
    rowsOf(t, out);
    return [...out];
  });
}

const table = (from: readonly number[], rows: number): KnownDistances => ({
  kind: "table",
  from: Int32Array.from(from),
  lengths: Float32Array.from({ length: from.length * rows }, (_, p) =>
    Math.abs(from[Math.floor(p / rows)]! - (p % rows)),
  ),
  unit: 2,
});

describe("batches", () => {
  it("have every row once in each epoch, whatever the size", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        fc.nat(99),
        (rows, size, seed) => {
          const batch = Math.min(rows, size);
          const all = batchesOf(seed, rows, batch, stepsOf(3, rows, batch)).flat();
          for (let epoch = 0; epoch < 3; epoch++) {
            const own = all.slice(epoch * rows, (epoch + 1) * rows).sort((a, b) => a - b);
            expect(own).toEqual(Array.from({ length: rows }, (_, i) => i));
          }
        },
      ),
      { numRuns: 60, seed: 1 },
    );
  });

  it("follow from the seed and the step alone, and differ from epoch to epoch", () => {
    const [one, two] = [batchesOf(7, 30, 8, 12), batchesOf(7, 30, 8, 12)];
    expect(two).toEqual(one);
    const out = new Int32Array(8);
    openBatches(rng(7), 30, 8, null).rowsOf(9, out);
    expect([...out]).toEqual(one[9]);
    expect(batchesOf(8, 30, 8, 12)).not.toEqual(one);
    expect(one.flat().slice(0, 30)).not.toEqual(one.flat().slice(30, 60));
  });

  it("have guests where few distances are known: rows that they are known from", () => {
    const known = [table([3, 11, 20, 29], 40)];
    expect(
      guestsFor(
        [
          table(
            Array.from({ length: 40 }, (_, i) => i),
            40,
          ),
        ],
        40,
      ),
    ).toBeNull();
    expect(streamedRows(16, guestsFor(known, 40))).toBe(12);
    const all = batchesOf(1, 40, 16, 10, known);
    for (const batch of all) expect(batch.slice(12).sort((a, b) => a - b)).toEqual([3, 11, 20, 29]);
    const streamed = all.flatMap((batch) => batch.slice(0, 12));
    expect(streamed.slice(0, 40).sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i));
  });

  it("have both rows of a pair whose distance is known", () => {
    const pairs: KnownDistances = {
      kind: "pairs",
      a: Int32Array.of(0, 5, 9, 14, 2),
      b: Int32Array.of(7, 6, 1, 3, 8),
      lengths: Float32Array.of(2, 4, 6, 8, 10),
      unit: 2,
    };
    const partner = new Map([
      [0, 7],
      [5, 6],
      [9, 1],
      [14, 3],
      [2, 8],
    ]);
    const seen = new Set<number>();
    for (const batch of batchesOf(2, 100, 16, 20, [pairs])) {
      const guests = batch.slice(12);
      expect(partner.get(guests[0]!)).toBe(guests[1]);
      expect(partner.get(guests[2]!)).toBe(guests[3]);
      for (const row of guests) seen.add(row);
    }
    expect(seen.size).toBe(10);
  });
});

describe("known distances", () => {
  it("of a table are there for pairs with one of its rows, and count for none else", () => {
    const out = new Float32Array(16);
    openDistances(table([3, 11], 40), 40)(Int32Array.of(5, 3, 20, 11), out);
    expect([...out]).toEqual([0, 1, 0, 3, 1, 0, 8.5, 4, 0, 8.5, 0, 4.5, 3, 4, 4.5, 0]);
  });

  it("that are not finite do not count", () => {
    const known = table([0], 3) as KnownDistances & { kind: "table" };
    known.lengths[2] = Number.POSITIVE_INFINITY;
    const out = new Float32Array(9);
    openDistances(known, 3)(Int32Array.of(0, 1, 2), out);
    expect([...out]).toEqual([0, 0.5, 0, 0.5, 0, 0, 0, 0, 0]);
  });

  it("of pairs are those of a dense table with as many gaps", () => {
    fc.assert(
      fc.property(fc.nat(999), (seed) => {
        const source = rng(seed);
        const rows = 12;
        const dense = new Float32Array(rows * rows);
        const list: [number, number, number][] = [];
        for (let i = 0; i < rows; i++)
          for (let j = 0; j < i; j++) {
            if (source.uniform() > 0.3) continue;
            const length = Math.fround(1 + source.uniform());
            dense[i * rows + j] = dense[j * rows + i] = length;
            list.push([i, j, length]);
          }
        const all = Int32Array.from({ length: rows }, (_, i) => i);
        const batch = Int32Array.of(3, 9, 0, 7, 11, 5);
        const [sparse, full] = [new Float32Array(36), new Float32Array(36)];
        openDistances(
          {
            kind: "pairs",
            a: Int32Array.from(list, ([a]) => a),
            b: Int32Array.from(list, ([, b]) => b),
            lengths: Float32Array.from(list, ([, , length]) => length),
            unit: 1,
          },
          rows,
        )(batch, sparse);
        openDistances({ kind: "table", from: all, lengths: dense, unit: 1 }, rows)(batch, full);
        expect(sparse).toEqual(full);
      }),
      { numRuns: 30, seed: 3 },
    );
  });
});
