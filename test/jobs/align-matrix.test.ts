import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { jsonText } from "../../src/app/cli/outputs.ts";
import { type Matrix, matrix, rng, rowsFromMatrix } from "../../src/base/index.ts";
import { writeNpy } from "../../src/data/index.ts";
import { type MatrixOptions, runMatrix } from "../../src/jobs/align-matrix.ts";
import type { JobContext } from "../../src/jobs/index.ts";
import { alignMatrixSchema } from "../../src/jobs/schema-align-matrix.ts";
import { type AlignMatrixResult, scoreBetween } from "../../src/report/index.ts";
import { gaussian, mapMatrix, readMatrix, rotate } from "../matrices.ts";
import { hasSharedData, sharedData } from "../shared-data.ts";

const example = (file: string) => fileURLToPath(new URL(`../../examples/${file}`, import.meta.url));
const ctx: JobContext = { watch: {}, clock: () => 0, version: "0.1.0", example, exists: async () => false };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isometer-matrix-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function written(name: string, rows: Matrix): Promise<string> {
  const path = join(folder, `${name}.npy`);
  await writeNpy(path, rowsFromMatrix(rows));
  return path;
}

const run = (paths: readonly string[], options: MatrixOptions = {}) =>
  runMatrix(ctx, paths, { threads: 2, ...options });

/** The scores of two models by name, as the data folder's table writes them. */
function between(result: AlignMatrixResult, first: string, second: string) {
  const [i, j] = [first, second].map((name) => result.models.findIndex((model) => model.name === name));
  const value = (measure: "linearCka" | "neighborRecall" | "procrustes") =>
    scoreBetween(result, i!, j!, measure)!;
  return {
    cka: value("linearCka").value.toFixed(3),
    overlap: value("neighborRecall").value.toFixed(2),
    scores: { cka: value("linearCka"), overlap: value("neighborRecall"), disparity: value("procrustes") },
  };
}

/** Points, a rotated and scaled copy in more dimensions, a noisy copy, and noise. */
async function family(rows = 300): Promise<string[]> {
  const random = rng(5);
  const x = mapMatrix(gaussian(random.split("x"), rows, 6), (value, col) => value / (1 + col));
  const wide = matrix(
    Float32Array.from({ length: rows * 9 }, (_, at) =>
      at % 9 < 6 ? 3 * x.data[Math.floor(at / 9) * 6 + (at % 9)]! : 0,
    ),
    rows,
    9,
  );
  const noise = gaussian(random.split("noise"), rows, 6);
  return [
    await written("x", x),
    await written("turned", rotate(wide, random.split("turned"))),
    await written(
      "noisy",
      mapMatrix(x, (value, col, row) => value + 0.15 * noise.data[row * 6 + col]!),
    ),
    await written("noise", gaussian(random.split("other"), rows, 4)),
  ];
}

describe("the agreement of several spaces", () => {
  test("a copy that is turned, scaled and wider is the same; noise agrees no more than by chance (control)", async () => {
    const result = await run(await family());
    const same = between(result, "x", "turned").scores;
    expect(same.cka.value).toBeCloseTo(1, 5);
    expect(same.disparity.value).toBeCloseTo(0, 5);
    expect(same.overlap.value).toBeGreaterThan(0.999);
    const none = between(result, "x", "noise").scores;
    expect(none.cka.value).toBeLessThan(none.cka.null + 0.03);
    expect(none.overlap.value).toBeLessThan(none.overlap.null + 0.03);
    expect(none.disparity.value).toBeGreaterThan(none.disparity.null - 0.05);
    const { merges, clusters, order } = result.clustering;
    expect(merges[0]).toMatchObject({ left: 0, right: 1, size: 2 });
    expect(merges[0]!.height).toBeCloseTo(0, 5);
    expect(clusters.map((own) => own.length)).toEqual([3, 1]);
    expect(order.at(-1)).toBe(3);
  });

  test("is that of an audit of each pair, where rows are of length 1", async () => {
    const names = ["digits.npy", "digits-pca.npy", "digits-umap.npy"];
    const spaces = await Promise.all(names.map((name) => readMatrix(example(name), 400)));
    const unit = spaces.map((m) => {
      const lengths = Array.from({ length: m.rows }, (_, i) =>
        Math.hypot(...m.data.subarray(i * m.cols, (i + 1) * m.cols)),
      );
      return mapMatrix(m, (value, _, row) => value / lengths[row]!);
    });
    const paths = await Promise.all(unit.map((m, i) => written(`unit${i}`, m)));
    const result = await run(paths);
    const { auditAll } = await import("../../src/measure/index.ts");
    const latents = [1, 2].map((i) => ({ name: `${i}`, latent: unit[i]!, metric: "cosine" as const }));
    const audits = await auditAll(unit[0]!, latents, {
      metric: "cosine",
      nNeighbors: 10,
      scores: ["linearCka", "neighborRecall", "procrustes"],
      threads: 2,
    });
    for (const [i, { scores }] of audits.entries()) {
      for (const measure of ["linearCka", "neighborRecall", "procrustes"] as const) {
        const own = scoreBetween(result, 0, i + 1, measure)!;
        expect(own.value).toBeCloseTo(scores[measure]!.value, 5);
        expect(own.null).toBeCloseTo(scores[measure]!.null, 4);
      }
    }
  });

  test("is the same in whatever order the inputs come", async () => {
    const paths = await family();
    const [one, other] = [await run(paths), await run([3, 1, 0, 2].map((i) => paths[i]!))];
    for (const [a, b] of [
      ["x", "noisy"],
      ["turned", "noise"],
    ] as const) {
      const [first, second] = [between(one, a, b).scores, between(other, a, b).scores];
      expect(first.cka.value).toBeCloseTo(second.cka.value, 6);
      expect(first.overlap.value).toBe(second.overlap.value);
      expect(first.disparity.value).toBeCloseTo(second.disparity.value, 6);
    }
    const heights = (result: AlignMatrixResult) => result.clustering.merges.map(({ height }) => height);
    heights(one).forEach((height, i) => {
      expect(height).toBeCloseTo(heights(other)[i]!, 6);
    });
  });

  test("has the same bytes on any number of threads, exact or sampled; another seed draws others (control)", async () => {
    const paths = await family();
    for (const options of [{}, { sample: 60, seed: 3 }]) {
      const texts = [];
      for (const threads of [1, 2, 2]) {
        const { engine: _, ...result } = await run(paths, { ...options, threads });
        texts.push(JSON.stringify(result));
      }
      expect(new Set(texts).size).toBe(1);
    }
    const drawn = await Promise.all([3, 4].map((seed) => run(paths, { sample: 60, seed })));
    expect(between(drawn[0]!, "x", "noisy").scores.overlap.value).not.toBe(
      between(drawn[1]!, "x", "noisy").scores.overlap.value,
    );
  });

  test("has intervals where rows are drawn: neighbours of those, CKA and disparity still of all", async () => {
    const paths = await family();
    const [exact, sampled] = [await run(paths), await run(paths, { sample: 100 })];
    const [truth, drawn] = [between(exact, "x", "noisy").scores, between(sampled, "x", "noisy").scores];
    expect(sampled.options.sample).toBe(100);
    expect(drawn.overlap).toMatchObject({ exact: false, n: 100, sampled: { kind: "anchors", m: 100 } });
    expect(drawn.overlap.interval[0]).toBeLessThan(truth.overlap.value);
    expect(drawn.overlap.interval[1]).toBeGreaterThan(truth.overlap.value);
    expect(drawn.cka).toEqual(truth.cka);
    expect(drawn.disparity).toEqual(truth.disparity);
  });

  test("neighbours go by the metric; CKA and disparity are of the rows as they are", async () => {
    const random = rng(2);
    const x = gaussian(random.split("x"), 200, 5);
    const longer = mapMatrix(x, (value, _, row) => value * (1 + (row % 7)));
    const paths = [
      await written("a", x),
      await written("b", longer),
      await written("c", gaussian(random.split("c"), 200, 5)),
    ];
    const [cosine, euclidean] = [await run(paths), await run(paths, { metric: "euclidean" })];
    expect(between(cosine, "a", "b").scores.overlap.value).toBe(1);
    expect(between(euclidean, "a", "b").scores.overlap.value).toBeLessThan(0.7);
    expect(between(cosine, "a", "b").scores.cka.value).toBeLessThan(0.9);
    expect(between(cosine, "a", "b").scores.cka).toEqual(between(euclidean, "a", "b").scores.cka);
  });

  test("joins by ids, and says what has no partner", async () => {
    const paths = await family(40);
    const ids = Array.from({ length: 40 }, (_, i) => `item ${i}`);
    const files: string[] = [];
    for (const [i, path] of paths.entries()) {
      // The second file has its rows the other way round; the third calls two items by another name.
      if (i === 1) {
        const m = await readMatrix(path);
        const turned = mapMatrix(m, (_, col, row) => m.data[(39 - row) * m.cols + col]!);
        await writeNpy(path, rowsFromMatrix(turned));
      }
      const own = i === 1 ? ids.toReversed() : ids.map((id, row) => (i === 2 && row < 2 ? `new ${row}` : id));
      files.push(join(folder, `ids${i}.txt`));
      await writeFile(files[i]!, `${own.join("\n")}\n`);
    }
    const result = await run(paths, { ids: files, nNeighbors: 5 });
    expect(result.rows).toBe(38);
    expect(result.models.every(({ joined }) => joined === "id")).toBe(true);
    expect(between(result, "x", "turned").scores.cka.value).toBeCloseTo(1, 5);
    expect(result.warnings.filter(({ code }) => code === "rows-unmatched").map(({ count }) => count)).toEqual(
      [2, 2, 2, 2],
    );
    const byOrder = await run(paths, { nNeighbors: 5 });
    expect(between(byOrder, "x", "turned").scores.cka.value).toBeLessThan(0.9);
  });

  test("fits its schema, and comes back unchanged", async () => {
    const result = await run(await family(), { sample: 50, clusterBy: "procrustes" });
    expect(alignMatrixSchema.parse(JSON.parse(jsonText(result as never)))).toEqual(
      JSON.parse(JSON.stringify(result)),
    );
    expect(alignMatrixSchema.safeParse({ ...result, schema: "isometer/align-matrix/2" }).success).toBe(false);
    expect(result.clustering.by).toBe("procrustes");
    expect(result.next[0]!.command).toMatch(/^isometer align \S+x\.npy \S+turned\.npy$/);
  });

  test("of spaces too wide for Procrustes, is without it, and groups by it are refused", async () => {
    const random = rng(1);
    const paths = await Promise.all(
      ["p", "q", "r"].map((name) => written(name, gaussian(random.split(name), 12, 2100))),
    );
    const result = await run(paths, { nNeighbors: 3 });
    expect(result.pairs.map(({ procrustes }) => procrustes)).toEqual([null, null, null]);
    expect(result.pairs.every(({ linearCka }) => linearCka !== null)).toBe(true);
    await expect(run(paths, { nNeighbors: 3, clusterBy: "procrustes" })).rejects.toMatchObject({
      code: "bad-option",
      message: expect.stringContaining("not defined for p (2100 dimensions) and q"),
      hint: expect.stringContaining("neighborRecall"),
    });
  });

  test.each([
    ["two spaces", (paths: string[]) => run(paths.slice(0, 2)), /three spaces or more/],
    ["the same file twice", (paths: string[]) => run([...paths, paths[0]!]), /given twice/],
    ["too many neighbours", (paths: string[]) => run(paths, { nNeighbors: 40 }), /--n-neighbors must be/],
    ["too large a sample", (paths: string[]) => run(paths, { sample: 41 }), /--sample must be/],
    ["a vector that no file has", (paths: string[]) => run(paths, { vector: "v" }), /--vector v names/],
    ["ids for some", (paths: string[]) => run(paths, { ids: ["a", "b"] }), /2 times for 4 inputs/],
  ])("refuses %s", async (_, go, message) => {
    await expect(family(40).then(go)).rejects.toThrow(message);
  });

  test("refuses inputs of other lengths, and stops when it is told to", async () => {
    const [x, y] = await family(40);
    const short = await written("short", gaussian(rng(0), 30, 3));
    await expect(run([x!, y!, short])).rejects.toMatchObject({ code: "row-count-mismatch" });
    const stop = AbortSignal.abort();
    await expect(
      runMatrix({ ...ctx, watch: { signal: stop } }, await family(40), { threads: 2 }),
    ).rejects.toMatchObject({ code: "aborted" });
  });

  test("tells its progress from 0 to the end, never back", async () => {
    const seen: number[] = [];
    const watch = { onProgress: ({ done }: { done: number }) => seen.push(done) };
    await runMatrix({ ...ctx, watch }, await family(), { threads: 2 });
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen.at(-1)).toBe(1000);
  });
});

/*
 * The table of the data folder, "Linear CKA ... and mean overlap of the 10 nearest cosine neighbours, over all common rows", to its digits. Where it has two
 * spaces, the third is the first at twice its size: it must be the same.
 */
describe.runIf(hasSharedData)("real models", () => {
  const guideline = [
    "all-minilm-l6-v2",
    "all-mpnet-base-v2",
    "bge-large-en-v1.5",
    "bge-small-en-v1.5",
    "bio-clinicalbert",
    "medembed-large-v0.1",
    "multilingual-e5-base",
    "paraphrase-minilm-l6-v2",
    "qwen3-embedding-0.6b",
  ];

  test("nine text models at once", { timeout: 120_000 }, async () => {
    const result = await run(guideline.map((name) => sharedData(`multi-model/guideline250/${name}.npy`)));
    expect(result.pairs).toHaveLength(36);
    for (const [first, second, cka, overlap] of [
      ["bge-large-en-v1.5", "medembed-large-v0.1", "0.971", "0.83"],
      ["bge-large-en-v1.5", "bge-small-en-v1.5", "0.909", "0.75"],
      ["all-minilm-l6-v2", "all-mpnet-base-v2", "0.886", "0.73"],
      ["all-mpnet-base-v2", "bio-clinicalbert", "0.484", "0.35"],
    ] as const) {
      expect(between(result, first, second), `${first} / ${second}`).toMatchObject({ cka, overlap });
    }
    // A model and its fine-tune meet first; the model of another kind last.
    const { merges, order, clusters } = result.clustering;
    expect([merges[0]!.left, merges[0]!.right].map((i) => guideline[i])).toEqual([
      "bge-large-en-v1.5",
      "medembed-large-v0.1",
    ]);
    expect(guideline[order.at(-1)!]).toBe("bio-clinicalbert");
    expect(clusters.map((own) => own.length)).toEqual([8, 1]);
  });

  test("images and texts of CLIP, and the untrained control", { timeout: 60_000 }, async () => {
    const names = ["clip-image", "clip-text", "clip-untrained-image", "clip-untrained-text"];
    const result = await run(names.map((name) => sharedData(`paired/clip-coco500/${name}.npy`)));
    expect(between(result, "clip-image", "clip-text")).toMatchObject({ cka: "0.636", overlap: "0.25" });
    const untrained = between(result, "clip-untrained-image", "clip-untrained-text");
    expect(untrained).toMatchObject({ cka: "0.045", overlap: "0.03" });
    expect(untrained.scores.cka.value - untrained.scores.cka.null).toBeLessThan(0.03);
  });

  test.each([
    ["mvtec", "multi-model/mvtec/screw-resnet18", "multi-model/mvtec/screw-vit", "0.668", "0.43"],
    ["fashionclip1126", "paired/fashionclip1126/image", "paired/fashionclip1126/text", "0.713", "0.40"],
    ["things", "things/spose-49d", "things/spose-66d", "0.965", "0.54"],
  ])("%s", { timeout: 60_000 }, async (set, first, second, cka, overlap) => {
    const [a, b] = [first, second].map((name) => sharedData(`${name}.npy`));
    const double = await written(
      `${set}-double`,
      mapMatrix(await readMatrix(a!), (value) => 2 * value),
    );
    const result = await run([a!, b!, double]);
    const [one, other] = result.models.map(({ name }) => name);
    expect(between(result, one!, other!)).toMatchObject({ cka, overlap });
    expect(result.clustering.merges[0]).toMatchObject({ left: 0, right: 2 });
    expect(result.clustering.merges[0]!.height).toBeLessThan(1e-5);
  });

  describe("words, joined by themselves", () => {
    let glove50: string;
    let double: string;
    beforeAll(async () => {
      glove50 = sharedData("words/glove-50d-5k.npy");
      double = await written(
        "double",
        mapMatrix(await readMatrix(glove50), (value) => 2 * value),
      );
    });

    /** GloVe 100-d is stored as whole numbers with a scale for each row. */
    async function glove100(): Promise<string> {
      const scale = await scales(sharedData("words/glove-100d-10k-int8-scale.npy"));
      const whole = await readMatrix(sharedData("words/glove-100d-10k-int8.npy"));
      return written(
        "glove-100d",
        mapMatrix(whole, (value, _, row) => value * (scale[row]! / 127)),
      );
    }

    test.each([
      ["glove-100d-10k-int8", 5003, "0.923", "0.70"],
      ["glove-300d-subset", 1085, "0.880", "0.56"],
      ["word2vec-300d-1k", 870, "0.630", "0.36"],
    ])("GloVe 50-d and %s", { timeout: 120_000 }, async (name, rows, cka, overlap) => {
      const other = name.endsWith("int8") ? await glove100() : sharedData(`words/${name}.npy`);
      const words = ["glove-50d-5k", name, "glove-50d-5k"].map((file) => sharedData(`words/${file}.txt`));
      const result = await run([glove50, other, double], { ids: words });
      expect(result.rows).toBe(rows);
      const [first, second, third] = result.models.map((model) => model.name);
      expect(between(result, first!, second!)).toMatchObject({ cka, overlap });
      expect(between(result, first!, third!)).toMatchObject({ cka: "1.000", overlap: "1.00" });
    });
  });
});

/** The numbers of a one-dimensional float32 .npy file: no matrix, so no reader of ours takes it for rows. */
async function scales(path: string): Promise<Float32Array> {
  const bytes = await readFile(path);
  const start = 10 + bytes.readUInt16LE(8);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + bytes.length));
}
