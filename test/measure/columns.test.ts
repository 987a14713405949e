import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { gatherRows, type Matrix, matrix, mean, permutation, rng, rowsOf } from "../../src/base/index.ts";
import { type Audit, type AuditOptions, audit } from "../../src/measure/index.ts";
import type { Metric } from "../../src/neighbors/index.ts";
import { gaussian, mapMatrix, readMatrix, rotate } from "../matrices.ts";
import { hasSharedData, sharedData } from "../shared-data.ts";

const NAMES = ["aucLogRnx", "klDensity", "densityCorrelation", "firstNeighborRank"] as const;

const root = fileURLToPath(new URL("../../", import.meta.url));
const example = (name: string) => readMatrix(`${root}examples/${name}.npy`);

async function scoresOf(
  x: Matrix,
  z: Matrix,
  options: AuditOptions = {},
): Promise<Required<Audit["scores"]>> {
  const { scores } = await audit(x, z, { scores: [...NAMES, "neighborRecall"], ...options });
  return scores as Required<Audit["scores"]>;
}

/** One case of columns.json: see make-columns.py, which made it with NumPy, SciPy, ZADU and pyDRMetrics. */
interface Case {
  original: string;
  latent: string;
  metric: Metric;
  k: number;
  aucLogRnx: number;
  sizes: number[];
  qnx: number[];
  klDensity: Record<"0.01" | "0.1" | "1", number>;
  firstNeighborRank: number;
  densityCorrelation: number;
  peers: {
    rows: number;
    zaduKl: number;
    sizes: number[];
    qnn: number[];
    qnnLast: number;
    lcmc: number[];
  } | null;
}

const { cases } = JSON.parse(readFileSync(`${root}test/fixtures/columns.json`, "utf8")) as { cases: Case[] };

/** Up to 2,048 rows all ranks are exact: counts of integers, equal to the last digits. */
const COUNTS = 1e-12;
/** Densities are sums over float32 orders; exp(-100 u) shows their last digit a hundredfold. */
const DENSITIES = 5e-6;

/** Rows on which Manhattan or cosine lengths tie in whole or float64 numbers may rank otherwise: a part of 10^4 of rows. */
const tolerance = ({ metric, original }: Case) =>
  metric !== "euclidean" && original === "digits" ? 2e-4 : COUNTS;

describe("scores of whole columns equal NumPy's", () => {
  it.each(cases)("$original against $latent, $metric, k = $k", async (c) => {
    const [x, z] = [await example(c.original), await example(`digits-${c.latent}`)];
    const { metric, k: nNeighbors } = c;
    const scores = await scoresOf(x, z, { metric, latentMetric: metric, nNeighbors });
    const { aucLogRnx: auc, klDensity: kl } = scores;
    expect(Math.abs(auc.value - c.aucLogRnx)).toBeLessThan(tolerance(c));
    c.sizes.forEach((size, at) => {
      expect(Math.abs(auc.qnx[auc.sizes.indexOf(size)]! - c.qnx[at]!), `Q(${size})`).toBeLessThan(
        tolerance(c),
      );
    });
    for (const sigma of ["0.01", "0.1", "1"] as const) {
      expect(Math.abs(kl.sigmas[sigma] / c.klDensity[sigma] - 1), sigma).toBeLessThan(DENSITIES);
    }
    expect(kl.value).toBe(kl.sigmas["0.1"]);
    expect(Math.abs(scores.firstNeighborRank.value / c.firstNeighborRank - 1)).toBeLessThan(
      10 * tolerance(c),
    );
    expect(Math.abs(scores.densityCorrelation.value - c.densityCorrelation)).toBeLessThan(1e-6);
  });

  it("ANCHORS: digits by PCA to 2 dimensions", async () => {
    const { aucLogRnx, klDensity } = await scoresOf(await example("digits"), await example("digits-pca"));
    expect(aucLogRnx.value.toFixed(5)).toBe("0.23338");
    expect(klDensity.sigmas["0.01"].toFixed(5)).toBe("0.11216");
    expect(klDensity.sigmas["0.1"].toFixed(5)).toBe("0.10576");
    expect(klDensity.sigmas["1"].toFixed(6)).toBe("0.001944");
  });
});

describe("scores of whole columns equal those of ZADU and pyDRMetrics", () => {
  it.each(cases.filter(({ peers }) => peers))(
    "$original against $latent",
    async ({ original, latent, peers }) => {
      const rows = peers!.rows;
      const part = async (name: string) => rowsOf(await example(name), { start: 0, end: rows });
      const { aucLogRnx: auc, klDensity } = await scoresOf(
        await part(original),
        await part(`digits-${latent}`),
      );
      expect(Math.abs(klDensity.value / peers!.zaduKl - 1)).toBeLessThan(DENSITIES);
      peers!.sizes.forEach((size, at) => {
        const q = auc.qnx[auc.sizes.indexOf(size)]!;
        // pyDRMetrics takes the number of rows from a matrix that lost one: n / (n - 1) too much.
        expect(Math.abs((q * rows) / (rows - 1) - peers!.qnn[at]!), `Q(${size})`).toBeLessThan(COUNTS);
        expect(
          Math.abs(peers!.qnn[at]! - size / (rows - 2) - peers!.lcmc[at]!),
          `LCMC(${size})`,
        ).toBeLessThan(COUNTS);
      });
      expect(peers!.qnnLast).toBeGreaterThan(1);
    },
  );
});

/** All of it the slow way, from the definitions. */
function bruteForce(x: Matrix, z: Matrix, metric: Metric) {
  const n = x.rows;
  const order = (m: Matrix, i: number, j: number) => {
    const norm = (r: number) => Math.hypot(...m.data.subarray(r * m.cols, (r + 1) * m.cols));
    const [a, b] = metric === "cosine" ? [norm(i), norm(j)] : [1, 1];
    let sum = 0;
    for (let k = 0; k < m.cols; k++) {
      const gap = m.data[i * m.cols + k]! / a - m.data[j * m.cols + k]! / b;
      sum += metric === "manhattan" ? Math.abs(gap) : gap * gap;
    }
    return sum;
  };
  const rank = (m: Matrix, i: number) => {
    const others = Array.from({ length: n }, (_, j) => j).filter((j) => j !== i);
    others.sort((a, b) => order(m, i, a) - order(m, i, b) || a - b);
    const ranks = new Int32Array(n);
    others.forEach((j, p) => {
      ranks[j] = p + 1;
    });
    return ranks;
  };
  const within = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const [rx, rz] = [rank(x, i), rank(z, i)];
    for (let j = 0; j < n; j++) if (j !== i) within[Math.max(rx[j]!, rz[j]!)]!++;
  }
  for (let size = 1; size < n; size++) within[size]! += within[size - 1]!;
  let [area, harmonic] = [0, 0];
  for (let size = 1; size <= n - 2; size++) {
    const q = within[size]! / (n * size);
    area += ((n - 1) * q - size) / (n - 1 - size) / size;
    harmonic += 1 / size;
  }
  const density = (m: Matrix) => {
    const square = (i: number, j: number) => order(m, i, j) ** (metric === "manhattan" ? 2 : 1);
    let largest = 0;
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) largest = Math.max(largest, square(i, j));
    return Float64Array.from({ length: n }, (_, i) => {
      let sum = 0;
      for (let j = 0; j < n; j++) sum += Math.exp(-(i === j ? 0 : square(i, j) / largest) / 0.1);
      return sum;
    });
  };
  const [p, q] = [density(x), density(z)];
  const [sp, sq] = [mean(p) * n, mean(q) * n];
  const kl = p.reduce((sum, v, i) => sum + (v / sp) * Math.log(v / sp / (q[i]! / sq)), 0);
  return { area: area / harmonic, kl };
}

describe("whole columns, counted one by one", () => {
  const cases: [string, Metric, Matrix, Matrix][] = [];
  for (const metric of ["euclidean", "cosine", "manhattan"] as const) {
    for (const n of [3, 4, 5, 7, 66, 130]) {
      const x = gaussian(rng(n), n, 7);
      cases.push([`${metric}, ${n} rows`, metric, x, gaussian(rng(n).split("z"), n, n % 2 ? 2 : 6)]);
    }
  }
  const grid = mapMatrix(gaussian(rng(1), 90, 3), (v) => Math.round(v));
  cases.push(["ties", "euclidean", grid, mapMatrix(grid, (v, col) => (col ? v : 0))]);
  const wide = mapMatrix(gaussian(rng(2), 90, 9), (v) => Math.round(v) + 40);
  cases.push([
    "ties of products, far from the origin",
    "euclidean",
    wide,
    mapMatrix(wide, (v, col) => (col < 5 ? v : 1)),
  ]);
  const twice = gatherRows(
    gaussian(rng(3), 40, 8),
    Array.from({ length: 80 }, (_, i) => i % 40),
  );
  cases.push(["every row twice", "euclidean", twice, gaussian(rng(4), 80, 2)]);
  const outlier = mapMatrix(gaussian(rng(5), 70, 6), (v, _, row) => (row === 9 ? v + 1e6 : v));
  cases.push(["one row far away", "euclidean", outlier, gaussian(rng(6), 70, 2)]);
  const tiny = mapMatrix(gaussian(rng(7), 70, 6), (v) => v * 1e-25);
  cases.push(["tiny and huge", "euclidean", tiny, mapMatrix(gaussian(rng(8), 70, 6), (v) => v * 1e25)]);

  it.each(cases)("%s", async (_, metric, x, z) => {
    const truth = bruteForce(x, z, metric);
    const { aucLogRnx, klDensity } = await scoresOf(x, z, { metric, latentMetric: metric, nNeighbors: 1 });
    expect(Math.abs(aucLogRnx.value - truth.area)).toBeLessThan(1e-9);
    expect(Math.abs(klDensity.value - truth.kl)).toBeLessThan(1e-6 * Math.max(1, truth.kl));
  });

  it("Q at K = k is neighborRecall", async () => {
    const [x, z] = [gaussian(rng(9), 2500, 20), gaussian(rng(10), 2500, 5)];
    const blend = mapMatrix(z, (v, col, row) => v / 3 + x.data[row * 20 + col]!);
    for (const nNeighbors of [1, 10, 200]) {
      const { aucLogRnx: auc, neighborRecall } = await scoresOf(x, blend, { nNeighbors });
      expect(Math.abs(auc.qnx[auc.sizes.indexOf(nNeighbors)]! - neighborRecall.value)).toBeLessThan(COUNTS);
    }
  });
});

describe("laws", () => {
  it("isometries score 1 (divergence 0), shuffled rows their null", async () => {
    const x = gaussian(rng(11), 700, 9);
    const same = await scoresOf(
      x,
      mapMatrix(rotate(x, rng(12)), (v) => 3 * v + 2),
    );
    expect(Math.abs(same.aucLogRnx.value - 1)).toBeLessThan(1e-3);
    expect(same.klDensity.value).toBeLessThan(1e-8);
    expect(Math.abs(same.densityCorrelation.value - 1)).toBeLessThan(1e-4);
    expect(same.firstNeighborRank.value).toBe(1);
    const lost = await scoresOf(x, gatherRows(x, permutation(rng(13), 700)));
    for (const name of NAMES) {
      const { value, null: chance, ideal } = lost[name];
      expect(Math.abs(value - chance) / Math.abs(chance - ideal), name).toBeLessThan(0.1);
    }
  });

  it("the null of the divergence is its mean over shuffles", async () => {
    const x = mapMatrix(gaussian(rng(14), 150, 5), (v, col) => v * (col + 1));
    const z = mapMatrix(gaussian(rng(15), 150, 2), (v) => Math.exp(v));
    const values: number[] = [];
    let chance = 0;
    for (let s = 0; s < 40; s++) {
      const { klDensity } = await scoresOf(x, gatherRows(z, permutation(rng(100 + s), 150)));
      values.push(klDensity.value);
      chance = klDensity.null;
    }
    expect(Math.abs(mean(values) / chance - 1)).toBeLessThan(0.05);
  });

  it("the curve ends at n - 2, rises in Q K and holds all sizes up to 10", async () => {
    const { aucLogRnx } = await scoresOf(gaussian(rng(16), 300, 5), gaussian(rng(17), 300, 2));
    expect(aucLogRnx.sizes.slice(0, 10)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(aucLogRnx.sizes.at(-1)).toBe(298);
    expect(aucLogRnx.sizes.length).toBeLessThan(60);
    const shared = aucLogRnx.qnx.map((q, at) => q * aucLogRnx.sizes[at]!);
    shared.slice(1).forEach((count, at) => {
      expect(count).toBeGreaterThanOrEqual(shared[at]!);
    });
    expect(aucLogRnx.qnx.at(-1)!).toBeGreaterThan(0.99);
  });

  it("exchanging the spaces changes no area", async () => {
    const [x, z] = [gaussian(rng(18), 400, 6), gaussian(rng(19), 400, 3)];
    const [there, back] = [await scoresOf(x, z), await scoresOf(z, x)];
    expect(back.aucLogRnx.value).toBe(there.aucLogRnx.value);
    expect(back.densityCorrelation.value).toBeCloseTo(there.densityCorrelation.value, 12);
  });
});

describe("what has no number", () => {
  const x = gaussian(rng(20), 60, 5);

  it("rows whose neighbours are all copies are left out of density correlation", async () => {
    const copies = gatherRows(
      x,
      Array.from({ length: 60 }, (_, i) => (i < 8 ? 0 : i)),
    );
    const { densityCorrelation } = await scoresOf(
      copies,
      mapMatrix(copies, (v) => 2 * v),
      { nNeighbors: 5 },
    );
    expect(densityCorrelation.n).toBe(52);
    expect(Math.abs(densityCorrelation.value - 1)).toBeLessThan(1e-6);
  });

  it("is no score where radii do not vary", async () => {
    const line = matrix(
      Array.from({ length: 40 }, (_, i) => Math.floor(i / 2)),
      40,
      1,
    );
    const { scores } = await audit(line, gaussian(rng(21), 40, 2), {
      nNeighbors: 1,
      scores: ["densityCorrelation"],
    });
    expect(scores.densityCorrelation).toBeUndefined();
  });

  it("all rows of the latent in one place: ranks by row number, a density that is the same everywhere", async () => {
    const { scores } = await audit(
      x,
      mapMatrix(x, () => 1),
      { scores: ["aucLogRnx", "klDensity"] },
    );
    expect(Math.abs(scores.aucLogRnx!.value)).toBeLessThan(0.2);
    expect(Number.isFinite(scores.klDensity!.value)).toBe(true);
    expect(scores.klDensity!.value).toBeGreaterThan(0);
  });
});

describe("samples", () => {
  const base = gaussian(rng(22), 900, 5);
  const z = mapMatrix(
    gaussian(rng(23), 900, 2),
    (noise, col, row) => base.data[row * 5 + col]! ** 3 / 3 + noise / 4,
  );

  it("cover the exact value at about 95 % of seeds, and say what was sampled", async () => {
    const exact = await scoresOf(base, z);
    const held = Object.fromEntries(NAMES.map((name) => [name, 0]));
    for (let seed = 0; seed < 60; seed++) {
      const sampled = await scoresOf(base, z, { sample: 250, seed });
      for (const name of NAMES) {
        const { interval, sampled: how } = sampled[name];
        expect(how).toEqual({ kind: "anchors", m: 250 });
        if (interval[0] <= exact[name].value && exact[name].value <= interval[1]) held[name]!++;
      }
    }
    for (const name of NAMES) expect(held[name], name).toBeGreaterThan(51);
  });

  it("give the same bytes on one thread and on three, alone and together", async () => {
    for (const options of [{ sample: 200 }, { exact: true }]) {
      const one = await scoresOf(base, z, { ...options, threads: 1 });
      const three = await scoresOf(base, z, { ...options, threads: 3 });
      expect(JSON.stringify(three)).toBe(JSON.stringify(one));
      for (const name of NAMES) {
        const { scores } = await audit(base, z, { ...options, scores: [name] });
        expect(JSON.stringify(scores[name])).toBe(JSON.stringify(one[name]));
      }
    }
  });
});

describe.skipIf(!hasSharedData)("4,000 real rows", () => {
  it("Q at K = k is neighborRecall", async () => {
    const x = await readMatrix(sharedData("images/fashion-mnist/t10k-images-idx3-ubyte.gz"), 4000);
    const latent = await readMatrix(sharedData("latents/fashion-mnist-t10k-umap.npy"), 4000);
    for (const nNeighbors of [10, 100]) {
      const { aucLogRnx: auc, neighborRecall } = await scoresOf(x, latent, { nNeighbors });
      expect(Math.abs(auc.qnx[auc.sizes.indexOf(nNeighbors)]! - neighborRecall.value)).toBeLessThan(COUNTS);
    }
  });
});
