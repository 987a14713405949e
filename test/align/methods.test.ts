import { readFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { type Anchors, frameAnchors } from "../../src/align/frame.ts";
import { applyMap, saveMap } from "../../src/align/map.ts";
import { METHOD_NAMES, methodNamed } from "../../src/align/method-table.ts";
import { FITTERS, openFitting } from "../../src/align/methods.ts";
import { rotate } from "../../src/align/procrustes.ts";
import { ridge } from "../../src/align/ridge.ts";
import { type Matrix, matrix, rng } from "../../src/base/index.ts";
import { findEngine, openNetwork } from "../../src/engine/index.ts";
import { trainRegression } from "../../src/learn/train-regression.ts";
import { openAlgebra } from "../../src/linalg/index.ts";
import { gaussian, mapMatrix, rotate as turned } from "../matrices.ts";

const engine = await findEngine({ threads: 2 });
const algebra = openAlgebra(engine);
afterAll(() => algebra.close());
const plain = {
  algebra,
  engine,
  unitRows: false,
  train: (...[from, to, how]: Parameters<typeof trainRegression>) =>
    trainRegression(from, to, { ...how, epochs: 4, hidden: [8] }),
};

interface Case {
  n: number;
  wide: number;
  d: number;
  noise: number;
  nuclear: number;
  procrustes: number[][];
  penalty: number;
  chosenPenalty: number;
  ridge: number[][];
  correlations: number[];
}
const truth = JSON.parse(readFileSync(new URL("../fixtures/align.json", import.meta.url), "utf8")) as {
  cases: Case[];
};

/** The spaces of make-align.py. */
function spacesOf({ n, wide, d, noise }: Case): readonly [Matrix, Matrix] {
  const first = Float32Array.from({ length: n * wide }, (_, at) => {
    const [i, k] = [Math.floor(at / wide), at % wide];
    return Math.sin(i * (k + 1) * 0.7 + k) + 0.1 * (i % 7);
  });
  const second = Float32Array.from({ length: n * d }, (_, at) => {
    const [i, k] = [Math.floor(at / d), at % d];
    let sum = 2 + noise * Math.cos(i * i * (k + 3) * 0.37);
    for (let a = 0; a < wide; a++) sum += first[i * wide + a]! * Math.sin(a * 1.3 + k * k * 0.6 + 1);
    return sum;
  });
  return [matrix(first, n, wide), matrix(second, n, d)];
}

/** Rows of centred data times a core between the axes of both frames, in the columns of the second space. */
async function through(
  { from, to }: Anchors,
  core: Parameters<typeof algebra.multiply>[0],
  points: Matrix,
  rows: number,
) {
  const data = Float64Array.from(
    points.data.subarray(0, rows * points.cols),
    (value, at) => value - from.mean[at % points.cols]!,
  );
  const scores = await algebra.multiply({ data, rows, cols: points.cols }, from.basis, { transB: true });
  return algebra.multiply(await algebra.multiply(scores, core), to.basis);
}

describe("methods against SciPy and scikit-learn", () => {
  for (const own of truth.cases) {
    const name = `${own.n} rows, ${own.wide} to ${own.d} dimensions`;
    const [from, to] = spacesOf(own);

    it(`orthogonal Procrustes: ${name}`, async () => {
      const anchors = await frameAnchors(from, to, plain);
      const { rotation } = await rotate(anchors, algebra);
      const nuclear = rotation.data.reduce((sum, value, at) => sum + value * anchors.cross.data[at]!, 0);
      expect(Math.abs(nuclear / own.nuclear - 1)).toBeLessThan(1e-10);
      const found = await through(anchors, rotation, from, own.procrustes.length);
      own.procrustes.flat().forEach((value, at) => {
        expect(Math.abs(found.data[at]! - value)).toBeLessThan(1e-6);
      });
    });

    it(`ridge regression: ${name}`, async () => {
      const anchors = await frameAnchors(from, to, plain);
      expect(Math.abs(ridge(anchors).penalty / own.chosenPenalty - 1)).toBeLessThan(1e-6);
      const fitted = await FITTERS.ridge({
        ...(await openFitting(from, to, { ...plain, rng: rng(0) })),
        anchors,
      });
      expect(fitted.details.penalty! / own.chosenPenalty).toBeCloseTo(1, 6);
      const lengths = anchors.from.lengths;
      const core = {
        ...anchors.cross,
        data: anchors.cross.data.map(
          (value, at) => value / (lengths[Math.floor(at / anchors.cross.cols)]! ** 2 + own.penalty),
        ),
      };
      const found = await through(anchors, core, from, 5);
      own.ridge.flat().forEach((value, at) => {
        expect(Math.abs(found.data[at]! + anchors.to.mean[at % own.d]! - value)).toBeLessThan(1e-5);
      });
    });

    it(`canonical correlations: ${name}`, async () => {
      const { anchors } = await openFitting(from, to, { ...plain, rng: rng(0) });
      const { canonicalAxes } = await import("../../src/align/cca.ts");
      const { correlations } = await canonicalAxes(anchors, { from: 0, to: 0 }, plain);
      own.correlations.forEach((value, k) => {
        expect(Math.abs(correlations[k]! - value)).toBeLessThan(1e-6);
      });
    });
  }
});

/** How far the rotation that is found for a noisy copy is from the true one, squared and relative; and the scale. */
async function rotationError(d: number, n: number, sigma: number, draw: number) {
  const random = rng(1000 * d + draw);
  const from = gaussian(random, n, d);
  const to = mapMatrix(turned(from, rng(7)), (value, col) => 3 * (value + sigma * random.normal()) + col);
  const anchors = await frameAnchors(from, to, plain);
  const { rotation, scale } = await rotate(anchors, algebra);
  const half = await algebra.multiply(anchors.from.basis, rotation, { transA: true });
  const found = await algebra.multiply(half, anchors.to.basis);
  const identity = mapMatrix(gaussian(rng(1), d, d), (_, col, row) => (col === row ? 1 : 0));
  const own = turned(identity, rng(7));
  const error = found.data.reduce((sum, value, at) => sum + (value - own.data[at]!) ** 2 / d, 0);
  return { error, scale };
}

describe("a rotated, scaled, shifted, noisy copy", () => {
  for (const [d, n, sigma, draws] of [
    [5, 400, 0.3, 60],
    [50, 1000, 0.1, 4],
    [100, 3000, 0.5, 2],
  ] as const) {
    it(`is found again to the estimation limit: ${d} dimensions, ${n} rows, noise ${sigma}`, async () => {
      let mean = 0;
      for (let draw = 0; draw < draws; draw++) {
        const { error, scale } = await rotationError(d, n, sigma, draw);
        mean += error / draws;
        expect(Math.abs(scale / 3 - 1)).toBeLessThan(5 / Math.sqrt(n));
      }
      expect(Math.sqrt(mean)).toBeLessThanOrEqual(1.1 * sigma * Math.sqrt((d - 1) / (2 * n)));
    });
  }
});

describe("every method", () => {
  const from = gaussian(rng(3), 60, 8);
  const to = mapMatrix(
    turned(from, rng(4)),
    (value, col, row) => 2 * value + col + 0.1 * Math.sin(row * (col + 1)),
  );

  for (const name of METHOD_NAMES) {
    for (const unitRows of [false, true]) {
      it(`${name} makes a map that ONNX keeps, at any number of rows${unitRows ? ", for cosine" : ""}`, async () => {
        const fitted = await FITTERS[name](await openFitting(from, to, { ...plain, unitRows, rng: rng(0) }));
        expect(fitted.converged || name === "contrastive").toBe(true);
        expect(fitted.to === null).toBe(!methodNamed(name).isShared);
        const mapped = await applyMap(fitted.from, from, { engine });
        expect(mapped.rows).toBe(60);
        expect(mapped.data.every(Number.isFinite)).toBe(true);
        const network = openNetwork({ bytes: saveMap(fitted.from), name }, 8);
        expect(network.outputs).toBe(mapped.cols);
        const one = await applyMap(
          fitted.from,
          { data: from.data.slice(0, 8), rows: 1, cols: 8 },
          { engine },
        );
        one.data.forEach((value, k) => {
          expect(Math.abs(value - mapped.data[k]!)).toBeLessThan(1e-5);
        });
        if (unitRows) {
          const length = Math.hypot(...mapped.data.subarray(0, mapped.cols));
          expect(Math.abs(length - 1)).toBeLessThan(1e-5);
        }
      });
    }
  }

  it("neither scales nor shifts where it may not", async () => {
    const bounds = { fixedOrigin: true, fixedScale: true };
    for (const name of ["orthogonal", "ridge", "shift"] as const) {
      const fitting = await openFitting(from, to, { ...plain, bounds, rng: rng(0) });
      const { from: map, details } = await FITTERS[name](fitting);
      if (name !== "ridge") expect(details.scale).toBe(1);
      const zero = await applyMap(map, { data: new Float32Array(8), rows: 1, cols: 8 }, { engine });
      zero.data.forEach((value) => {
        expect(Math.abs(value)).toBeLessThan(1e-6);
      });
    }
  });

  it("that has fewer anchors than dimensions keeps to what they span", async () => {
    const [few, theirs] = [gaussian(rng(5), 6, 20), gaussian(rng(6), 6, 30)];
    for (const name of METHOD_NAMES.filter((own) => !methodNamed(own).needsOneWidth)) {
      const fitted = await FITTERS[name](await openFitting(few, theirs, { ...plain, rng: rng(0) }));
      const mapped = await applyMap(fitted.from, few, { engine });
      expect(mapped.data.every(Number.isFinite), name).toBe(true);
    }
  });

  it("takes a column that never changes, and rows that are all equal", async () => {
    const flat = mapMatrix(from, (value, col) => (col === 2 ? 5 : value));
    const equal = mapMatrix(from, (_, col) => col);
    for (const name of METHOD_NAMES) {
      for (const [a, b] of [
        [flat, to],
        [from, equal],
      ] as const) {
        const fitted = await FITTERS[name](await openFitting(a, b, { ...plain, rng: rng(0) }));
        const mapped = await applyMap(fitted.from, a, { engine });
        expect(mapped.data.every(Number.isFinite), name).toBe(true);
      }
    }
  });
});
