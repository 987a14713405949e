import { describe, expect, test } from "vitest";
import { matrix, rng, rowsFromMatrix } from "../../src/base/index.ts";
import { inspectRows } from "../../src/jobs/inspect.ts";

const inspect = (values: readonly number[], cols: number, blockRows = 2) =>
  inspectRows(rowsFromMatrix(matrix(values, values.length / cols, cols), blockRows));

describe("inspecting rows", () => {
  test("finds nothing in good data, and its range", async () => {
    const found = await inspect([1, 2, 3, -4, 5, 6], 2);
    expect(found).toEqual({
      values: { min: -4, max: 6, mean: 13 / 6 },
      firstRows: [
        [1, 2],
        [3, -4],
        [5, 6],
      ],
      problems: [],
    });
  });

  test("lists NaN, zeros, copies and constant columns with row numbers", async () => {
    const values = [0, 7, 0, 7, Number.NaN, 7, 1, 7, Number.POSITIVE_INFINITY, 7, 1, 7];
    const { problems } = await inspect(values, 2);
    expect(problems.map(({ code, count }) => [code, count])).toEqual([
      ["non-finite", 2],
      ["duplicate-rows", 2],
      ["constant-columns", 1],
    ]);
    expect(problems[0]!.message).toContain("rows 2, 4");
    expect(problems[1]!.message).toContain("rows 1, 5");
    expect(problems[2]!.message).toContain("column 1");
    const zeros = await inspect([1, 2, 0, -0, 3, 4], 2);
    expect(zeros.problems.map(({ code }) => code)).toEqual(["zero-vectors"]);
  });

  test("negative zero equals zero", async () => {
    const { problems } = await inspect([0, 1, -0, 1], 2);
    expect(problems.find(({ code }) => code === "duplicate-rows")?.count).toBe(1);
  });

  test("no false copies among many small integers", async () => {
    const values: number[] = [];
    for (let a = 0; a < 200; a++) for (let b = 0; b < 200; b++) values.push(a, b, 1);
    const { problems } = await inspect(values, 3, 4096);
    expect(problems.map(({ code }) => code)).toEqual(["constant-columns"]);
  });

  test("true copies among random rows are all found", async () => {
    const source = rng(1);
    const values = Array.from({ length: 3000 }, () => source.integer(4));
    const { problems } = await inspect(values, 3, 4096);
    // 1000 rows over at most 64 different ones.
    expect(problems.find(({ code }) => code === "duplicate-rows")?.count).toBe(1000 - 64);
  });

  test("all NaN has no range", async () => {
    expect((await inspect([Number.NaN, Number.NaN], 2)).values).toBeNull();
  });

  test("stops when asked", async () => {
    const rows = rowsFromMatrix(matrix([1, 2], 2, 1));
    await expect(inspectRows(rows, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "aborted",
    });
  });
});
