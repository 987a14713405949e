import { describe, expect, it } from "vitest";
import { matrix, pointRows, rng } from "../../src/base/index.ts";
import { findEngine, openNetwork, valuesAt } from "../../src/engine/index.ts";
import { trainRegression } from "../../src/learn/train-regression.ts";
import { gaussian } from "../matrices.ts";

const engine = await findEngine({ threads: 2 });
const points = gaussian(rng(1), 400, 3);
const wave = matrix(
  Float32Array.from({ length: 800 }, (_, at) => {
    const i = Math.floor(at / 2);
    return at % 2 === 0
      ? Math.sin(2 * points.data[3 * i]!)
      : points.data[3 * i + 1]! * points.data[3 * i + 2]!;
  }),
  400,
  2,
);

describe("regression by a network", () => {
  it("gives rows that no matrix could, with the error that it says, and the same bytes for the same seed", async () => {
    const found = await trainRegression(points, wave, { engine, seed: 1, hidden: [64] });
    expect(found.error).toBeLessThan(0.3);
    const network = openNetwork({ bytes: found.model, name: "regression" }, 3);
    const all = Int32Array.from({ length: 400 }, (_, i) => i);
    const made = await valuesAt(network, pointRows(points), all, { engine });
    const error = made.data.reduce((sum, value, at) => sum + (value - wave.data[at]!) ** 2, 0);
    expect(error / wave.data.reduce((sum, value) => sum + value ** 2, 0)).toBeLessThan(0.3);
    const again = await trainRegression(points, wave, { engine, seed: 1, hidden: [64] });
    expect(Buffer.from(again.model).equals(Buffer.from(found.model))).toBe(true);
  });

  it("of noise errs as much as zeros do", async () => {
    const { error } = await trainRegression(points, gaussian(rng(2), 400, 2), {
      engine,
      seed: 1,
      epochs: 20,
    });
    expect(error).toBeGreaterThan(0.85);
  });
});
