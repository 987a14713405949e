import { describe, expect, it, test } from "vitest";
import { rowsOf } from "../../src/base/index.ts";
import { readMatrix } from "../../src/data/node-read.ts";
import { reduce } from "../../src/index.ts";
import { METHOD_NAMES, METHODS } from "../../src/jobs/reduce-methods.ts";
import { FITTERS, type ReduceMethod } from "../../src/reduce/index.ts";

const digits = await readMatrix(new URL("../../examples/digits.npy", import.meta.url).pathname);
const classes = await readMatrix(new URL("../../examples/digits-labels.npy", import.meta.url).pathname);
const some = rowsOf(digits, { start: 0, end: 200 });
const labels = Array.from(classes.data.subarray(0, 200), String);

describe("reduce", () => {
  test.each(Object.keys(FITTERS) as ReduceMethod[])(
    "%s: one call, codes, new rows and a file",
    async (method) => {
      const own = method === "lda" ? { labels } : {};
      const map = await reduce(some, { method, ...own } as Parameters<typeof reduce<"lda">>[1]);
      expect([map.codes.rows, map.codes.cols]).toEqual([200, 2]);
      expect(map.codes.data.every(Number.isFinite)).toBe(true);
      const placed = await map.transform(rowsOf(digits, { start: 200, end: 210 }));
      expect([placed.rows, placed.cols]).toEqual([10, 2]);
      expect(map.save({}).length).toBeGreaterThan(200);
    },
  );

  it("has the method's own options, PCA to 2 by default, and says what is out of range", async () => {
    const [near, far] = [
      await reduce(some, { method: "umap", minDist: 0, steps: 100 }),
      await reduce(some, { method: "umap", minDist: 0.9, steps: 100 }),
    ];
    expect(near.codes).not.toEqual(far.codes);
    const pca = await reduce(some, {});
    expect(pca.objective!.name).toBe("explained variance");
    await expect(reduce(some, { nComponents: 65 })).rejects.toMatchObject({ code: "bad-option" });
    await expect(reduce(some, { method: "tsne", perplexity: 0 })).rejects.toMatchObject({
      code: "bad-option",
      message: expect.stringContaining("perplexity"),
    });
    const holes = { ...some, data: some.data.map((value, at) => (at === 70 ? Number.NaN : value)) };
    await expect(reduce(holes, {})).rejects.toMatchObject({ code: "non-finite" });
  });

  it("is told of by the job in every method", () => {
    expect([...METHOD_NAMES].sort()).toEqual(Object.keys(FITTERS).sort());
    for (const { about } of Object.values(METHODS)) expect(about).toMatch(/^[a-z].*[^.]$/);
  });
});
