import { describe, expect, test } from "vitest";
import { matrix, rng } from "../../../src/base/index.ts";
import { findEngine } from "../../../src/engine/index.ts";
import { makeSpace, pairStory } from "../../../src/spaces/explore/index.ts";
import { gaussian } from "../../matrices.ts";

const engine = await findEngine({ threads: 2 });
const space = (data: Float32Array, rows: number, cols: number) =>
  makeSpace(matrix(data, rows, cols), "euclidean", { engine, name: "test", duplicates: null });

describe("pairStory", () => {
  test("on a line that is folded: what is known by counting", async () => {
    // 0 1 2 ... 9 on a line; in the latent the second half lies upon the first.
    const x = await space(
      Float32Array.from({ length: 10 }, (_, i) => i),
      10,
      1,
    );
    const z = await space(
      Float32Array.from({ length: 10 }, (_, i) => (i < 5 ? i : 9.25 - i)),
      10,
      1,
    );
    const how = { scale: 2, engine, k: 2 };
    const together = await pairStory([x, z], [0, 9], how);
    expect(together).toMatchObject({ verdict: "put together", rows: 10, k: 2 });
    expect(together.original).toEqual({ length: 9, rankFromA: 9, rankFromB: 9, share: 1 });
    expect(together.latent).toMatchObject({ length: 0.25, rankFromA: 1, rankFromB: 1 });
    expect(together.stretch).toBeCloseTo((2 * 0.25) / 9, 6);
    const back = await pairStory([z, x], [0, 9], how);
    expect(back.verdict).toBe("torn apart");
    expect((await pairStory([x, x], [3, 4], how)).verdict).toBe("near in both");
    expect(await pairStory([x, x], [0, 9], how)).toMatchObject({
      verdict: "far in both",
      keptAroundA: 1,
      stretch: 2,
    });
  });

  test("ranks are those of a sort", async () => {
    const [a, b] = [gaussian(rng(1), 200, 5), gaussian(rng(2), 200, 2)];
    const [x, z] = [await space(a.data, 200, 5), await space(b.data, 200, 2)];
    const story = await pairStory([x, z], [7, 90], { scale: 1, engine });
    const rank = (m: typeof a, from: number, to: number) => {
      const length = (i: number) => {
        let sum = 0;
        for (let c = 0; c < m.cols; c++) sum += (m.data[i * m.cols + c]! - m.data[from * m.cols + c]!) ** 2;
        return sum;
      };
      return (
        1 +
        Array.from({ length: 200 }, (_, i) => i).filter((i) => i !== from && length(i) < length(to)).length
      );
    };
    expect([story.original.rankFromA, story.original.rankFromB]).toEqual([rank(a, 7, 90), rank(a, 90, 7)]);
    expect([story.latent.rankFromA, story.latent.rankFromB]).toEqual([rank(b, 7, 90), rank(b, 90, 7)]);
  });

  test("refuses rows that there are none of", async () => {
    const x = await space(
      new Float32Array(12).map((_, i) => i),
      6,
      2,
    );
    await expect(pairStory([x, x], [0, 6], { scale: 1, engine, k: 2 })).rejects.toMatchObject({
      code: "bad-range",
    });
    await expect(pairStory([x, x], [0, 1], { scale: 1, engine, k: 6 })).rejects.toMatchObject({
      code: "bad-option",
    });
  });
});
