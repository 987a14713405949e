import { describe, expect, it } from "vitest";
import { rng } from "../../src/base/index.ts";
import { evaluate, findEngine, openSession } from "../../src/engine/index.ts";
import { simplify, type Tensor, toOnnx } from "../../src/graph/index.ts";
import { topologicalLook } from "../../src/learn/penalties/topological.ts";
import { openPairs, type PairBatch, pairFeeds } from "./pair-kit.ts";

const ROWS = 24;

/** Rows far from the origin in many dimensions, of which three are one. */
function repeated(cols: number): PairBatch {
  const random = rng(cols);
  const x = Float32Array.from({ length: ROWS * cols }, () => 50 + random.normal());
  x.copyWithin(5 * cols, 0, cols);
  x.copyWithin(11 * cols, 0, cols);
  return { rows: ROWS, x, z: Float32Array.from({ length: 2 * ROWS }, () => random.normal()) };
}

const EQUAL = new Set([0, 5, 11]);
const counts = (at: number) => {
  const [i, j] = [Math.floor(at / ROWS), at % ROWS];
  return i !== j && !(EQUAL.has(i) && EQUAL.has(j));
};

/** Distances from the definition. */
function lengths(rows: ArrayLike<number>, cols: number): Float64Array {
  return Float64Array.from({ length: ROWS * ROWS }, (_, at) => {
    const [i, j] = [Math.floor(at / ROWS), at % ROWS];
    return Math.hypot(...Array.from({ length: cols }, (_, k) => rows[i * cols + k]! - rows[j * cols + k]!));
  });
}

async function runInFloat32(batch: PairBatch, names: readonly ("dx" | "dz" | "counted")[]) {
  const site = openPairs(batch, "float");
  const outputs = Object.fromEntries(names.map((name) => [name, site[name]]));
  const session = await openSession(toOnnx(simplify({ outputs })), await findEngine({ threads: 1 }));
  const found = Object.fromEntries(
    names.map((name) => [name, { data: new Float32Array(ROWS * ROWS), dims: [ROWS, ROWS] }]),
  );
  const feeds = Object.entries(pairFeeds(batch))
    .filter(([name]) => name === "x" || name === "z")
    .map(([name, { data, dims }]): [string, Tensor] => [
      name,
      { data: Float32Array.from(data as Float64Array), dims },
    ]);
  await session.run(Object.fromEntries(feeds), found);
  await session.close();
  return found;
}

describe("the pairs of a batch", () => {
  it.each([3, 40])("count where rows differ, in float32 too, in %i dimensions", async (cols) => {
    const batch = repeated(cols);
    const { dx, dz, counted } = await runInFloat32(batch, ["dx", "dz", "counted"]);
    const truths = { x: lengths(batch.x, cols), z: lengths(batch.z, 2) };
    for (let at = 0; at < ROWS * ROWS; at++) {
      expect(counted!.data[at], `pair ${at}`).toBe(Number(counts(at)));
      expect(Math.abs(dx!.data[at]! / (counts(at) ? truths.x[at]! : 1) - 1)).toBeLessThan(1e-4);
      expect(Math.abs(dz!.data[at]! / (counts(at) ? truths.z[at]! : 1) - 1)).toBeLessThan(1e-4);
    }
  });

  it("may have distances of their own, and none where those are 0", () => {
    const { x, z } = repeated(3);
    const dx = Float64Array.from({ length: ROWS * ROWS }, (_, at) => {
      const [i, j] = [Math.floor(at / ROWS), at % ROWS];
      return i + j === 9 ? 0 : Math.abs(i - j);
    });
    const batch = { rows: ROWS, x, z, dx };
    const site = openPairs(batch, "double");
    const found = evaluate({ outputs: { dx: site.dx, counted: site.counted } }, pairFeeds(batch));
    dx.forEach((given, at) => {
      expect(found.counted!.data[at]).toBe(Number(given > 0));
      expect(found.dx!.data[at]).toBe(given > 0 ? given : 1);
    });
    const edges = evaluate({ outputs: topologicalLook(site) }, pairFeeds(batch));
    for (const side of ["dx", "dz"] as const)
      dx.forEach((given, at) => {
        expect(edges[side]!.data[at] === Number.POSITIVE_INFINITY, "no edge for trees").toBe(given === 0);
      });
  });

  it("are near within the radius that is fed", () => {
    const batch = repeated(3);
    const truth = lengths(batch.x, 3);
    const sizes = [0.9, 1.8].map((radius) => {
      const { near } = evaluate(
        { outputs: { near: openPairs(batch, "double").near() } },
        pairFeeds({ ...batch, radius }),
      );
      truth.forEach((length, at) => {
        expect(near!.data[at]).toBe(Number(counts(at) && length < radius));
      });
      return (near!.data as Float64Array).reduce((a, b) => a + b, 0);
    });
    expect(sizes[0]).toBeGreaterThan(0);
    expect(sizes[1]).toBeGreaterThan(sizes[0]!);
  });
});
