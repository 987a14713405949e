import { describe, expect, it } from "vitest";
import { gatherRows, type Matrix, matrix, type Progress, rng } from "../../src/base/index.ts";
import { readMatrix } from "../../src/data/node-read.ts";
import { findEngine, type KernelTools } from "../../src/engine/index.ts";
import { openSharedLoops } from "../../src/engine/wasm.ts";
import { audit } from "../../src/measure/index.ts";
import { nearestNeighbors } from "../../src/neighbors/index.ts";
import { incidence } from "../../src/reduce/incidence.ts";
import { fitPacmap, transform } from "../../src/reduce/index.ts";
import { loopArrays } from "../../src/reduce/loop-arrays.ts";
import { open } from "../../src/reduce/pacmap.kernel.ts";
import { weightsAt } from "../../src/reduce/pacmap.ts";
import { drawPairs, furtherPairs, nearPairs } from "../../src/reduce/pacmap-pairs.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const engine = await findEngine({ threads: 2 });
const options = { engine, seed: 0, unitRows: false };
const digits = await readMatrix(`${ROOT}examples/digits.npy`);
const counted = (count: number, of = (i: number) => i) => Int32Array.from({ length: count }, (_, i) => of(i));
const rowsOf = (from: number, count: number) =>
  gatherRows(
    digits,
    counted(count, (i) => from + i),
  );

function normals(seed: number, rows: number, cols: number): Matrix {
  const random = rng(seed);
  return matrix(
    Float32Array.from({ length: rows * cols }, () => random.normal()),
    rows,
    cols,
  );
}

const areNumbers = ({ data }: Matrix) => data.every(Number.isFinite);

describe("the pairs of PaCMAP", () => {
  it("are near by distance^2 over both rows' own scales, by definition", async () => {
    const x = rowsOf(0, 90);
    const found = await nearestNeighbors(x, x, { nNeighbors: 40 });
    const { heads, tails } = nearPairs(found, 7);
    const scaleOf = (i: number) => found.distances.slice(i * 40 + 3, i * 40 + 6).reduce((a, b) => a + b) / 3;
    for (let i = 0; i < 90; i++) {
      const scaled = Array.from({ length: 40 }, (_, s) => {
        const j = found.ids[i * 40 + s]!;
        return { j, size: found.distances[i * 40 + s]! ** 2 / (scaleOf(i) * scaleOf(j)) };
      }).sort((a, b) => a.size - b.size);
      expect(Array.from(tails.subarray(i * 7, i * 7 + 7))).toEqual(scaled.slice(0, 7).map(({ j }) => j));
      expect(heads[i * 7 + 6]).toBe(i);
    }
  });

  it("further ones are different rows that are not near", () => {
    const near = { heads: counted(60, (p) => Math.floor(p / 3)), tails: counted(60, (p) => (p + 7) % 20) };
    const { heads, tails } = furtherPairs(near, 20, 12, rng(1));
    for (let i = 0; i < 20; i++) {
      const own = Array.from(tails.subarray(i * 12, i * 12 + 12));
      const taken = new Set([i, ...near.tails.subarray(3 * i, 3 * i + 3), ...own]);
      expect(heads[i * 12]).toBe(i);
      expect(taken.size).toBe(12 + new Set([i, ...near.tails.subarray(3 * i, 3 * i + 3)]).size);
    }
  });

  it("mid-near ones are nearer than rows drawn from all, and further than near ones", async () => {
    const x = rowsOf(0, 400);
    const pairs = await drawPairs(x, { near: 10, middle: 5, further: 20 }, options);
    const meanOf = ({ heads, tails }: { heads: Int32Array; tails: Int32Array }) => {
      let total = 0;
      heads.forEach((i, p) => {
        let square = 0;
        for (let k = 0; k < 64; k++) square += (x.data[i * 64 + k]! - x.data[tails[p]! * 64 + k]!) ** 2;
        total += Math.sqrt(square);
      });
      return total / heads.length;
    };
    expect(pairs.middle.heads).toHaveLength(2000);
    expect(meanOf(pairs.middle)).toBeGreaterThan(1.3 * meanOf(pairs.near));
    expect(meanOf(pairs.middle)).toBeLessThan(0.93 * meanOf(pairs.further));
  });

  it("are listed under both rows, kind by kind", () => {
    const lists = [
      { heads: Int32Array.of(0, 2), tails: Int32Array.of(2, 0) },
      { heads: Int32Array.of(1), tails: Int32Array.of(2) },
    ];
    const { starts, ids } = incidence(3, lists);
    const own = (i: number, kind: number) =>
      Array.from(ids.subarray(starts[2 * i + kind], starts[2 * i + kind + 1]));
    expect([own(0, 0), own(1, 0), own(2, 0)]).toEqual([[2, 2], [], [0, 0]]);
    expect([own(0, 1), own(1, 1), own(2, 1)]).toEqual([[], [2], [1]]);
  });
});

describe("a step of PaCMAP", () => {
  const tools = { sharedLoops: openSharedLoops } as unknown as KernelTools;

  for (const d of [2, 3]) {
    it(`follows the derivative of the loss in ${d} dimensions`, async () => {
      const n = 30;
      const random = rng(5);
      const list = (width: number) => ({
        heads: counted(n * width, (p) => Math.floor(p / width)),
        tails: counted(n * width, (p) => (Math.floor(p / width) + 1 + random.integer(n - 1)) % n),
      });
      const lists = [list(5), list(3), list(7)];
      const pairs = incidence(n, lists);
      const sizes = { before: n * d, now: n * d, means: n * d, squares: n * d };
      const arrays = loopArrays({ ...sizes, starts: 3 * n + 1, ids: pairs.ids.length, sums: d });
      arrays.floats("before").set(normals(6, n, d).data.map((value) => 3 * value));
      arrays.ints("starts").set(pairs.starts);
      arrays.ints("ids").set(pairs.ids);
      const weights = { near: 2, middle: 300, further: 1.5 };
      const kernel = await open({ memory: arrays.memory, at: arrays.at, d, weights, rate: 0 }, tools);
      const seen = await kernel.run([0, n, 0]);
      const losses = (z: Float64Array) => {
        const of = (pair: (square: number) => number, { heads, tails }: (typeof lists)[number]) => {
          let sum = 0;
          heads.forEach((i, p) => {
            let square = 1;
            for (let k = 0; k < d; k++) square += (z[i * d + k]! - z[tails[p]! * d + k]!) ** 2;
            sum += pair(square);
          });
          return sum;
        };
        return [
          of((s) => s / (10 + s), lists[0]!),
          of((s) => s / (10000 + s), lists[1]!),
          of((s) => 1 / (1 + s), lists[2]!),
        ] as const;
      };
      const lossAt = (z: Float64Array) => {
        const [near, middle, further] = losses(z);
        return 2 * near + 300 * middle + 1.5 * further;
      };
      const z = Float64Array.from(arrays.floats("before"));
      const [near, , further] = losses(z);
      expect(seen / 2).toBeCloseTo(near + further, 4);
      for (let at = 0; at < n * d; at++) {
        const slope = (lossAt(moved(z, at, 1e-4)) - lossAt(moved(z, at, -1e-4))) / 2e-4;
        // Adam's mean after one step is a tenth of the gradient.
        expect(10 * arrays.floats("means")[at]!).toBeCloseTo(slope, 3);
      }
    });
  }

  it("weighs mid-near pairs first and neighbours last", () => {
    expect(weightsAt(0, 450)).toEqual({ near: 2, middle: 1000, further: 1 });
    expect(weightsAt(50, 450).middle).toBeCloseTo(501.5, 9);
    expect(weightsAt(100, 450)).toEqual({ near: 3, middle: 3, further: 1 });
    expect(weightsAt(200, 450)).toEqual({ near: 1, middle: 0, further: 1 });
  });
});

function moved(z: Float64Array, at: number, by: number): Float64Array {
  const out = z.slice();
  out[at]! += by;
  return out;
}

describe("PaCMAP", () => {
  it("puts two rows where near pull and further push are equal: squared distance sqrt(10) - 1", async () => {
    const { codes } = await fitPacmap(normals(1, 2, 5), 2, options);
    const [a, b, c, e] = codes!.data;
    expect((a! - c!) ** 2 + (b! - e!) ** 2).toBeCloseTo(Math.sqrt(10) - 1, 3);
  });

  it("keeps the neighbours of digits as the authors' package does", async () => {
    const fit = await fitPacmap(digits, 2, options);
    const names = ["trustworthiness", "neighborRecall", "distanceSpearman"] as const;
    const { scores } = await audit(digits, fit.codes!, { scores: names, exact: true });
    // pacmap 0.9.1 of the same rows, defaults, seeds 0 to 3: .980 to .982, .481 to .490, .49 to .50.
    expect(scores.trustworthiness!.value).toBeGreaterThan(0.978);
    expect(scores.neighborRecall!.value).toBeGreaterThan(0.465);
    expect(scores.distanceSpearman!.value).toBeGreaterThan(0.47);
    expect(fit.converged).toBe(true);
    expect(fit.details).toEqual({ near: 17970, middle: 8985, further: 35940 });
    const early = await fitPacmap(digits, 2, { ...options, steps: 1 });
    const { scores: before } = await audit(digits, early.codes!, { scores: names, exact: true });
    expect(before.neighborRecall!.value).toBeLessThan(0.3);
    expect(early.objective!.value).toBeGreaterThan(1.3 * fit.objective!.value);
  });

  it("is the same bits on any number of threads, and others at another seed", async () => {
    const x = rowsOf(0, 500);
    for (const d of [2, 3]) {
      const of = async (threads: number, seed = 0) => {
        const own = { ...options, seed, steps: 90, engine: await findEngine({ threads }) };
        return (await fitPacmap(x, d, own)).codes!.data;
      };
      const one = await of(1);
      expect(await of(2)).toEqual(one);
      expect(await of(2, 1)).not.toEqual(one);
    }
  });

  it("places a new row the same alone, near its neighbours, and moves no fitted one", async () => {
    const every = (isSeen: boolean) =>
      gatherRows(
        digits,
        counted(1500).filter((i) => i % 5 > 0 === isSeen),
      );
    const [seen, unseen] = [every(true), every(false)];
    const fit = await fitPacmap(seen, 2, options);
    const before = fit.codes!.data.slice();
    const batch = await transform(fit, unseen, { engine });
    const alone = await transform(fit, rowsOf(35, 1), { engine });
    expect(alone.data).toEqual(batch.data.slice(14, 16));
    expect(fit.codes!.data).toEqual(before);
    const recall = async (hi: Matrix, lo: Matrix, self: number) => {
      const k = 15 + self;
      const [a, b] = [
        await nearestNeighbors(hi, seen, { nNeighbors: k }),
        await nearestNeighbors(lo, fit.codes!, { nNeighbors: k }),
      ];
      let hits = 0;
      for (let i = 0; i < hi.rows; i++) {
        const own = new Set(a.ids.subarray(i * k + self, (i + 1) * k));
        for (const j of b.ids.subarray(i * k + self, (i + 1) * k)) hits += own.has(j) ? 1 : 0;
      }
      return hits / (hi.rows * 15);
    };
    const some = counted(300, (i) => 4 * i);
    const fitted = await recall(gatherRows(seen, some), gatherRows(fit.codes!, some), 1);
    const held = await recall(unseen, batch, 0);
    expect(held).toBeGreaterThan(0.9 * fitted);
    // Control: places of other rows.
    const others = gatherRows(
      batch,
      counted(300, (i) => (i + 50) % 300),
    );
    expect(await recall(unseen, others, 0)).toBeLessThan(0.3 * fitted);
  });

  it("takes equal rows, rows that are all equal, few rows, and more dimensions than there are", async () => {
    const twice = gatherRows(
      rowsOf(0, 40),
      counted(160, (i) => i % 40),
    );
    expect(areNumbers((await fitPacmap(twice, 2, options)).codes!)).toBe(true);
    const still = await fitPacmap(matrix(new Float32Array(120).fill(3), 40, 3), 2, options);
    expect(areNumbers(still.codes!)).toBe(true);
    const placed = await transform(still, matrix(Float32Array.of(3, 3, 3, 4, 3, 3), 2, 3), { engine });
    expect(areNumbers(placed)).toBe(true);
    for (const rows of [2, 3, 7, 11]) {
      const { codes } = await fitPacmap(normals(rows, rows, 4), 2, options);
      expect(areNumbers(codes!)).toBe(true);
      expect(new Set(codes!.data).size).toBe(2 * rows);
    }
    const wide = await fitPacmap(normals(9, 12, 3), 20, options);
    expect(wide.codes!.cols).toBe(20);
    expect(areNumbers(wide.codes!)).toBe(true);
  });

  it("keeps neighbours where one group is far away and the graph is in parts", async () => {
    const x = normals(2, 300, 4);
    for (let at = 0; at < 30 * 4; at++) x.data[at]! += 1e4;
    const { codes } = await fitPacmap(x, 2, options);
    const { scores } = await audit(x, codes!, { scores: ["trustworthiness"], exact: true });
    expect(scores.trustworthiness!.value).toBeGreaterThan(0.88);
    const mean = (from: number, to: number, k: number) => {
      let sum = 0;
      for (let i = from; i < to; i++) sum += codes!.data[2 * i + k]!;
      return sum / (to - from);
    };
    const far = Math.hypot(mean(0, 30, 0) - mean(30, 300, 0), mean(0, 30, 1) - mean(30, 300, 1));
    let most = 0;
    for (let i = 0; i < 30; i++) {
      const [x0, y0] = [codes!.data[2 * i]! - mean(0, 30, 0), codes!.data[2 * i + 1]! - mean(0, 30, 1)];
      most = Math.max(most, Math.hypot(x0, y0));
    }
    expect(far).toBeGreaterThan(most);
  });

  it("takes cosine distances of rows scaled to length 1", async () => {
    const x = rowsOf(0, 200);
    const longer = { ...x, data: x.data.map((value, at) => value * 2 ** (Math.floor(at / 64) % 3)) };
    const own = { ...options, unitRows: true, steps: 60 };
    expect((await fitPacmap(longer, 2, own)).codes).toEqual((await fitPacmap(x, 2, own)).codes);
  });

  it("tells its loss, ends when asked to, and refuses what has no meaning", async () => {
    const x = rowsOf(0, 200);
    const heard: Progress[] = [];
    const stop = new AbortController();
    const onProgress = (progress: Progress) => {
      if (progress.stage !== "fitting") return;
      heard.push(progress);
      if (progress.done === 40) stop.abort();
    };
    const fit = await fitPacmap(x, 2, { ...options, onProgress, stop: stop.signal });
    expect(fit.converged).toBe(false);
    expect(fit.iterations).toBe(40);
    expect(heard.at(-1)).toMatchObject({ done: 40, total: 450 });
    expect(heard.at(-1)!.objective).toBeGreaterThan(0);
    await expect(fitPacmap(x, 2, { ...options, nNeighbors: 0 })).rejects.toMatchObject({
      code: "bad-option",
    });
    await expect(fitPacmap(x, 2, { ...options, furtherRatio: -1 })).rejects.toMatchObject({
      code: "bad-option",
    });
  });
});
