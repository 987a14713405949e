import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { documentsOf, jobContext } from "../../src/app/cli/context.ts";
import { runCommandLine } from "../../src/app/cli/run.ts";
import { matrix, type Progress, rng, rowsFromMatrix } from "../../src/base/index.ts";
import { writeRows } from "../../src/data/index.ts";
import { readMatrix } from "../../src/data/node-read.ts";
import { metadataOf } from "../../src/graph/index.ts";
import { reduce } from "../../src/jobs/reduce.ts";
import { applySchema, compareSchema, reduceSchema } from "../../src/jobs/schema.ts";
import { checkOptions } from "../../src/jobs/validate.ts";
import { fixturePath } from "../graph/pytorch-kit.ts";
import { testHost } from "./host.ts";

let folder: string;
const at = (name: string) => join(folder, name);
let data: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isometer-reduce-"));
  data = at("data.npy");
  const random = rng(3);
  // Sizes fall from column to column.
  const values = Float32Array.from({ length: 200 * 12 }, (_, i) => random.normal() * 0.7 ** (i % 12));
  await writeRows(data, rowsFromMatrix(matrix(values, 200, 12)));
  await writeFile(
    at("classes.csv"),
    `class\n${Array.from({ length: 200 }, (_, i) => "abc"[i % 3]).join("\n")}\n`,
  );
});
afterAll(() => rm(folder, { recursive: true }));

async function run(...args: string[]) {
  const host = testHost();
  const status = await runCommandLine(args, host);
  return { status, ...host.written };
}

describe("isometer reduce", () => {
  test.each([
    ["pca", []],
    ["pca", ["--whiten"]],
    ["isometric-linear", []],
    ["random", ["--kind", "hadamard"]],
    ["truncate", ["--metric", "cosine"]],
    ["lda", ["--labels", "classes.csv"]],
  ])("%s %s: fits, audits, saves a map that apply runs to the same bytes", async (method, more) => {
    const name = `${method}${more.length}`;
    const [map, codes, again] = [at(`${name}.onnx`), at(`${name}.npy`), at(`${name}-again.npy`)];
    const own = more.map((text) => (text === "classes.csv" ? at(text) : text));
    const args = [
      "reduce",
      data,
      "--with",
      method,
      "--to",
      "2",
      "--out",
      map,
      "--codes",
      codes,
      "--json",
      "-",
      ...own,
    ];
    const { status, out, err } = await run(...args);
    expect({ status, err }).toEqual({ status: 0, err: "" });
    const result = reduceSchema.parse(JSON.parse(out));
    expect(result).toMatchObject({ method, rows: 200, map: { inputs: 12, outputs: 2, path: map }, codes });
    expect(result.scores.trustworthiness!.value).toBeGreaterThan(0.5);
    const metadata = metadataOf(await readFile(map));
    expect(metadata["isometer.method"]).toBe(method);
    expect(JSON.parse(metadata["isometer.scores"]!).trustworthiness).toBe(
      result.scores.trustworthiness!.value,
    );
    const applied = await run("apply", map, data, "--out", again, "--json", "-");
    expect(applySchema.parse(JSON.parse(applied.out))).toMatchObject({
      map: { method },
      out: { rows: 200, cols: 2 },
    });
    expect(await readFile(again)).toEqual(await readFile(codes));
  });

  test("as a person reads it: what can be trusted, how it was fitted, what was written", async () => {
    const { out } = await run("reduce", data, "--to", "3", "--out", at("read.onnx"));
    for (const text of [
      "Neighbourhoods",
      "pca: the directions of largest variance, 12 to 3 dimensions",
      "explained variance",
      "read.onnx",
      "isometer apply",
    ])
      expect(out.replace(/\s+/g, " ")).toContain(text);
    for (const line of out
      .split("\n")
      .filter((text) => !text.includes("isometer ") && !text.includes(folder)))
      expect(line.length).toBeLessThanOrEqual(80);
  });

  test("pca says how it was solved: exactly, by passes where asked to, and beyond 2,048 dimensions", async () => {
    const resultOf = async (...args: string[]) => {
      const { out } = await run("reduce", ...args, "--to", "3", "--json", "-");
      return reduceSchema.parse(JSON.parse(out));
    };
    const [exact, asked] = [await resultOf(data), await resultOf(data, "--solver", "randomized")];
    expect([exact.options.solver, asked.options.solver]).toEqual(["exact", "randomized"]);
    expect(asked.objective!.value).toBeCloseTo(exact.objective!.value!, 5);
    const wide = at("wide.npy");
    const random = rng(4);
    const sizes = Float32Array.from({ length: 60 }, () => random.normal());
    const values = Float32Array.from({ length: 60 * 2100 }, (_, i) => {
      return sizes[Math.floor(i / 2100)]! * Math.sin(i % 2100) + 0.1 * random.normal();
    });
    await writeRows(wide, rowsFromMatrix(matrix(values, 60, 2100)));
    const result = await resultOf(wide);
    expect(result).toMatchObject({
      options: { solver: "randomized" },
      details: { passes: expect.any(Number) },
    });
    const { out } = await run("reduce", wide);
    expect(out).toMatch(/Directions from \d+ passes over the rows, to [\d.e-]+ of the largest variance\./);
    expect(await run("reduce", wide, "--solver", "exact")).toMatchObject({
      status: 2,
      err: expect.stringContaining("--solver must be randomized beyond 2048 dimensions"),
    });
    expect(
      await run("reduce", data, "--with", "lda", "--labels", at("classes.csv"), "--solver", "exact"),
    ).toMatchObject({
      status: 2,
      err: expect.stringContaining("--solver is of pca, not of lda"),
    });
  });

  test("--holdout fits without some rows, and scores them apart", async () => {
    const { out } = await run(
      "reduce",
      data,
      "--to",
      "3",
      "--holdout",
      "0.25",
      "--json",
      "-",
      "--codes",
      at("held.npy"),
    );
    const result = reduceSchema.parse(JSON.parse(out));
    expect(result.holdout).toMatchObject({ rows: 50, from: "0.25 of the rows" });
    // All rows are mapped, also those that the map did not see.
    expect((await readMatrix(at("held.npy"))).rows).toBe(200);
    expect(await run("reduce", data, "--holdout", "0.02")).toMatchObject({
      status: 2,
      err: expect.stringContaining("holds out 4 of 200 rows"),
    });
  });

  test("nothing that exists is overwritten without --force", async () => {
    await writeFile(at("kept.onnx"), "mine");
    const refused = await run("reduce", data, "--out", at("kept.onnx"));
    expect(refused).toMatchObject({ status: 2, err: expect.stringContaining("exists already") });
    expect(await readFile(at("kept.onnx"), "utf8")).toBe("mine");
    expect((await run("reduce", data, "--out", at("kept.onnx"), "--force")).status).toBe(0);
    expect((await stat(at("kept.onnx"))).size).toBeGreaterThan(100);
  });

  test("options of other methods, too many dimensions and missing labels are refused in words", async () => {
    expect(await run("reduce", data, "--with", "random", "--whiten")).toMatchObject({
      status: 2,
      err: expect.stringContaining("--whiten is of pca, not of random"),
    });
    expect(await run("reduce", data, "--to", "13")).toMatchObject({
      status: 2,
      err: expect.stringContaining("12 dimensions"),
    });
    expect(await run("reduce", data, "--with", "lda")).toMatchObject({
      status: 2,
      err: expect.stringContaining("class of each row"),
    });
    expect(await run("reduce", data, "--with", "umpa")).toMatchObject({ status: 2 });
  });

  test("rows that are no numbers are told before a fit, with the row", async () => {
    const values = Float32Array.from({ length: 60 }, (_, i) => (i === 31 ? Number.NaN : i % 7));
    await writeRows(at("nan.npy"), rowsFromMatrix(matrix(values, 20, 3)));
    for (const args of [["reduce", "--with", "pca"], ["reduce", "--with", "mds"], ["compare"]]) {
      const { status, err } = await run(args[0]!, at("nan.npy"), ...args.slice(1));
      expect({ status, err }).toMatchObject({ status: 2, err: expect.stringMatching(/row 10\b/) });
    }
  });

  test("PCA needs no twin as a baseline; other methods have it", async () => {
    const baselineOf = async (...more: string[]) => {
      const { out } = await run("reduce", data, "--to", "2", "--json", "-", ...more);
      return reduceSchema.parse(JSON.parse(out)).scores.trustworthiness!.baseline?.name;
    };
    expect(await baselineOf()).toBeUndefined();
    expect(await baselineOf("--whiten")).toBe("PCA to 2");
    expect(await baselineOf("--with", "mds")).toBe("PCA to 2");
  });

  test("the slower engine is said in the result and on stderr, by every job that computes", async () => {
    const model = fileURLToPath(fixturePath("mlp-decoder", "script"));
    const points = at("slow.npy");
    await writeRows(
      points,
      rowsFromMatrix(
        matrix(
          Float32Array.from({ length: 30 }, (_, i) => Math.sin(i)),
          10,
          3,
        ),
      ),
    );
    process.env.ISOMETER_ENGINE = "onnxruntime-web";
    try {
      for (const args of [
        ["reduce", data, "--to", "2"],
        ["apply", model, points, "--out", at("slow-codes.npy")],
        ["geometry", model, points, "--path-pairs", "2"],
      ]) {
        const { status, out, err } = await run(...args, "--json", "-");
        expect(status).toBe(0);
        expect(JSON.parse(out).warnings.map(({ code }: { code: string }) => code)).toContain(
          "engine-fallback",
        );
        expect(err).toContain("onnxruntime-web");
      }
    } finally {
      delete process.env.ISOMETER_ENGINE;
    }
  });

  test("the same seed gives the same map, names from Python are known", async () => {
    await run(
      "reduce",
      data,
      "--with",
      "random",
      "--n-components",
      "4",
      "--random-state",
      "5",
      "--out",
      at("a.onnx"),
    );
    await run(
      "reduce",
      data,
      "--with",
      "random",
      "--to",
      "4",
      "--seed",
      "5",
      "--out",
      at("b.onnx"),
      "--threads",
      "1",
    );
    await run("reduce", data, "--with", "random", "--to", "4", "--seed", "6", "--codes", at("c.npy"));
    await run("apply", at("a.onnx"), data, "--out", at("a.npy"));
    await run("apply", at("b.onnx"), data, "--out", at("b.npy"));
    expect(await readFile(at("a.npy"))).toEqual(await readFile(at("b.npy")));
    expect(await readFile(at("a.npy"))).not.toEqual(await readFile(at("c.npy")));
  });
});

describe("isometer reduce by neighbours", () => {
  const methods = [
    ["isomap", []],
    ["umap", ["--steps", "100", "--min-dist", "0.3"]],
    ["umap", ["--labels", "classes.csv", "--steps", "100"]],
    ["tsne", ["--steps", "100", "--perplexity", "10", "--stress-weight", "0.3"]],
    ["pacmap", ["--steps", "100"]],
    ["mde", ["--steps", "50"]],
  ] as const;

  test.each(methods)("%s %j: fits, audits, saves a map that apply runs", async (method, more) => {
    const name = `${method}${more.join("")}`.replaceAll(at(""), "");
    const [map, codes, placed] = [at(`${name}.map`), at(`${name}.npy`), at(`${name}-placed.npy`)];
    const own = more.map((text) => (text === "classes.csv" ? at(text) : text));
    const args = ["reduce", data, "--with", method, "--out", map, "--codes", codes, "--holdout", "0.2"];
    const { status, out, err } = await run(...args, ...own, "--json", "-");
    expect({ status, err }).toEqual({ status: 0, err: "" });
    const result = reduceSchema.parse(JSON.parse(out));
    expect(result).toMatchObject({ method, rows: 200, map: { inputs: 12, outputs: 2, path: map } });
    expect(result.scores.trustworthiness!.value).toBeGreaterThan(0.7);
    expect(result.holdout).toMatchObject({ rows: 40 });
    expect((await readMatrix(codes)).rows).toBe(200);
    const applied = await run("apply", map, data, "--out", placed, "--json", "-");
    expect(applySchema.parse(JSON.parse(applied.out))).toMatchObject({
      map: { method, output: "codes", inputs: 12, outputs: 2 },
      out: { rows: 200, cols: 2 },
    });
    // Rows that the map never saw are where reduce has put them.
    const [first, second] = [await readMatrix(codes), await readMatrix(placed)];
    const same = Array.from({ length: 200 }, (_, i) => first.data[2 * i] === second.data[2 * i]);
    expect(same.filter(Boolean).length).toBeGreaterThanOrEqual(40);
  });

  test("its map is refused where it does not fit, has a layer, or is damaged", async () => {
    const map = at("damaged.map");
    await run("reduce", data, "--with", "umap", "--steps", "10", "--out", map);
    const apply = (...args: string[]) => run("apply", ...args, "--out", at("never.npy"));
    const three = at("narrow.npy");
    await writeRows(three, rowsFromMatrix(matrix(new Float32Array(30).fill(1), 10, 3)));
    expect(await apply(map, three)).toMatchObject({
      status: 2,
      err: expect.stringContaining("takes rows of 12, the points have 3"),
    });
    expect(await apply(map, data, "--layer", "x")).toMatchObject({
      status: 2,
      err: expect.stringContaining("has no layers"),
    });
    const bytes = await readFile(map);
    await writeFile(at("cut.map"), bytes.subarray(0, bytes.length - 100));
    expect(await apply(at("cut.map"), data)).toMatchObject({
      status: 2,
      err: expect.stringContaining("cut.map"),
    });
    // Tensors of other names, and settings that are none.
    const renamed = bytes.toString("latin1").replace('"rows":', '"rowz":');
    await writeFile(at("other.map"), Buffer.from(renamed, "latin1"));
    expect((await apply(at("other.map"), data)).status).toBe(2);
    const unset = bytes.toString("latin1").replace("isometer.map", "isometer.mop");
    await writeFile(at("unset.map"), Buffer.from(unset, "latin1"));
    expect(await apply(at("unset.map"), data)).toMatchObject({
      status: 2,
      err: expect.stringContaining("no map that reduce wrote"),
    });
    expect(await stat(at("never.npy")).catch(() => null)).toBeNull();
  });

  test("the report says how neighbours were found, and what became of their density", async () => {
    const { out } = await run(
      "reduce",
      data,
      "--with",
      "densmap",
      "--steps",
      "60",
      "--neighbors",
      "approximate",
    );
    const words = out.replace(/\s+/g, " ");
    expect(words).toMatch(
      /Neighbours are approximate: [\d.]+ of them were found, [\d.]+ to [\d.]+ with 95 %/,
    );
    expect(words).toMatch(/Local radii go with those of the data: correlation [\d.]+\./);
    const exact = await run("reduce", data, "--with", "umap", "--steps", "60");
    expect(exact.out).not.toMatch(/approximate|radii/);
  });

  test("options of other methods and starts that there are not are refused in words", async () => {
    expect(await run("reduce", data, "--with", "isomap", "--perplexity", "5")).toMatchObject({
      status: 2,
      err: expect.stringContaining("--perplexity is of tsne, not of isomap"),
    });
    expect(await run("reduce", data, "--with", "tsne", "--to", "3")).toMatchObject({
      status: 2,
      err: expect.stringContaining("2 dimensions, not to 3"),
    });
    expect(await run("reduce", data, "--with", "pacmap", "--init", "spectral")).toMatchObject({
      status: 2,
      err: expect.stringContaining("PaCMAP has no graph"),
    });
  });

  test("Ctrl-C while a layout is fitted keeps what there is, and says so; before, it keeps nothing", async () => {
    const stopAt = async (wanted: string, more: Readonly<Record<string, unknown>> = {}) => {
      const controller = new AbortController();
      const onProgress = ({ stage, detail }: Progress) => {
        if (stage === wanted && (wanted !== "fitting" || detail)) controller.abort();
      };
      const watch = { signal: controller.signal, onProgress };
      const ctx = jobContext(watch, "0", documentsOf({}), () => undefined);
      const options = checkOptions(reduce.options, { with: "tsne", ...more });
      const ended = reduce.run(ctx, { vectors: data }, options as Parameters<typeof reduce.run>[2]);
      return ended.then(
        () => null,
        (error: unknown) => error,
      );
    };
    const [out, codes] = [at("stopped.map"), at("stopped.npy")];
    expect(await stopAt("fitting", { out, codes })).toMatchObject({
      code: "aborted",
      message: expect.stringMatching(/^tsne was stopped after \d+ steps$/),
      hint: expect.stringContaining("the map so far"),
    });
    expect((await readMatrix(codes)).rows).toBe(200);
    expect((await run("apply", out, data, "--out", at("from-stopped.npy"))).status).toBe(0);
    expect(await stopAt("fitting")).toMatchObject({ hint: expect.stringContaining("would have been kept") });
    for (const method of ["mds", "mde", "isometric-linear"]) {
      const kept = at(`stopped-${method}.map`);
      expect(await stopAt("fitting", { with: method, out: kept })).toMatchObject({
        message: expect.stringMatching(new RegExp(`^${method} was stopped after \\d+ steps$`)),
      });
      expect((await run("apply", kept, data, "--out", at(`stopped-${method}.npy`))).status).toBe(0);
    }
    const nonMetric = at("stopped-order.map");
    expect(await stopAt("fitting", { with: "mds", nonMetric: true, out: nonMetric })).toMatchObject({
      message: expect.stringContaining("was stopped after"),
    });
    const whole = at("whole.map");
    expect(await stopAt("ranking distances", { out: whole })).toMatchObject({
      code: "aborted",
      message: "the audit was stopped",
      hint: `${whole} has the map, of the rows that were fitted; it was not audited.`,
    });
    expect((await run("apply", whole, data, "--out", at("from-whole.npy"))).status).toBe(0);
    const nothing = at("nothing.map");
    expect(await stopAt("reading", { out: nothing })).toMatchObject({ code: "aborted" });
    expect(await stat(nothing).catch(() => null)).toBeNull();
  });
});

describe("isometer compare", () => {
  test("fits several methods, ranks them by one audit, and keeps their codes where it is told to", async () => {
    const kept = at("codes");
    const args = [
      "compare",
      data,
      "--with",
      "pca,isometric-linear",
      "--with",
      "mds",
      "--to",
      "2",
      "--codes",
      kept,
    ];
    const { status, out } = await run(...args, "--json", "-");
    expect(status).toBe(0);
    const result = compareSchema.parse(JSON.parse(out));
    expect(result.fits.map(({ method }) => method)).toEqual(["pca", "isometric-linear", "mds"]);
    expect(result.audits.map(({ name }) => name)).toEqual(["pca", "isometric-linear", "mds"]);
    const stress = (name: string) =>
      result.audits.find((own) => own.name === name)!.audit.scores.stressNormalized!.value!;
    expect(stress("mds")).toBeLessThan(stress("isometric-linear"));
    expect(stress("isometric-linear")).toBeLessThan(stress("pca"));
    expect((await readMatrix(join(kept, "mds.npy"))).rows).toBe(200);
    expect(await run(...args)).toMatchObject({ status: 2, err: expect.stringContaining("exists already") });
    const again = await run(...args, "--force");
    expect(again.status).toBe(0);
    expect(again.out).toContain("Comparison");
    expect(again.out).toContain("stress over pairs");
  });

  test("tells what fits have to say, by method", async () => {
    const args = ["compare", data, "--with", "pca,isomap,umap", "--n-neighbors", "250", "--to", "2"];
    const refused = await run(...args);
    expect(refused.status).toBe(2);
    const apart = at("apart.npy");
    const random = rng(8);
    const values = Float32Array.from(
      { length: 120 * 3 },
      (_, i) => random.normal() + (Math.floor(i / 3) < 80 ? 0 : 1000),
    );
    await writeRows(apart, rowsFromMatrix(matrix(values, 120, 3)));
    const { out } = await run("compare", apart, "--with", "pca,isomap,tsne", "--json", "-");
    const { fits } = compareSchema.parse(JSON.parse(out));
    expect(fits.map(({ method, warnings }) => [method, warnings.map(({ code }) => code)])).toEqual([
      ["pca", []],
      ["isomap", ["graph-in-parts"]],
      ["tsne", []],
    ]);
    expect(fits[2]!.details).toEqual({ neighbors: 90 });
    const read = await run("compare", apart, "--with", "pca,isomap");
    expect(read.out.replace(/\s+/g, " ")).toContain("isomap: the 15-nearest-neighbour graph");
  });

  test("leaves nothing where it is not told to, and refuses methods that there are not", async () => {
    const { status, out } = await run(
      "compare",
      data,
      "--with",
      "random,truncate,lda",
      "--labels",
      at("classes.csv"),
      "--json",
      "-",
    );
    expect(status).toBe(0);
    const result = compareSchema.parse(JSON.parse(out));
    expect(result.audits[0]!.audit.inputs[1]!.path).toBe("random (not kept)");
    expect(result.ranking.map(({ name }) => name)).toContain("PCA to 2");
    expect(await run("compare", data, "--with", "pca,mdss")).toMatchObject({
      status: 2,
      err: expect.stringContaining("Did you mean mds?"),
    });
    expect(await run("compare", data, "--with", "pca,pca")).toMatchObject({
      status: 2,
      err: expect.stringContaining("twice"),
    });
    expect(await run("compare", data, "--with", "lda")).toMatchObject({
      status: 2,
      err: expect.stringContaining("class of each row"),
    });
  });
});

describe("isometer apply", () => {
  test("runs an encoder of PyTorch, one of its layers too, into any format", async () => {
    const points = at("three.npy");
    const values = Float32Array.from({ length: 3000 * 3 }, (_, i) => Math.sin(i));
    await writeRows(points, rowsFromMatrix(matrix(values, 3000, 3)));
    const model = fileURLToPath(fixturePath("mlp-decoder", "script"));
    const { status, out } = await run("apply", model, points, "--out", at("codes.csv"));
    expect(status).toBe(0);
    expect(out).toContain("3,000 rows of 3 numbers became rows of 20");
    expect((await readFile(at("codes.csv"), "utf8")).split("\n")).toHaveLength(3002);
  });

  test("rows of another width, and files that exist, are refused in words", async () => {
    const model = fileURLToPath(fixturePath("mlp-decoder", "script"));
    expect(await run("apply", model, data, "--out", at("no.npy"))).toMatchObject({
      status: 2,
      err: expect.stringContaining("takes rows of 3, the points have 12"),
    });
    expect(await run("apply", model, data, "--out", data)).toMatchObject({
      status: 2,
      err: expect.stringContaining("exists already"),
    });
  });
});
