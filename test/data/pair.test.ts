import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { duplicateGroups, rowHashes, rowsEqual } from "../../src/base/duplicates.ts";
import { type Matrix, matrix, rng, rowsFromMatrix, toShared } from "../../src/base/index.ts";
import { inspectPoints, readPair, readSpaces, type Source } from "../../src/data/index.ts";
import { fails, lists } from "./tables-kit.ts";

function source(rows: number[][], ids?: string[]): Source {
  const m = matrix(rows.flat(), rows.length, rows[0]!.length);
  return {
    ...rowsFromMatrix(m, 2),
    path: "memory",
    format: "npy",
    dtype: "float32",
    shape: [m.rows, m.cols],
    columns: [],
    warnings: [],
    ...(ids && { ids: async () => ids }),
    close: async () => {},
  };
}

/** Both spaces in memory. */
async function readHeld(original: Source, latent: Source) {
  const pair = await readPair(original, latent);
  return { ...pair, original: pair.original as Matrix, latent: pair.latent as Matrix };
}

describe("readSpaces", () => {
  const names = ["x", "a", "b"];
  it("joins every latent by id: only rows that all have stay", async () => {
    const read = await readSpaces(
      source([[1], [2], [3], [4]], ["a", "b", "c", "d"]),
      [source([[40], [20], [10]], ["d", "b", "a"]), source([[200], [400], [500]], ["b", "d", "e"])],
      { names },
    );
    expect(lists(read.original as Matrix)).toEqual([[2], [4]]);
    expect(read.latents.map(({ points }) => lists(points as Matrix))).toEqual([
      [[20], [40]],
      [[200], [400]],
    ]);
    expect(read.ids).toEqual(["b", "d"]);
    expect([...read.originalRows!]).toEqual([1, 3]);
    expect(read.warnings[0]!.message).toContain('x: 2 of 4 rows have no partner and are left out ("a", "c")');
    expect(read.latents.map(({ warnings }) => warnings[0]!.message)).toEqual([
      expect.stringContaining('a: 1 of 3 rows have no partner and are left out ("a")'),
      expect.stringContaining('b: 1 of 3 rows have no partner and are left out ("e")'),
    ]);
  });

  it("matches a latent without ids by order, whatever the others leave", async () => {
    const read = await readSpaces(
      source([[1], [2], [3]], ["a", "b", "c"]),
      [source([[30], [10]], ["c", "a"]), source([[100], [200], [300]])],
      { names },
    );
    expect(read.latents.map(({ points }) => lists(points as Matrix))).toEqual([
      [[10], [30]],
      [[100], [300]],
    ]);
    expect(read.latents.map(({ joined }) => joined)).toEqual(["id", "order"]);
    expect(read.latents[1]!.warnings[0]!.code).toBe("ids-ignored");
  });

  it("names the latent whose rows do not fit, or that has no id in common", async () => {
    const x = source([[1], [2], [3]], ["a", "b", "c"]);
    const fits = source([[1], [2], [3]]);
    await fails(
      readSpaces(x, [fits, source([[1]])], { names }),
      "row-count-mismatch",
      "x has 3 rows, b has 1",
    );
    const byId = [source([[1], [2]], ["a", "b"]), source([[3]], ["c"])];
    await fails(readSpaces(x, byId, { names }), "bad-value", "x and b have no id in common");
  });

  it("tells its progress over all inputs", async () => {
    const seen: number[] = [];
    const three = [[1], [2], [3]];
    await readSpaces(source(three), [source(three), source(three)], {
      names,
      onProgress: ({ done, total }) => seen.push(done / total),
    });
    expect(seen.at(-1)).toBe(1);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  });
});

describe("readPair", () => {
  const three = [[1], [2], [3]];
  it("joins by id in the order of the original, and says who has no partner", async () => {
    const pair = await readHeld(source(three, ["a", "b", "c"]), source([[30], [40], [10]], ["c", "d", "a"]));
    expect(lists(pair.original)).toEqual([[1], [3]]);
    expect(lists(pair.latent)).toEqual([[10], [30]]);
    expect(pair).toMatchObject({ joined: "id", ids: ["a", "c"] });
    expect([...pair.originalRows!]).toEqual([0, 2]);
    expect([...pair.latentRows!]).toEqual([2, 0]);
    expect(pair.warnings.map((w) => [w.code, w.count, w.rows])).toEqual([
      ["rows-unmatched", 1, [1]],
      ["rows-unmatched", 1, [1]],
    ]);
    expect(pair.warnings[0]!.message).toContain('1 of 3 rows have no partner and are left out ("b")');
    expect(pair.original.data.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it("gives back any permutation", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer(), { minLength: 1, maxLength: 30 }),
        fc.nat(),
        async (values, seed) => {
          const order = values
            .map((_, i) => i)
            .sort((a, b) => ((a * 7919 + seed) % 31) - ((b * 7919 + seed) % 31));
          const rows = values.map((_, i) => [i]);
          const ids = values.map(String);
          const pair = await readHeld(
            source(rows, ids),
            source(
              order.map((i) => rows[i]!),
              order.map((i) => ids[i]!),
            ),
          );
          expect(lists(pair.latent)).toEqual(lists(pair.original));
          expect(pair.originalRows).toBeUndefined();
          expect(pair.warnings).toEqual([]);
        },
      ),
    );
  });

  it("joins by order without ids, and says when ids of one side are not used", async () => {
    const pair = await readPair(source(three, ["a", "b", "c"]), source([[4], [5], [6]]));
    expect(pair).toMatchObject({ joined: "order", ids: ["a", "b", "c"] });
    expect(pair.warnings.map((w) => w.code)).toEqual(["ids-ignored"]);
    expect(pair.warnings[0]!.message).toContain("the original has row ids and the latent has none");
    const other = await readPair(source(three), source([[4], [5], [6]], ["a", "b", "c"]));
    expect(other.warnings[0]!.message).toContain("the latent has row ids and the original has none");
    await fails(readPair(source(three), source([[4], [5]])), "row-count-mismatch", "3 rows", "2");
  });

  it("refuses ids that stand twice and ids that never meet", async () => {
    await fails(
      readPair(source(three, ["a", "b", "a"]), source(three, ["a", "b", "c"])),
      "duplicate-id",
      '"a" (rows 0 and 2)',
      "the original",
    );
    await fails(
      readPair(source(three, ["a", "b", "c"]), source(three, ["a.png", "y", "z"])),
      "bad-value",
      '"a.png"',
    );
  });

  it("stops when asked to, and tells how far it is", async () => {
    const seen: number[] = [];
    await readPair(source(three), source(three), { onProgress: (p) => seen.push(p.done) });
    expect(seen).toEqual([2, 3, 5, 6]);
    await fails(
      readPair(source(three), source(three), { signal: AbortSignal.abort() }).catch((e: object) =>
        Promise.reject(Object.assign(e, { hint: "-" })),
      ),
      "aborted",
    );
  });
});

describe("inspectPoints", () => {
  const inspect = (rows: number[][], metric = "euclidean") =>
    inspectPoints(matrix(rows.flat(), rows.length, rows[0]!.length), "the original", metric);
  const look = async (rows: number[][], metric?: string) => inspect(rows, metric);
  const good = [
    [1, 2, 3],
    [4, 5, 7],
    [0, 1, 1],
  ];

  it("is silent about good data", async () => {
    expect(await inspect(good)).toEqual({ warnings: [], duplicates: null });
    expect((await inspect([...good, [0, 0, 0]])).warnings).toEqual([]);
  });
  it("records constant columns and repeated rows", async () => {
    const { warnings, duplicates } = await inspect([
      [1, 5, -0],
      [2, 5, 1],
      [1, 5, 0],
      [1, 5, 0],
    ]);
    expect(warnings.map((w) => [w.code, w.count])).toEqual([
      ["constant-columns", 1],
      ["duplicate-rows", 2],
    ]);
    expect(warnings[0]!.message).toContain("1 of 3 columns never change (1)");
    expect(warnings[1]!.rows).toEqual([2, 3]);
    expect([...duplicates!]).toEqual([0, 1, 0, 0]);
  });
  it("refuses NaN, infinities, zero vectors under cosine, equal rows and too few", async () => {
    await fails(look([...good, [1, Number.NaN, 2]]), "non-finite", "row 3");
    await fails(look([[1, 2, Infinity], ...good]), "non-finite", "row 0");
    await fails(look([[-0, 0, 0], ...good, [0, 0, 0]], "cosine"), "zero-vector", "rows 0, 4");
    await fails(look([good[0]!, good[0]!, good[0]!]), "bad-value", "all 3 rows");
    await fails(look(good.slice(1)), "too-few-rows", "2 rows");
    await fails(look(good.slice(2)), "too-few-rows", "1 row");
  });
});

describe("duplicateGroups", () => {
  function slowGroups(m: Matrix): number[] {
    const rows = lists(m).map((row) => JSON.stringify(row.map((v) => v + 0)));
    return rows.map((row) => rows.indexOf(row));
  }
  it("agrees with comparing all pairs", () => {
    const value = fc.constantFrom(0, -0, 1, -1, 0.5, 3e-45, 2 ** 20);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.array(value, { maxLength: 60 }), (cols, values) => {
        const rows = Math.floor(values.length / cols);
        const m = matrix(values.slice(0, rows * cols), rows, cols);
        const slow = slowGroups(m);
        const groups = duplicateGroups(rowHashes(m), rowsEqual(m));
        expect(groups === null ? slow.map((_, i) => i) : [...groups]).toEqual(slow);
        expect(groups === null).toBe(new Set(slow).size === rows);
      }),
    );
  });
  it("is fast on 70,000 x 784 small integers", async () => {
    const random = rng(1);
    const m = toShared(matrix(new Float32Array(70_000 * 784), 70_000, 784));
    for (let i = 0; i < m.data.length; i += 3) m.data[i] = random.integer(256);
    m.data.set(m.data.subarray(0, 784), 69_999 * 784);
    const started = performance.now();
    const { duplicates } = await inspectPoints(m, "MNIST", "cosine");
    const seconds = (performance.now() - started) / 1000;
    expect(duplicates![69_999]).toBe(0);
    // About .3 s on a quiet core; the bound only catches a wrong order of growth on a busy machine.
    expect(seconds).toBeLessThan(5);
  });
});
