import { describe, expect, it } from "vitest";
import { type GapOptions, modalityGap } from "../../src/align/gap.ts";
import { crossEntropy } from "../../src/align/gap-contrastive.ts";
import type { GapFigures, ModalityGap, PartnerSearch } from "../../src/align/gap-result.ts";
import { pairPieces, pieceEstimate, rootOf } from "../../src/align/gap-statistics.ts";
import { applyMap } from "../../src/align/map.ts";
import { gatherRows, IsometerError, type Matrix, matrix, rng } from "../../src/base/index.ts";
import { findEngine } from "../../src/engine/index.ts";
import { modalityGap as schema } from "../../src/jobs/schema-align-gap.ts";
import type { Dense } from "../../src/linalg/index.ts";
import { gapLines } from "../../src/report/align-gap.ts";
import { plain, width } from "../../src/report/text.ts";
import { gaussian, mapMatrix, readMatrix, rotate } from "../matrices.ts";
import { hasSharedData, sharedData } from "../shared-data.ts";

/*
 * The modality gap where the truth is known, its laws, and the numbers of the data folder.
 */

const D = 8;
const ONE = { threads: 1 };

/** Rows of length 1 whose last coordinate is `height`, and whose others point where those of a cloud do. */
function lifted(cloud: Matrix, height: number): Matrix {
  const cols = cloud.cols + 1;
  const radius = Math.sqrt(1 - height ** 2);
  const data = new Float32Array(cloud.rows * cols);
  for (let i = 0; i < cloud.rows; i++) {
    const own = cloud.data.subarray(i * cloud.cols, (i + 1) * cloud.cols);
    const length = Math.hypot(...own);
    own.forEach((value, k) => {
      data[i * cols + k] = (radius * value) / length;
    });
    data[i * cols + cloud.cols] = height;
  }
  return matrix(data, cloud.rows, cols);
}

/** Two noisy views of one cloud, with a gap of about 2 x .6 between them. */
function views(n: number, seed: number, noise = 0.3) {
  const random = rng(seed);
  const cloud = gaussian(random, n, D);
  const noisy = () => mapMatrix(cloud, (value) => value + noise * random.normal());
  return { from: lifted(noisy(), 0.6), to: lifted(noisy(), -0.6) };
}

const found = async (from: Matrix, to: Matrix, options: GapOptions = {}): Promise<ModalityGap> =>
  (await modalityGap(from, to, { ...ONE, ...options })).gap;

const values = ({ top1, recall, mrr }: PartnerSearch) => [top1.value, recall.value, mrr.value];
const all = (figures: GapFigures) => [
  figures.gap.value,
  figures.gap.plain,
  figures.separability.value,
  figures.matchedCosine.value,
  figures.unmatchedCosine.value,
];

function includes(
  { interval: [low, high] }: { readonly interval: readonly [number, number] },
  value: number,
) {
  expect(low).toBeLessThanOrEqual(value);
  expect(high).toBeGreaterThanOrEqual(value);
}

describe("one cloud twice, one copy shifted", () => {
  it("the gap is the shift, the sides are separable, and centring closes it", async () => {
    const cloud = gaussian(rng(1), 200, D);
    const { before, repairs, recommended } = await found(lifted(cloud, 0.6), lifted(cloud, -0.6));
    expect(before.gap.value).toBeCloseTo(1.2, 6);
    expect(before.gap.plain).toBeCloseTo(1.2, 6);
    expect(before.separability.value).toBe(1);
    expect(before.matchedCosine.value).toBeCloseTo(0.64 - 0.36, 6);
    const centring = repairs[0]!;
    expect(centring.repair).toBe("centring");
    expect(centring.after.gap.value).toBeLessThan(1e-6);
    expect(Math.abs(centring.after.separability.value - 0.5)).toBeLessThan(0.1);
    expect(centring.after.matchedCosine.value).toBeCloseTo(1, 6);
    expect(values(centring.after.forward)).toEqual([1, 1, 1]);
    expect(values(centring.after.backward)).toEqual([1, 1, 1]);
    expect(centring.change.gap.interval[1]).toBeLessThan(-1.19);
    expect(recommended).toBe("centring");
  });

  it("a turned copy needs the rotation, which centring alone does not undo", async () => {
    const cloud = gaussian(rng(2), 300, D);
    const { repairs, before } = await found(lifted(cloud, 0.6), lifted(rotate(cloud, rng(3)), -0.6));
    const [centring, orthogonal] = repairs;
    expect(before.forward.recall.value).toBeLessThan(0.2);
    expect(centring!.after.forward.recall.value).toBeLessThan(0.2);
    expect(orthogonal!.after.forward.top1.value).toBeGreaterThan(0.99);
    expect(orthogonal!.after.matchedCosine.value).toBeGreaterThan(0.99);
    expect(orthogonal!.keepsRecall).toBe(true);
  });

  it("no gap: the interval reaches 0, the sides are inseparable, and nothing closes what is not there", async () => {
    const cloud = gaussian(rng(4), 300, D);
    const noisy = (seed: number) => {
      const random = rng(seed);
      return mapMatrix(cloud, (value) => value + 0.3 * random.normal());
    };
    const { before, recommended } = await found(noisy(5), noisy(6));
    expect(before.gap.interval[0]).toBe(0);
    expect(Math.abs(before.separability.value - 0.5)).toBeLessThan(0.1);
    expect(before.forward.recall.value).toBeGreaterThan(0.9);
    expect(recommended).toBeNull();
  });
});

describe("rows that are no pairs", () => {
  it("find partners by chance before and after, however flexible the repair", async () => {
    const from = lifted(gaussian(rng(7), 150, 60), 0.6);
    const to = lifted(gaussian(rng(8), 150, 60), -0.6);
    const { before, repairs, recommended } = await found(from, to);
    for (const figures of [before, ...repairs.map(({ after }) => after)]) {
      expect(Math.abs(figures.matchedCosine.value - figures.unmatchedCosine.value)).toBeLessThan(0.05);
      for (const search of [figures.forward, figures.backward]) {
        expect(Math.abs(search.recall.value - 10 / 150)).toBeLessThan(0.06);
      }
    }
    expect(repairs.every(({ closes }) => closes)).toBe(true);
    expect(repairs.some(({ findsPartners }) => findsPartners)).toBe(false);
    expect(recommended).toBeNull();
  });

  it("copies stay on one side of a fold, and share the places of equal cosine", async () => {
    const twice = Int32Array.from({ length: 200 }, (_, i) => i >> 1);
    const from = gatherRows(lifted(gaussian(rng(9), 100, 40), 0.6), twice);
    const to = gatherRows(lifted(gaussian(rng(10), 100, 40), -0.6), twice);
    const { before, repairs } = await found(from, to, { repairs: ["orthogonal"] });
    // Fitted to copies of what it is scored on, a rotation of 41 dimensions would lay partners upon each other.
    const { matchedCosine, forward } = repairs[0]!.after;
    expect(Math.abs(matchedCosine.value)).toBeLessThan(0.1);
    for (const search of [before.forward, forward]) {
      expect(Math.abs(search.recall.value - 0.05)).toBeLessThan(0.05);
      expect((200 * search.top1.value) % 1).toBeCloseTo(0, 6);
    }
  });
});

describe("laws", () => {
  const { from, to } = views(150, 11);

  it("turning both sides changes nothing", async () => {
    const [a, b] = [await found(from, to), await found(rotate(from, rng(12)), rotate(to, rng(12)))];
    for (const [one, other] of [
      [a.before, b.before],
      ...a.repairs.map(({ after }, i) => [after, b.repairs[i]!.after] as const),
    ] as const) {
      all(one).forEach((value, i) => {
        expect(all(other)[i]).toBeCloseTo(value, 2);
      });
      values(one.forward).forEach((value, i) => {
        expect(Math.abs(values(other.forward)[i]! - value)).toBeLessThan(0.01);
      });
    }
    expect(b.before.gap.value).toBeCloseTo(a.before.gap.value, 5);
  });

  it("the length of rows changes nothing", async () => {
    const longer = mapMatrix(from, (value, _, row) => value * 2 ** (row % 5));
    const [a, b] = [await found(from, to), await found(longer, to)];
    expect(b.before).toEqual(a.before);
    expect(b.repairs).toEqual(a.repairs);
  });

  it("swapping the sides swaps the ways", async () => {
    const options: GapOptions = { repairs: ["centring", "orthogonal"] };
    const [a, b] = [await found(from, to, options), await found(to, from, options)];
    for (const [one, other] of [
      [a.before, b.before],
      ...a.repairs.map(({ after }, i) => [after, b.repairs[i]!.after] as const),
    ] as const) {
      all(one).forEach((value, i) => {
        expect(all(other)[i]).toBeCloseTo(value, 3);
      });
      expect(values(other.backward)).toEqual(values(one.forward));
      expect(values(other.forward)).toEqual(values(one.backward));
    }
  });

  it("same seed, same bytes, on any number of threads; the result is frozen plain data", async () => {
    const text = ({ engine, ...rest }: ModalityGap) => JSON.stringify(rest);
    const one = await found(from, to);
    expect(text(await found(from, to, { threads: 2 }))).toBe(text(one));
    expect(text(await found(from, to, { seed: 1 }))).not.toBe(text(one));
    expect(Object.isFrozen(one.repairs[0]!.change.forward)).toBe(true);
    expect(schema.parse(JSON.parse(JSON.stringify(one)))).toEqual(JSON.parse(JSON.stringify(one)));
  });

  it("fewer queries are some of the items, each among all rows", async () => {
    const { queries, before, items } = await found(from, to, { queries: 50, repairs: [] });
    expect([queries, before.forward.top1.n, before.gap.n, items]).toEqual([50, 50, 150, 150]);
    expect(before.forward.recall.null).toBeCloseTo(10 / 150, 12);
  });
});

describe("maps of the recommended repair", () => {
  it("are fitted to all items, give rows of length 1, and close the gap", async () => {
    const { from, to } = views(200, 13);
    const { gap, maps } = await modalityGap(from, to, { ...ONE, repairs: ["centring"] });
    expect(gap.recommended).toBe("centring");
    const engine = await findEngine(ONE);
    const [x, y] = [
      await applyMap(maps!.from, from, { engine }),
      await applyMap(maps!.to, to, { engine }),
    ] as const;
    expect(Math.hypot(...x.data.subarray(0, x.cols))).toBeCloseTo(1, 5);
    const after = (await found(x, y, { repairs: [] })).before;
    expect(after.gap.plain).toBeLessThan(0.03);
    expect(after.forward.recall.value).toBeGreaterThan(0.99);
  });

  it("turn as well, where the repair does", async () => {
    const cloud = gaussian(rng(14), 300, D);
    const [from, to] = [lifted(cloud, 0.6), lifted(rotate(cloud, rng(15)), -0.6)];
    const { gap, maps } = await modalityGap(from, to, { ...ONE, repairs: ["orthogonal"] });
    expect(gap.recommended).toBe("orthogonal");
    const engine = await findEngine(ONE);
    const [x, y] = [await applyMap(maps!.from, from, { engine }), await applyMap(maps!.to, to, { engine })];
    const { before } = await found(x, y, { repairs: [] });
    expect(before.matchedCosine.value).toBeGreaterThan(0.999);
    expect(before.forward.top1.value).toBe(1);
  });
});

describe("statistics", () => {
  const dense = (m: Matrix): Dense => ({ ...m, data: Float64Array.from(m.data) });
  const [x, y] = [dense(gaussian(rng(16), 7, 3)), dense(gaussian(rng(17), 7, 3))];

  /** Over all pairs of different items, one by one. */
  function slow(items: readonly number[], of: (i: number, j: number) => number): number {
    const pairs = items.flatMap((i) => items.filter((j) => j !== i).map((j) => of(i, j)));
    return pairs.reduce((sum, value) => sum + value, 0) / pairs.length;
  }

  it("agree with the sums over all pairs, also without an item", () => {
    const at = (m: Dense, i: number, k: number) => m.data[i * 3 + k]!;
    const product = (a: (i: number, k: number) => number, b: (i: number, k: number) => number) => {
      return (i: number, j: number) => [0, 1, 2].reduce((sum, k) => sum + a(i, k) * b(j, k), 0);
    };
    const away = (i: number, k: number) => at(x, i, k) - at(y, i, k);
    const square = product(away, away);
    const cosine = product(
      (i, k) => at(x, i, k),
      (i, k) => at(y, i, k),
    );
    const items = [0, 1, 2, 3, 4, 5, 6];
    const pieces = pairPieces(x, y);
    expect(pieces.square.value).toBeCloseTo(slow(items, square), 12);
    expect(pieces.unmatched.value).toBeCloseTo(slow(items, cosine), 12);
    for (const left of items) {
      const others = items.filter((i) => i !== left);
      expect(pieces.square.without[left]).toBeCloseTo(slow(others, square), 12);
      expect(pieces.unmatched.without[left]).toBeCloseTo(slow(others, cosine), 12);
      expect(pieces.matched[left]).toBeCloseTo(cosine(left, left), 12);
    }
  });

  it("the interval of the gap covers it, where there is one and where there is none", () => {
    const random = rng(18);
    for (const truth of [0, 0.5, 2]) {
      let covered = 0;
      for (let draw = 0; draw < 200; draw++) {
        const from = dense(gaussian(random, 100, 5));
        const to = dense(gaussian(random, 100, 5));
        for (let i = 0; i < 100; i++) from.data[i * 5]! += truth;
        const { square } = pairPieces(from, to);
        const [low, high] = rootOf(pieceEstimate(square, [-Infinity, Infinity])).interval;
        if (low <= truth && truth <= high) covered++;
      }
      expect(covered, `gap ${truth}`).toBeGreaterThanOrEqual(178);
    }
  });

  it("the slope of the cross-entropy is that of central differences", () => {
    const scores = { data: Float64Array.from({ length: 16 }, () => rng(19).normal()), rows: 4, cols: 4 };
    const random = rng(20);
    scores.data.forEach((_, at) => {
      scores.data[at] = random.normal();
    });
    const { slope } = crossEntropy(scores);
    for (let at = 0; at < 16; at++) {
      const moved = (by: number) =>
        crossEntropy({ ...scores, data: scores.data.map((value, i) => (i === at ? value + by : value)) })
          .loss;
      expect(slope.data[at]).toBeCloseTo((moved(1e-5) - moved(-1e-5)) / 2e-5, 8);
    }
  });
});

describe("refusals", () => {
  const { from, to } = views(40, 21);
  const code = async (run: Promise<unknown>) => {
    const error = await run.then(
      () => null,
      (reason) => reason,
    );
    expect(error).toBeInstanceOf(IsometerError);
    return (error as IsometerError).code;
  };
  const some = (m: Matrix, n: number) =>
    gatherRows(
      m,
      Array.from({ length: n }, (_, i) => i),
    );

  it("name what is wrong", async () => {
    expect(await code(found(from, some(to, 39)))).toBe("row-count-mismatch");
    expect(await code(found(from, gaussian(rng(1), 40, D)))).toBe("bad-value");
    expect(await code(found(some(from, 19), some(to, 19)))).toBe("too-few-rows");
    expect(
      await code(
        found(
          gatherRows(
            from,
            Array.from({ length: 60 }, (_, i) => i % 15),
          ),
          gatherRows(
            to,
            Array.from({ length: 60 }, (_, i) => i % 15),
          ),
        ),
      ),
    ).toBe("too-few-rows");
    const zero = mapMatrix(to, (value, _, row) => (row === 3 ? 0 : value));
    expect(await code(found(from, zero))).toBe("zero-vector");
    const broken = mapMatrix(to, (value, col, row) => (row === 3 && col === 0 ? Number.NaN : value));
    expect(await code(found(from, broken))).toBe("non-finite");
    expect(await code(found(from, to, { nNeighbors: 0 }))).toBe("bad-option");
    expect(await code(found(from, to, { signal: AbortSignal.abort() }))).toBe("aborted");
  });

  it("columns that never change are no obstacle", async () => {
    const flat = (m: Matrix) => mapMatrix(m, (value, col) => (col === 2 ? 0 : value));
    const { before, repairs } = await found(flat(from), flat(to));
    for (const figures of [before, ...repairs.map(({ after }) => after)]) {
      expect([...all(figures), ...values(figures.forward)].every(Number.isFinite)).toBe(true);
    }
  });
});

describe("lines for a terminal", () => {
  it("say the gap, the advice and the figures, in any width", async () => {
    const { from, to } = views(100, 22);
    const gap = await found(from, to);
    for (const columns of [50, 80, 120]) {
      const lines = gapLines(gap, { width: columns }).map(plain);
      expect(Math.max(...lines.map(width)), String(columns)).toBeLessThanOrEqual(columns);
    }
    const text = gapLines(gap, { width: 1000 }).map(plain).join("\n");
    expect(text).toMatch(/Recommended: centring \(.*\); on items that it was not fitted to the gap is 0\.0/);
    expect(text).toMatch(/a linear classifier tells 100 % of rows apart/);
    expect(text).toMatch(/recall@10 FROM→TO +\d\.\d{3}/);
  });

  it("advise against what does not serve", async () => {
    const [from, to] = [lifted(gaussian(rng(7), 60, 9), 0.6), lifted(gaussian(rng(8), 60, 9), -0.6)];
    const gap = await found(from, to, { repairs: ["centring"] });
    const text = gapLines(gap, { width: 1000 }).map(plain).join("\n");
    expect(text).toContain(
      "No repair is recommended: rows find their partners hardly more often than by chance",
    );
  });
});

describe.skipIf(!hasSharedData)("CLIP, FashionCLIP, and CLIP untrained", () => {
  const read = async (side: string) => readMatrix(sharedData(`paired/${side}.npy`));
  /** Over all pairs, those of one item among them, as the data folder counts. */
  const allCosine = ({ matchedCosine, unmatchedCosine }: GapFigures) =>
    ((matchedCosine.n - 1) * unmatchedCosine.value + matchedCosine.value) / matchedCosine.n;

  it("CLIP: the gap shrinks, and cross-modal recall does not fall", async () => {
    const [from, to] = [await read("clip-coco500/clip-image"), await read("clip-coco500/clip-text")];
    const { before, repairs, recommended } = await found(from, to, {
      repairs: ["centring", "contrastive"],
      threads: 2,
    });
    expect(before.matchedCosine.value).toBeCloseTo(0.31, 3);
    expect(allCosine(before)).toBeCloseTo(0.162, 3);
    expect(before.forward.top1.value).toBeCloseTo(0.552, 3);
    // Liang et al. (2022) measure .82 on 5,000 pairs of the same data set, with another network.
    expect(before.gap.value).toBeGreaterThan(0.8);
    expect(before.gap.value).toBeLessThan(0.9);
    expect(before.separability.value).toBe(1);
    expect(recommended).toBe("contrastive");
    for (const { after } of repairs) expect(after.gap.value).toBeLessThan(0.1);
    const { change } = repairs[1]!;
    expect(change.gap.interval[1]).toBeLessThan(-0.7);
    expect(change.recall.interval[0]).toBeGreaterThan(-0.01);
    expect(change.recall.value).toBeGreaterThan(0);
  });

  it("FashionCLIP: centring does", async () => {
    const [from, to] = [await read("fashionclip1126/image"), await read("fashionclip1126/text")];
    const { before, repairs, recommended } = await found(from, to, { repairs: ["centring"], threads: 2 });
    expect(before.matchedCosine.value).toBeCloseTo(0.359, 3);
    expect(allCosine(before)).toBeCloseTo(0.079, 3);
    expect(before.forward.top1.value).toBeCloseTo(0.795, 3);
    expect(recommended).toBe("centring");
    const { after, change } = repairs[0]!;
    expect(after.gap.value).toBeLessThan(0.1);
    expect(change.gap.interval[1]).toBeLessThan(-0.7);
    expect(change.recall.interval[0]).toBeGreaterThan(-0.01);
  });

  it("untrained: a gap as well, and chance before and after", async () => {
    const [from, to] = [
      await read("clip-coco500/clip-untrained-image"),
      await read("clip-coco500/clip-untrained-text"),
    ];
    const { before, repairs, recommended } = await found(from, to, { repairs: ["centring"], threads: 2 });
    expect(before.matchedCosine.value).toBeCloseTo(0.029, 3);
    expect(allCosine(before)).toBeCloseTo(0.028, 3);
    expect(before.forward.top1.value).toBeCloseTo(0.002, 3);
    expect(before.gap.value).toBeGreaterThan(1);
    for (const figures of [before, repairs[0]!.after]) {
      for (const search of [figures.forward, figures.backward]) includes(search.recall, 0.02);
    }
    expect(recommended).toBeNull();
  });
});
