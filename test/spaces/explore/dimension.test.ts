import { expect, test } from "vitest";
import { matrix, rng } from "../../../src/base/index.ts";
import { findEngine } from "../../../src/engine/index.ts";
import { suggestDimension } from "../../../src/spaces/explore/index.ts";
import { gaussian } from "../../matrices.ts";

const engine = await findEngine({ threads: 2 });

/** Normal points of so many dimensions, turned into 12. */
function embedded(dims: number, noise: number) {
  const [inner, frame, extra] = [
    gaussian(rng(1), 600, dims),
    gaussian(rng(2), dims, 12),
    gaussian(rng(3), 600, 12),
  ];
  const data = new Float32Array(600 * 12);
  for (let i = 0; i < 600; i++) {
    for (let c = 0; c < 12; c++) {
      let sum = noise * extra.data[i * 12 + c]!;
      for (let k = 0; k < dims; k++) sum += inner.data[i * dims + k]! * frame.data[k * 12 + c]!;
      data[i * 12 + c] = sum;
    }
  }
  return matrix(data, 600, 12);
}

test("points of a flat space of three dimensions need three", async () => {
  const advice = await suggestDimension(embedded(3, 1e-4), { engine });
  expect(advice.suggested).toBe(3);
  expect(advice.intrinsic!.interval[0]).toBeLessThan(3.2);
  expect(advice.intrinsic!.interval[1]).toBeGreaterThan(2.8);
  expect(advice.steps.map(({ dims }) => dims)).toEqual([1, 2, 3, 4, 6, 8, 12]);
  expect(advice.steps.at(-1)!.variance).toBeCloseTo(1, 6);
  expect(advice.steps.at(-1)!.neighborRecall.value).toBe(1);
});

test("points that fill twelve need them (control)", async () => {
  const advice = await suggestDimension(gaussian(rng(4), 600, 12), { engine });
  expect(advice.suggested).toBe(12);
  const lax = await suggestDimension(gaussian(rng(4), 600, 12), { engine, keep: 0.2 });
  expect(lax.suggested).toBeLessThan(12);
  await expect(suggestDimension(embedded(3, 0), { engine, keep: 0 })).rejects.toMatchObject({
    code: "bad-option",
  });
});
