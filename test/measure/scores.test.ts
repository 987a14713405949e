import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { gatherRows, type Matrix, matrix } from "../../src/base/index.ts";
import { audit } from "../../src/measure/index.ts";
import type { Metric } from "../../src/neighbors/index.ts";
import { mapMatrix, readMatrix } from "../matrices.ts";
import { hasSharedData } from "../shared-data.ts";

/** One case of scores.json: see make-scores.py, which made it with scikit-learn, SciPy and NumPy. */
interface Case {
  shared: boolean;
  original: string;
  latent: string;
  rows: number;
  originalModulo: number | null;
  latentModulo: number | null;
  originalOffset: number | null;
  latentOffset: number | null;
  k: number;
  metric: Metric;
  latentMetric: Metric;
  trustworthinessRange: [number, number];
  continuityRange: [number, number];
  neighborRecallRange: [number, number];
  distancePearson: number;
  distanceSpearman: number;
  stress: number;
  stretch: {
    value: number;
    quantiles: number[];
    scaleMedian: number;
    scaleLeastSquares: number;
    within: Record<"0.1" | "0.25" | "0.5", number>;
    torn: number;
    collapsed: number;
    near: { value: number; quantiles: number[]; n: number };
  };
}

const root = fileURLToPath(new URL("../../", import.meta.url));
const { cases } = JSON.parse(readFileSync(`${root}test/fixtures/scores.json`, "utf8")) as { cases: Case[] };

const files = new Map<string, Promise<Matrix>>();

/** Each file is read once: the real ones are tens of megabytes. */
function read(path: string): Promise<Matrix> {
  if (!files.has(path)) files.set(path, readMatrix(root + path));
  return files.get(path)!;
}

async function load(
  path: string,
  rows: number,
  modulo: number | null,
  offset: number | null,
): Promise<Matrix> {
  const all = await read(path);
  const m = gatherRows(
    all,
    Array.from({ length: rows }, (_, i) => (modulo ? i % modulo : i)),
  );
  return offset ? mapMatrix(m, (value) => Math.fround(value + offset)) : m;
}

/** Slack around what two orders of ties give: rank scores are sums of integers. */
const RANKS = 1e-9;
/** Sums over pairs of float32 lengths, against float64. */
const PAIRS = 2e-6;
/** Float32 lengths tie where float64 ones differ in the eighth digit: measurements on a grid (iris) have many such. */
const TIES = 1e-5;
/** Quantiles are read from bins of relative width 2^-14. */
const BINS = 2e-4;

/** Those of the fixture; others have fixtures of their own. */
const CHECKED = [
  "trustworthiness",
  "continuity",
  "neighborRecall",
  "distancePearson",
  "distanceSpearman",
  "stress",
  "stretch",
] as const;

async function agrees(c: Case): Promise<void> {
  const original = await load(c.original, c.rows, c.originalModulo, c.originalOffset);
  const latent = await load(c.latent, c.rows, c.latentModulo, c.latentOffset);
  const { metric, latentMetric, k: nNeighbors } = c;
  const options = { metric, latentMetric, nNeighbors, exact: true, scores: CHECKED };
  const { scores } = await audit(original, latent, options);
  for (const name of ["trustworthiness", "continuity", "neighborRecall"] as const) {
    const [low, high] = c[`${name}Range`];
    expect(scores[name]!.value, name).toBeGreaterThanOrEqual(low - RANKS);
    expect(scores[name]!.value, name).toBeLessThanOrEqual(high + RANKS);
  }
  expect(Math.abs(scores.distancePearson!.value - c.distancePearson), "pearson").toBeLessThan(PAIRS);
  expect(Math.abs(scores.distanceSpearman!.value - c.distanceSpearman), "spearman").toBeLessThan(TIES);
  expect(Math.abs(scores.stress!.value - c.stress), "stress").toBeLessThan(PAIRS);
  const s = scores.stretch!;
  expect(s.torn).toBe(c.stretch.torn);
  expect(s.collapsed).toBe(c.stretch.collapsed);
  expect(s.near.n).toBe(c.stretch.near.n);
  close(s.value, c.stretch.value, BINS, "stretch");
  close(s.scale.median, c.stretch.scaleMedian, BINS, "median scale");
  close(s.scale.leastSquares, c.stretch.scaleLeastSquares, PAIRS, "least-squares scale");
  s.quantiles.forEach((q, i) => {
    close(q, c.stretch.quantiles[i]!, BINS, `quantile ${i}`);
  });
  s.near.quantiles.forEach((q, i) => {
    close(q, c.stretch.near.quantiles[i]!, BINS, `near quantile ${i}`);
  });
  for (const e of ["0.1", "0.25", "0.5"] as const) {
    expect(Math.abs(s.within[e] - c.stretch.within[e]), `within ${e}`).toBeLessThan(BINS);
  }
}

function close(value: number, reference: number, tolerance: number, what: string): void {
  expect(Math.abs(value / reference - 1), what).toBeLessThan(tolerance);
}

describe("scores equal those of scikit-learn, SciPy and NumPy", () => {
  for (const c of cases) {
    const changed = [
      c.originalModulo && `first ${c.originalModulo} rows repeated`,
      c.latentModulo && `latent of ${c.latentModulo} rows repeated`,
      c.originalOffset && `original + ${c.originalOffset}`,
      c.latentOffset && `latent + ${c.latentOffset}`,
    ].filter(Boolean);
    const name = `${c.latent.split("/").at(-1)} ${c.metric}/${c.latentMetric} k=${c.k} n=${c.rows} ${changed.join(", ")}`;
    it.skipIf(c.shared && !hasSharedData)(name, () => agrees(c));
  }
});

/** One case of zadu.json: see make-zadu.py. */
interface ZaduCase {
  original: string;
  latent: string;
  k: number;
  mrreFalse: number;
  mrreMissing: number;
  lcmc: number;
  stressNormalized: number;
  topographicProduct: number;
  densityDistance: number;
}

interface SmallCase {
  original: string;
  latent: string;
  rows: number;
  k: number;
  neighborDissimilarity: number;
  localProcrustes: number;
}

describe("scores equal those of ZADU and SciPy", () => {
  const zadu = JSON.parse(readFileSync(`${root}test/fixtures/zadu.json`, "utf8")) as {
    cases: ZaduCase[];
    small: SmallCase[];
  };
  it.each(zadu.cases)("$original against $latent, k = $k", async ({ original, latent, k, ...expected }) => {
    const [x, z] = [
      await read(`examples/digits-${original}.npy`),
      await read(`examples/digits-${latent}.npy`),
    ];
    const names = [
      "mrreFalse",
      "mrreMissing",
      "lcmc",
      "stressNormalized",
      "topographicProduct",
      "densityDistance",
    ] as const;
    const { scores } = await audit(x, z, { nNeighbors: k, scores: names });
    for (const name of ["mrreFalse", "mrreMissing", "lcmc"] as const) {
      expect(Math.abs(scores[name]!.value - expected[name]), name).toBeLessThan(RANKS);
    }
    close(scores.stressNormalized!.value, expected.stressNormalized, PAIRS, "stressNormalized");
    close(scores.topographicProduct!.product, expected.topographicProduct, PAIRS, "topographicProduct");
    expect(scores.topographicProduct!.value).toBe(Math.abs(scores.topographicProduct!.product));
    close(scores.densityDistance!.value, expected.densityDistance, PAIRS, "densityDistance");
  });

  it.each(zadu.small)("$rows rows of $original against $latent, k = $k", async (c) => {
    const first = async (name: string) => {
      const all = await read(`examples/digits-${name}.npy`);
      return matrix(all.data.slice(0, c.rows * all.cols), c.rows, all.cols);
    };
    const [x, z] = [await first(c.original), await first(c.latent)];
    const names = ["neighborDissimilarity", "localProcrustes"] as const;
    const { scores } = await audit(x, z, { nNeighbors: c.k, scores: names });
    for (const name of names) {
      close(scores[name]!.value, c[name], PAIRS, name);
      expect(scores[name]!.exact).toBe(true);
    }
  });
});
