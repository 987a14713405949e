import { describe, expect, it } from "vitest";
import { estimate } from "../../src/align/choose.ts";
import { align } from "../../src/align/index.ts";
import { copiesOf, foldAround, foldsOf, partsOf } from "../../src/align/split.ts";
import { type Matrix, matrix, mean, rng, sampleWithoutReplacement } from "../../src/base/index.ts";
import { gaussian, mapMatrix, readMatrix, rotate } from "../matrices.ts";
import { hasSharedData, sharedData } from "../shared-data.ts";

const threads = 2;
const euclidean = { metric: "euclidean", threads, queries: 100 } as const;

/** A sheet, and the same sheet rolled up: an isometry along the data, and no linear map. */
function sheetAndRoll(n: number): readonly [Matrix, Matrix] {
  const random = rng(1);
  const [sheet, roll] = [new Float32Array(2 * n), new Float32Array(3 * n)];
  for (let i = 0; i < n; i++) {
    const t = 1.5 * Math.PI * (1 + 2 * random.uniform());
    const height = 21 * random.uniform();
    sheet.set([(t * Math.sqrt(1 + t * t) + Math.asinh(t)) / 2, height], 2 * i);
    roll.set([t * Math.cos(t), height, t * Math.sin(t)], 3 * i);
  }
  return [matrix(sheet, n, 2), matrix(roll, n, 3)];
}

const noisy = (m: Matrix, sigma: number, seed: number) => {
  const random = rng(seed);
  return mapMatrix(m, (value) => value + sigma * random.normal());
};

describe("the verdict", () => {
  it("is migrate, without a map, for a space and itself", async () => {
    const points = gaussian(rng(1), 400, 6);
    const { alignment } = await align(points, points, euclidean);
    expect([alignment.verdict, alignment.method, alignment.alignable]).toEqual([
      "migrate",
      "identity",
      "globally",
    ]);
    expect(alignment.heldOut.recall.value).toBe(1);
    expect(alignment.heldOut.top1.value).toBe(1);
    expect(alignment.heldOut.corpusRecall!.value).toBe(1);
  });

  it("is migrate by a shift, and by a rotation, where that is all there is", async () => {
    const points = gaussian(rng(2), 400, 6);
    const shifted = mapMatrix(points, (value, col) => 3 * value + col);
    const moved = await align(points, shifted, euclidean);
    expect([moved.alignment.verdict, moved.alignment.method]).toEqual(["migrate", "shift"]);
    const turned = await align(points, rotate(shifted, rng(5)), euclidean);
    expect([turned.alignment.verdict, turned.alignment.method]).toEqual(["migrate", "orthogonal"]);
    expect(turned.alignment.heldOut.recall.value).toBeGreaterThan(0.999);
    expect(turned.alignment.learningCurve.at(-1)!.value).toBe(turned.alignment.heldOut.recall.value);
  });

  it("is migrate for a mirror image, which is an isometry too, and for anchors that are given twice", async () => {
    const points = gaussian(rng(2), 400, 6);
    const mirrored = rotate(
      mapMatrix(points, (value, col) => (col === 0 ? -value : value)),
      rng(5),
    );
    const anchors = Array.from({ length: 160 }, (_, i) => i % 80);
    const { alignment } = await align(points, mirrored, { ...euclidean, anchors });
    expect([alignment.verdict, alignment.method, alignment.anchors]).toEqual(["migrate", "orthogonal", 80]);
    expect(alignment.heldOut.recall.value).toBeGreaterThan(0.999);
  });

  it("is re-embed where noise has taken too much, and never better than what is there", async () => {
    const points = gaussian(rng(3), 600, 6);
    const { alignment } = await align(points, noisy(rotate(points, rng(4)), 0.5, 9), {
      ...euclidean,
      queries: 600,
    });
    expect(alignment.verdict).toBe("re-embed");
    expect(alignment.method).toBe("orthogonal");
    expect(alignment.heldOut.recall.value).toBeGreaterThan(alignment.heldOut.recall.null + 0.1);
  });

  it("is unrelated for independent spaces", async () => {
    const { alignment } = await align(gaussian(rng(5), 500, 6), gaussian(rng(6), 500, 8), euclidean);
    expect([alignment.verdict, alignment.alignable]).toEqual(["unrelated", "no"]);
  });

  it("calls a sheet and its roll locally alignable, not globally, in both directions", async () => {
    const [sheet, roll] = sheetAndRoll(1200);
    for (const [from, to] of [
      [sheet, roll],
      [roll, sheet],
    ] as const) {
      const { alignment } = await align(from, to, { ...euclidean, target: 0.8, queries: 200 });
      expect([alignment.verdict, alignment.method, alignment.alignable]).toEqual([
        "migrate",
        "local",
        "locally",
      ]);
      const linear = alignment.methods.filter(({ method }) => method !== "local");
      expect(Math.max(...linear.map(({ recall }) => recall.value))).toBeLessThan(0.1);
    }
  });

  it("is the same in bytes for the same seed, on one thread and on three, and whatever rotates the first space", async () => {
    const points = gaussian(rng(7), 300, 5);
    const other = noisy(rotate(points, rng(8)), 0.1, 10);
    const facts = async (from: Matrix, own: number) => {
      const { alignment } = await align(from, other, { metric: "cosine", threads: own, queries: 100 });
      return { ...alignment, engine: null };
    };
    const first = await facts(points, 1);
    expect(await facts(points, 3)).toEqual(first);
    const turned = await facts(rotate(points, rng(11)), 1);
    expect(turned.verdict).toBe(first.verdict);
    const recallOf = (of: typeof first, name: string) =>
      of.methods.find(({ method }) => method === name)!.recall.value;
    for (const name of ["orthogonal", "ridge"])
      expect(Math.abs(recallOf(turned, name) - recallOf(first, name))).toBeLessThan(2e-3);
  });
});

describe("anchors and rows that are scored", () => {
  it("are never the same, nor copies of each other in either space", () => {
    const from = gaussian(rng(1), 60, 3);
    const to = gaussian(rng(2), 60, 3);
    // 0 is 10 in the first space, 10 is 20 in the second: all three belong together.
    from.data.copyWithin(30, 0, 3);
    to.data.copyWithin(60, 30, 33);
    const groups = copiesOf(from, to);
    expect([groups[0], groups[10], groups[20]]).toEqual([0, 0, 0]);
    for (const { anchors, test } of foldsOf(partsOf(groups, 5, rng(3)), 5)) {
      const own = new Set(Array.from(anchors, (row) => groups[row]));
      for (const row of test) expect(own.has(groups[row]!)).toBe(false);
      expect(anchors.length + test.length).toBe(60);
    }
    expect(Array.from(foldAround(Int32Array.of(10), groups).test)).not.toContain(20);
  });

  it("may be given: how many, or which", async () => {
    const points = gaussian(rng(4), 300, 4);
    const other = rotate(points, rng(5));
    const drawn = await align(points, other, { ...euclidean, anchors: 40 });
    expect([drawn.alignment.anchors, drawn.alignment.folds]).toEqual([40, 1]);
    const rows = Int32Array.from({ length: 30 }, (_, i) => i);
    const named = await align(points, other, { ...euclidean, anchors: rows });
    expect([named.alignment.anchors, named.alignment.tested]).toEqual([30, 100]);
    expect(named.heldOut.rows.every((row) => row >= 30)).toBe(true);
    expect([named.heldOut.mapped.rows, named.heldOut.mapped.cols]).toEqual([100, 4]);
  });

  it("that do not fit are refused with the next step", async () => {
    const points = gaussian(rng(4), 30, 4);
    await expect(align(points, gaussian(rng(5), 31, 4), euclidean)).rejects.toMatchObject({
      code: "row-count-mismatch",
    });
    await expect(align(gaussian(rng(4), 5, 4), gaussian(rng(5), 5, 4), euclidean)).rejects.toMatchObject({
      code: "too-few-rows",
    });
    await expect(align(points, points, { ...euclidean, anchors: 30 })).rejects.toMatchObject({
      code: "bad-option",
    });
    await expect(align(points, points, { ...euclidean, anchors: [0, 1, 40] })).rejects.toMatchObject({
      code: "bad-option",
    });
    await expect(
      align(points, gaussian(rng(5), 30, 5), { ...euclidean, methods: ["identity"] }),
    ).rejects.toMatchObject({ code: "bad-option" });
  });

  it("stop where they are told to", async () => {
    const points = gaussian(rng(4), 300, 4);
    await expect(align(points, points, { ...euclidean, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "aborted",
    });
  });
});

describe("intervals", () => {
  it("hold the recall of all rows 95 times in 100", async () => {
    const points = gaussian(rng(6), 2000, 8);
    const other = noisy(rotate(points, rng(7)), 0.3, 12);
    // Most rows are scored, so that what a few of them say can be told from what is true of all.
    const { align: _, ...rooms } = await import("../../src/align/align.ts").then((own) => ({
      align: null,
      own,
    }));
    const { heldOut, alignment } = await rooms.own.align(points, other, {
      ...euclidean,
      anchors: 400,
      queries: 1600,
      methods: ["orthogonal"],
    });
    expect(heldOut.rows.length).toBe(1600);
    const recall = await recallsOf(other, heldOut);
    const all = mean(recall);
    expect(Math.abs(all - alignment.heldOut.recall.value)).toBeLessThan(1e-9);
    let held = 0;
    for (let draw = 0; draw < 400; draw++) {
      const rows = sampleWithoutReplacement(rng(draw).split("draw"), recall.length, 60);
      const { interval } = estimate(Float64Array.from(rows, (at) => recall[at]!));
      if (interval[0] <= all && all <= interval[1]) held++;
    }
    expect(held / 400).toBeGreaterThan(0.92);
    expect(held / 400).toBeLessThan(0.99);
  });
});

/** Recall row by row, again, from the rows where the map has put them. */
async function recallsOf(to: Matrix, heldOut: { rows: Int32Array; mapped: Matrix }) {
  const { openIndex, openTarget, retrieve } = await import("../../src/align/retrieval.ts");
  const { findEngine } = await import("../../src/engine/index.ts");
  const { openAlgebra } = await import("../../src/linalg/index.ts");
  const engine = await findEngine({ threads });
  const search = { engine, algebra: openAlgebra(engine), metric: "euclidean", nNeighbors: 10 } as const;
  const target = await openTarget(await openIndex(to, search), heldOut.rows, search);
  return (await retrieve(heldOut.mapped, target, search)).recall;
}

describe.skipIf(!hasSharedData)("real spaces", () => {
  const read = (path: string) => readMatrix(sharedData(path));

  it("image and caption vectors of a network that was never trained are unrelated", async () => {
    const from = await read("paired/clip-coco500/clip-untrained-image.npy");
    const to = await read("paired/clip-coco500/clip-untrained-text.npy");
    const { alignment } = await align(from, to, { threads, queries: 100 });
    expect(alignment.verdict).toBe("unrelated");
  });

  it("related models that no map serves have to be embedded again", async () => {
    const from = await read("multi-model/guideline250/all-mpnet-base-v2.npy");
    const to = await read("multi-model/guideline250/bio-clinicalbert.npy");
    const { alignment } = await align(from, to, { threads, queries: 100 });
    expect(alignment.verdict).toBe("re-embed");
    expect(alignment.skipped.map(({ method }) => method)).toEqual(["local"]);
  });
});
