import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommandLine } from "../../src/app/cli/run.ts";
import { type Matrix, matrix, rowsFromMatrix } from "../../src/base/index.ts";
import { writeRows } from "../../src/data/index.ts";
import { constant, input, matMul, toOnnx } from "../../src/graph/index.ts";
import { searchSchema } from "../../src/jobs/schema-search.ts";
import { createStore } from "../../src/stores/index.ts";
import { testHost } from "../app/host.ts";
import { byHand, folderOf, onnx, pixelModel, textFolder, tokenModel, WORDS } from "../data/encoder-kit.ts";

const model = textFolder();
const SPOKEN = WORDS.slice(4);
const TEXTS = [
  ["red"],
  ["green"],
  ["blue"],
  ["apple"],
  ["sky"],
  ["the"],
  ["red", "apple"],
  ["blue", "sky"],
  ["the", "green", "apple"],
  ["the", "sky"],
];
const space = matrix(Float32Array.from(TEXTS.flatMap(byHand)), TEXTS.length, 4);
const folder = folderOf({});
const file = (name: string) => join(folder, name);
/** Four numbers to two. */
const map = toOnnx({
  outputs: { y: matMul(input("x", ["n", 4]), constant(Float32Array.of(1, 0, 0, 1, 0.5, 0, 0, 1), [4, 2])) },
});

async function run(...args: string[]) {
  const host = testHost();
  const status = await runCommandLine(["search", ...args, "--threads", "1"], host);
  return { status, ...host.written };
}

async function result(...args: string[]) {
  const { status, out, err } = await run(...args, "--json", "-");
  expect({ status, err }).toEqual({ status: 0, err: "" });
  return searchSchema.parse(JSON.parse(out));
}

const throughMap = (x: Matrix) =>
  matrix(
    Float32Array.from({ length: x.rows * 2 }, (_, p) => {
      const at = 4 * (p >> 1);
      return p % 2 === 0 ? x.data[at]! + 0.5 * x.data[at + 2]! : x.data[at + 1]! + x.data[at + 3]!;
    }),
    x.rows,
    2,
  );

/** All sets of one to four words, each once or more. */
const many: string[][] = [[]];
for (let from = 0; from < many.length; from++) {
  const known = many[from]!;
  const last = SPOKEN.indexOf(known.at(-1) ?? "red");
  if (known.length < 4) for (const word of SPOKEN.slice(last)) many.push([...known, word]);
}
many.shift();

beforeAll(async () => {
  await writeRows(file("space.npy"), rowsFromMatrix(space), {});
  await writeRows(file("codes.npy"), rowsFromMatrix(throughMap(space)), {});
  writeFileSync(file("map.onnx"), map);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("isometer search with an encoder", () => {
  it("finds the rows of texts", async () => {
    const { answers, encoders, options } = await result(
      file("space.npy"),
      "--text",
      "Red apple",
      "--text",
      "the sky",
      "--encoder",
      model,
      "--metric",
      "euclidean",
      "--k",
      "2",
    );
    expect(answers.map(({ query }) => query)).toEqual(['"Red apple"', '"the sky"']);
    expect(answers.map(({ hits }) => hits[0]!.row)).toEqual([6, 9]);
    expect(answers[0]!.hits[0]!.distance).toBeCloseTo(0, 5);
    expect(encoders).toMatchObject([{ takes: "text", dims: 4, preparation: { pooling: "mean" } }]);
    expect(options).toMatchObject({ text: ["Red apple", "the sky"], encoder: model });
    const { out } = await run(file("space.npy"), "--text", "red", "--encoder", model, "--normalize");
    expect(out).toContain('Like "red"');
    expect(out.replace(/\s+/g, " ")).toContain("4 numbers, mean of tokens, length 1");
  });

  it("finds the rows of pictures", async () => {
    const weights = Float32Array.from({ length: 48 }, (_, p) =>
      p % 4 === Math.floor(p / 16) ? 1 : p % 4 === 3 ? 0.1 : 0,
    );
    const colour = (r: number, g: number, b: number) =>
      sharp({ create: { width: 2, height: 2, channels: 3, background: { r, g, b } } })
        .png()
        .toBuffer();
    const pictures = folderOf({
      "model.onnx": pixelModel(["n", 3, 2, 2], weights, 4),
      "red.png": await colour(250, 10, 10),
      "blue.png": await colour(10, 10, 250),
    });
    await writeRows(
      join(pictures, "space.npy"),
      rowsFromMatrix(matrix([0, 0, 4, 1, 4, 0, 0, 1, 0, 4, 0, 1], 3, 4)),
      {},
    );
    const paths = ["red.png", "blue.png"].map((name) => join(pictures, name));
    const { answers, encoders } = await result(
      join(pictures, "space.npy"),
      "--image",
      paths[0]!,
      "--image",
      paths[1]!,
      "--encoder",
      join(pictures, "model.onnx"),
      "--k",
      "1",
    );
    expect(answers.map(({ query, hits }) => [query, hits[0]!.row])).toEqual([
      [paths[0], 1],
      [paths[1], 0],
    ]);
    expect(encoders[0]!.preparation.image).toMatchObject({ scale: 1 / 255, height: 2 });
  });

  it("takes texts and pictures at once, by the two halves of a model", async () => {
    const weights = Float32Array.from({ length: 48 }, (_, p) => (p % 4 === Math.floor(p / 16) ? 1 : 0));
    const picture = sharp({ create: { width: 2, height: 2, channels: 3, background: "#ff8000" } });
    const halves = textFolder({
      "onnx/text_model.onnx": tokenModel(),
      "onnx/vision_model.onnx": pixelModel(["n", 3, 2, 2], weights, 4),
      "a.png": await picture.png().toBuffer(),
    });
    const { answers, encoders } = await result(
      ...[file("space.npy"), "--text", "blue", "--image", join(halves, "a.png"), "--encoder", halves],
      ...["--image-scale", "1", "--prompt", "the ", "--k", "1"],
    );
    expect(encoders.map(({ takes, path }) => [takes, path.split("/").at(-1)])).toEqual([
      ["text", "text_model.onnx"],
      ["image", "vision_model.onnx"],
    ]);
    expect(encoders[0]!.preparation.text!.prompt).toBe("the ");
    expect(encoders[1]!.preparation.image!.scale).toBe(1);
    expect(answers.map(({ query }) => query)).toEqual(['"blue"', join(halves, "a.png")]);
  });

  it("sends what is encoded through a map, and puts candidates in order by what it was before", async () => {
    const rows = many.map(byHand);
    const own = matrix(Float32Array.from(rows.flat()), rows.length, 4);
    await writeRows(file("many.npy"), rowsFromMatrix(own), {});
    await writeRows(file("many-codes.npy"), rowsFromMatrix(throughMap(own)), {});
    const wanted = many.findIndex((words) => words.join(" ") === "apple sky the");
    const args = [
      file("many-codes.npy"),
      "--text",
      "the sky apple",
      "--encoder",
      model,
      "--metric",
      "euclidean",
      "--k",
      "3",
    ];
    const plain = await result(...args, "--map", file("map.onnx"));
    expect(plain.answers[0]!.hits[0]!.row).toBe(wanted);
    expect(plain.map).toMatchObject({ path: file("map.onnx") });
    const ordered = ["--original", file("many.npy"), "--rerank", "40"];
    const { answers } = await result(...args, "--map", file("map.onnx"), ...ordered);
    const lengths = answers[0]!.hits.map(({ originalDistance }) => originalDistance!);
    const query = byHand(["the", "sky", "apple"]);
    const true3 = rows.map((row) => Math.hypot(...row.map((x, j) => x - query[j]!))).sort((x, y) => x - y);
    for (const [i, length] of lengths.entries()) expect(length).toBeCloseTo(true3[i]!, 4);
    const unknown = await run(
      file("many.npy"),
      ...args.slice(1),
      "--original",
      file("many-codes.npy"),
      "--rerank",
      "40",
    );
    expect(unknown.err).toContain("is not known in the space of");
  });

  it("sends rows through an encoder of rows", async () => {
    const { answers, encoders } = await result(
      file("codes.npy"),
      "--queries",
      file("space.npy"),
      "--encoder",
      file("map.onnx"),
      "--metric",
      "euclidean",
      "--k",
      "1",
    );
    expect(answers.map(({ hits }) => hits[0]!.row)).toEqual(TEXTS.map((_, i) => i));
    expect(encoders).toMatchObject([{ takes: "rows", dims: 2, path: file("map.onnx") }]);
  });

  it("compares the encoder with what the store's vectors came through", async () => {
    const [own] = (await result(file("space.npy"), "--text", "red", "--encoder", model)).encoders;
    const store = async (name: string, mapVersion: string | null) => {
      const made = await createStore(file(name), { dims: 4, metric: "cosine", mapVersion });
      await made.upsert({ ids: TEXTS.map((words) => words.join(" ")), vectors: space });
      await made.close();
      return file(name);
    };
    const sought = ["--text", "blue sky", "--encoder", model, "--k", "1"];
    const named = await store("named", own!.version);
    expect((await result(named, ...sought)).answers[0]!.hits[0]!.name).toBe("blue sky");
    expect((await result(await store("silent", null), ...sought)).answers[0]!.hits[0]!.name).toBe("blue sky");
    const other = await run(named, ...sought, "--pooling", "cls");
    expect(other.status).toBe(2);
    expect(other.err).toContain("is not what the vectors");
    expect((await run(named, ...sought, "--pooling", "cls", "--map-version", own!.version)).status).toBe(0);
  });

  it("says what is missing, or does not fit", async () => {
    const refused = async (...args: string[]) => {
      const { status, err } = await run(file("space.npy"), ...args);
      expect(status).toBe(2);
      return err.replace(/\s+/g, " ");
    };
    expect(await refused("--text", "red")).toContain("--text needs --encoder");
    expect(await refused("--image", "a.png")).toContain("--image needs --encoder");
    expect(await refused("--like", "1", "--encoder", model)).toContain("nothing to encode");
    expect(await refused("--like", "1", "--pooling", "cls")).toContain("--pooling is for encoders");
    expect(await refused("--like", "1", "--map", "m.onnx")).toContain("--map is for what --encoder makes");
    expect(await refused("--text", "red", "--encoder", "nobody/none")).toContain("--download");
    expect(await refused("--text", "red", "--encoder", model, "--image-mean", "a")).toContain(
      "--image-mean needs numbers",
    );
    expect(await refused("--text", "red", "--encoder", file("map.onnx"))).toContain("tokenizer.json");
    expect(await refused("--image", "a.png", "--encoder", model)).toContain("no encoder of images");
    const wide = textFolder({
      "onnx/model.onnx": onnx({
        inputs: [{ name: "input_ids", type: "int64", shape: ["n", 6] }],
        outputs: [{ name: "sentence_embedding", shape: ["n", 6] }],
        nodes: [{ op: "Cast", inputs: ["input_ids"], output: "sentence_embedding", ints: { to: 1 } }],
      }),
    });
    expect(await refused("--text", "red", "--encoder", wide)).toContain("makes vectors of 6 numbers");
  });
});
