import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { argsort, type Matrix, rng } from "../../src/base/index.ts";
import { concordances } from "../../src/measure/concordance.ts";
import { audit } from "../../src/measure/index.ts";
import { isotonicFit } from "../../src/optim/index.ts";
import { gaussian, mapMatrix, readMatrix } from "../matrices.ts";

interface Case {
  original: string;
  latent: string;
  rows: number;
  whole: boolean;
  stressNonMetric: number | null;
  distanceKendall: number;
  sammon: number;
}

const root = new URL("../../", import.meta.url);
const { cases } = JSON.parse(readFileSync(new URL("test/fixtures/pairs.json", root), "utf8")) as {
  cases: Case[];
};
const NAMES = ["stressNonMetric", "distanceKendall", "sammon", "distortion"] as const;

async function firstRows(name: string, rows: number): Promise<Matrix> {
  const all = await readMatrix(new URL(`examples/${name}.npy`, root).pathname);
  return { data: all.data.slice(0, rows * all.cols), rows, cols: all.cols };
}

describe("scores that sort all pairs", () => {
  it.each(cases)("agree with SciPy and ZADU: $original, $latent, $rows rows", async (c) => {
    const x = await firstRows(c.original, c.rows);
    const z = mapMatrix(await firstRows(c.latent, c.rows), (v) => (c.whole ? Math.round(v) : v));
    const { scores } = await audit(x, z, { scores: NAMES });
    expect(scores.distanceKendall!.value).toBeCloseTo(c.distanceKendall, 10);
    expect(scores.sammon!.value).toBeCloseTo(c.sammon, 10);
    if (c.stressNonMetric !== null) expect(scores.stressNonMetric!.value).toBeCloseTo(c.stressNonMetric, 10);
    expect(scores.distanceKendall!.exact).toBe(true);
  });

  it("intervals of landmarks hold the value of all rows for most seeds", async () => {
    const x = mapMatrix(gaussian(rng(1), 1600, 4), (v, col) => v * (col + 1));
    const z = mapMatrix(x, (v, col) => (col < 2 ? 0.3 * v : Math.sign(v) * Math.sqrt(Math.abs(v))));
    const held = { stressNonMetric: 0, distanceKendall: 0, sammon: 0 };
    const truth = truthOf(x, z);
    const SEEDS = 8;
    for (let seed = 0; seed < SEEDS; seed++) {
      const { scores } = await audit(x, z, {
        scores: ["stressNonMetric", "distanceKendall", "sammon"],
        seed,
      });
      for (const name of ["stressNonMetric", "distanceKendall", "sammon"] as const) {
        const { interval, sampled } = scores[name]!;
        expect(sampled).toEqual({ kind: "landmarks", m: 1000 });
        if (interval[0] <= truth[name] && truth[name] <= interval[1]) held[name]++;
      }
    }
    for (const [name, count] of Object.entries(held)) expect(count, name).toBeGreaterThanOrEqual(SEEDS - 2);
  });

  it("argsort, isotonic fit and concordances do what a slow loop does, ties and zeros included", () => {
    const random = rng(4);
    for (let round = 0; round < 20; round++) {
      const x = new Float64Array(60).map(() => random.integer(12) / 3);
      const y = new Float64Array(60).map((_, i) => x[i]! / 2 + random.integer(9));
      const order = [...x.keys()].sort((a, b) => x[a]! - x[b]! || a - b);
      expect([...argsort(x)]).toEqual(order);
      expect(concordances(x, y).tau).toBeCloseTo(slowTau(x, y), 12);
      const fit = isotonicFit(x, y);
      expect(slowLoss(fit, y)).toBeLessThanOrEqual(
        slowLoss(
          Float64Array.from(x, () => 4),
          y,
        ),
      );
      for (let at = 1; at < 60; at++) {
        expect(fit[order[at]!]!).toBeGreaterThanOrEqual(fit[order[at - 1]!]!);
        if (x[order[at]!] === x[order[at - 1]!]) expect(fit[order[at]!]).toBe(fit[order[at - 1]!]);
      }
      // Of the best ascending function the errors have mean 0 on every level, and do not pull along any ascending one.
      expect(slowPull(fit, y, x)).toBeLessThanOrEqual(1e-9);
    }
  });
});

describe("distortion", () => {
  it("is the worst pair's, counted one by one, and covers as it says", async () => {
    const x = gaussian(rng(5), 220, 4);
    const z = mapMatrix(x, (v, col) => v * (col === 0 ? 3 : 1));
    const { scores } = await audit(x, z, { scores: ["distortion"] });
    const ratios = new Float64Array(pairsOf(x, z).map(([dx, dz]) => dz / dx)).sort();
    const { value, interval, covering, expansion, contraction } = scores.distortion!;
    expect(value / (ratios.at(-1)! / ratios[0]!)).toBeCloseTo(1, 9);
    expect(interval).toEqual([value, value]);
    expect(expansion * contraction).toBeCloseTo(value, 9);
    expect(value).toBeLessThanOrEqual(3);
    const middle = (share: number) => {
      const at = (p: number) => ratios[Math.round(p * (ratios.length - 1))]!;
      return at(0.5 + share / 2) / at(0.5 - share / 2);
    };
    for (const share of [0.99, 0.95, 0.9] as const) {
      expect(covering[`${share}`] / middle(share)).toBeCloseTo(1, 2);
    }
  });

  it("is open above when sampled, infinite when pairs are torn", async () => {
    const x = gaussian(rng(6), 400, 4);
    const { scores } = await audit(x, gaussian(rng(7), 400, 2), { scores: ["distortion"], sample: 50 });
    const { value, interval } = scores.distortion!;
    expect(interval).toEqual([value, Number.POSITIVE_INFINITY]);
    const twins = mapMatrix(x, (v, col, row) => (row < 2 ? col : v));
    const torn = await audit(twins, x, { scores: ["distortion"] });
    expect(torn.scores.distortion!.value).toBe(Number.POSITIVE_INFINITY);
    expect((await audit(x, twins, { scores: ["distortion"] })).scores.distortion!.value).toBe(
      Number.POSITIVE_INFINITY,
    );
  });
});

function pairsOf(x: Matrix, z: Matrix): [number, number][] {
  const length = (m: Matrix, i: number, j: number) => {
    let square = 0;
    for (let k = 0; k < m.cols; k++) square += (m.data[i * m.cols + k]! - m.data[j * m.cols + k]!) ** 2;
    return Math.sqrt(square);
  };
  const pairs: [number, number][] = [];
  for (let i = 0; i < x.rows; i++) for (let j = 0; j < i; j++) pairs.push([length(x, i, j), length(z, i, j)]);
  return pairs;
}

/** The scores of all rows, by the functions that are tested above on their own. */
function truthOf(x: Matrix, z: Matrix) {
  const pairs = pairsOf(x, z);
  const [dx, dz] = [Float64Array.from(pairs, ([a]) => a), Float64Array.from(pairs, ([, b]) => b)];
  const fit = isotonicFit(dx, dz);
  const sum = (values: Float64Array) => values.reduce((a, b) => a + b, 0);
  return {
    stressNonMetric: Math.sqrt(sum(dz.map((v, p) => (v - fit[p]!) ** 2)) / sum(dz.map((v) => v * v))),
    distanceKendall: concordances(dx, dz).tau,
    sammon: 1 - sum(dz) ** 2 / (sum(dx) * sum(dz.map((v, p) => v ** 2 / dx[p]!))),
  };
}

function slowTau(x: Float64Array, y: Float64Array): number {
  let [balance, xs, ys] = [0, 0, 0];
  for (let i = 0; i < x.length; i++)
    for (let j = 0; j < i; j++) {
      const [a, b] = [Math.sign(x[i]! - x[j]!), Math.sign(y[i]! - y[j]!)];
      balance += a * b;
      xs += a * a;
      ys += b * b;
    }
  return balance / Math.sqrt(xs * ys);
}

function slowLoss(fit: Float64Array, y: Float64Array): number {
  return fit.reduce((sum, value, i) => sum + (value - y[i]!) ** 2, 0);
}

/** The largest gain of moving the fit a little towards a step function of x. */
function slowPull(fit: Float64Array, y: Float64Array, x: Float64Array): number {
  return Math.max(
    ...[...x].map((step) => y.reduce((sum, v, i) => sum + (x[i]! >= step ? v - fit[i]! : 0), 0)),
  );
}
