import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { matrix, row } from "../../src/base/index.ts";
import { findEngine, openModelSession } from "../../src/engine/index.ts";
import { type Encoder, type EncoderOptions, openEncoder } from "../../src/spaces/encode/index.ts";
import {
  byHand,
  embedding,
  folderOf,
  onnx,
  pixelModel,
  TABLE,
  TOKENIZER,
  textFolder,
  tokenModel,
  WORDS,
} from "./encoder-kit.ts";

const engine = await findEngine({ threads: 1 });
const open = (spec: string, options: Partial<EncoderOptions> = {}) =>
  openEncoder(spec, { engine, ...options });
const rowsOf = async (encoder: Encoder, texts: readonly string[]) => {
  const { vectors, cut } = await encoder.encode(texts);
  return { rows: texts.map((_, i) => Array.from(row(vectors, i))), cut };
};
const near = (got: readonly number[], wanted: readonly number[]) => {
  expect(got.length).toBe(wanted.length);
  for (const [j, value] of wanted.entries()) expect(got[j]).toBeCloseTo(value, 5);
};

afterEach(() => vi.unstubAllGlobals());

describe("an encoder of texts", () => {
  const texts = ["red apple", "The GREEN sky", "blue", "red apple"];
  const words = [["red", "apple"], ["the", "green", "sky"], ["blue"], ["red", "apple"]];

  it("gives what is reckoned by hand, in the order of the texts", async () => {
    const encoder = await open(textFolder());
    expect(encoder).toMatchObject({ takes: "text", dims: 4, dtype: "fp32" });
    expect(encoder.preparation).toEqual({
      output: "last_hidden_state",
      pooling: "mean",
      normalize: false,
      text: { prompt: "", maxTokens: 6 },
      image: null,
    });
    const { rows, cut } = await rowsOf(encoder, texts);
    for (const [i, own] of words.entries()) near(rows[i]!, byHand(own));
    expect(cut).toEqual([]);
    // A word that it does not know is [UNK], and no other.
    near((await rowsOf(encoder, ["purple"])).rows[0]!, byHand(["[UNK]"]));
  });

  it("gives what the pipeline of transformers.js gives", async () => {
    const folder = textFolder();
    const { pipeline, env } = await import("@huggingface/transformers");
    env.allowRemoteModels = false;
    const peer = await pipeline("feature-extraction", folder, { dtype: "fp32" });
    for (const pooling of ["mean", "cls"] as const) {
      const encoder = await open(folder, { pooling, normalize: true });
      const { rows } = await rowsOf(encoder, texts);
      const wanted = (await peer(texts, { pooling, normalize: true })).tolist() as number[][];
      for (const [i, own] of wanted.entries()) near(rows[i]!, own);
      expect(Math.hypot(...rows[0]!)).toBeCloseTo(1, 6);
    }
  });

  it("pools as the files beside the model say, or as it is told", async () => {
    const cls = textFolder({
      "1_Pooling/config.json": { pooling_mode_cls_token: true, pooling_mode_mean_tokens: false },
    });
    const mean = byHand(["red"]).map((x) => x / 2);
    near(
      (await rowsOf(await open(cls), ["red"])).rows[0]!,
      mean.map((x, j) => x + embedding(2)[j]!),
    );
    near(
      (await rowsOf(await open(cls, { pooling: "last" }), ["red"])).rows[0]!,
      mean.map((x, j) => x + embedding(3)[j]!),
    );
    const tops = [4, 1.6, -2, 1];
    near(
      (await rowsOf(await open(cls, { pooling: "max" }), ["red"])).rows[0]!,
      mean.map((x, j) => x + tops[j]!),
    );
    const normal = textFolder({ "modules.json": [{ type: "sentence_transformers.models.Normalize" }] });
    expect((await open(normal)).preparation.normalize).toBe(true);
    const odd = textFolder({ "1_Pooling/config.json": { pooling_mode_weightedmean_tokens: true } });
    await expect(open(odd)).rejects.toMatchObject({
      code: "unsupported-model",
      got: "pooling_mode_weightedmean_tokens",
    });
    const dense = textFolder({ "modules.json": [{ type: "sentence_transformers.models.Dense" }] });
    await expect(open(dense)).rejects.toMatchObject({ code: "unsupported-model" });
  });

  it("cuts what is too long, keeps its end, and says so", async () => {
    const { rows, cut } = await rowsOf(await open(textFolder()), ["red", "red green blue apple sky the"]);
    near(rows[1]!, byHand(["red", "green", "blue", "apple"]));
    expect(cut).toEqual([1]);
  });

  it("puts the prompt before every text, and warns where the model wants one", async () => {
    const folder = textFolder({ "config_sentence_transformers.json": { prompts: { query: "the " } } });
    const plain = await open(folder);
    expect(plain.warnings).toMatchObject([{ code: "no-prompt" }]);
    const told = await open(folder, { prompt: "the " });
    expect(told.warnings).toEqual([]);
    near((await rowsOf(told, ["sky"])).rows[0]!, byHand(["the", "sky"]));
    expect(told.version).not.toBe(plain.version);
  });

  it("fills up for a model of fixed length, which changes nothing", async () => {
    const fixed = await open(textFolder({ "onnx/model.onnx": tokenModel(5) }));
    const { rows, cut } = await rowsOf(fixed, ["red", "red green blue sky"]);
    near(rows[0]!, byHand(["red"]));
    near(rows[1]!, byHand(["red", "green", "blue"]));
    expect(cut).toEqual([1]);
  });

  it("reads half precision, and learns by a run how wide an output is that does not say", async () => {
    const half = onnx({
      inputs: [{ name: "input_ids", type: "int64", shape: ["n", "t"] }],
      outputs: [{ name: "last_hidden_state", type: "float16", shape: ["n", "t", "d"] }],
      nodes: [
        { op: "Gather", inputs: ["table", "input_ids"], output: "x" },
        { op: "Cast", inputs: ["x"], output: "last_hidden_state", ints: { to: 10 } },
      ],
      floats: { table: { dims: [WORDS.length, 4], data: TABLE.map((x) => x / 3) } },
    });
    const encoder = await open(textFolder({ "onnx/model_fp16.onnx": half }), { dtype: "fp16" });
    expect(encoder).toMatchObject({ dims: 4, dtype: "fp16" });
    const { rows } = await rowsOf(encoder, ["the apple"]);
    const wanted = byHand(["the", "apple"]).map((x) => x / 6);
    for (const [j, value] of wanted.entries())
      expect(Math.abs(rows[0]![j]! / value - 1)).toBeLessThan(2 ** -10);
  });

  it("is told apart by its weights and by what is done around them", async () => {
    const version = async (more: object, options: Partial<EncoderOptions> = {}) =>
      (await open(textFolder(more as Record<string, object>), options)).version;
    const own = await version({});
    expect(own).toMatch(/^sha256:[0-9a-f]{32}$/);
    expect(await version({})).toBe(own);
    const other = TABLE.slice();
    other[17] = 3;
    expect(await version({ "onnx/model.onnx": tokenModel("t", other) })).not.toBe(own);
    expect(await version({}, { pooling: "cls" })).not.toBe(own);
    expect(await version({ "tokenizer.json": { ...TOKENIZER, normalizer: null } })).not.toBe(own);
  });

  it("reads tensors beside the model, and from nowhere else", async () => {
    const bytes = new Uint8Array(TABLE.buffer);
    const folder = textFolder({
      "onnx/model.onnx": tokenModel("t", { location: "w.bin" }),
      "onnx/w.bin": bytes,
    });
    const encoder = await open(folder);
    near((await rowsOf(encoder, ["red"])).rows[0]!, byHand(["red"]));
    writeFileSync(
      join(folder, "onnx/w.bin"),
      bytes.map((b, i) => (i === 71 ? b ^ 1 : b)),
    );
    expect((await open(folder)).version).not.toBe(encoder.version);
    const thief = textFolder({ "onnx/model.onnx": tokenModel("t", { location: "../../w.bin" }) });
    await expect(open(thief)).rejects.toMatchObject({
      code: "bad-format",
      message: expect.stringContaining("outside"),
    });
    // The same in another order, which protobuf allows: what is not found is not read either.
    const bytesOf = (text: string) => Buffer.from(text, "latin1");
    const [key, value] = [bytesOf("\x0a\x08location"), bytesOf("\x12\x05w.bin")];
    const turned = Buffer.from(tokenModel("t", { location: "w.bin" }));
    Buffer.concat([value, key]).copy(turned, turned.indexOf(Buffer.concat([key, value])));
    await expect(open(textFolder({ "onnx/model.onnx": turned, "onnx/w.bin": bytes }))).rejects.toMatchObject({
      code: "bad-format",
    });
    const lost = textFolder({ "onnx/model.onnx": tokenModel("t", { location: "w.bin" }) });
    await expect(open(lost)).rejects.toMatchObject({ code: "missing-file" });
  });

  it("runs a model that quantizes whole batches text by text", async () => {
    const quantized = (name: string) =>
      onnx({
        inputs: [{ name: "input_ids", type: "int64", shape: ["n", "t"] }],
        outputs: [{ name, shape: ["n", "t", 4] }],
        nodes: [
          { op: "Gather", inputs: ["table", "input_ids"], output: "x" },
          { op: "DynamicQuantizeLinear", inputs: ["x"], output: ["y", "scale", "zero"] },
          { op: "DequantizeLinear", inputs: ["y", "scale", "zero"], output: name },
        ],
        floats: { table: { dims: [WORDS.length, 4], data: TABLE } },
      });
    const encoder = await open(textFolder({ "onnx/model_quantized.onnx": quantized("last_hidden_state") }), {
      dtype: "q8",
    });
    const [alone] = (await rowsOf(encoder, ["red"])).rows;
    const { rows } = await rowsOf(encoder, ["the", "red"]);
    expect(rows[1]).toEqual(alone);
    // It would matter: "the" has larger numbers, and the model rounds by the largest.
    const session = await openModelSession(
      { name: "q", path: "", bytes: quantized("y2"), tensors: [], read: async () => new Uint8Array(0) },
      engine,
    );
    const run = async (ids: readonly (readonly number[])[]) => {
      const data = BigInt64Array.from(ids.flat(), BigInt);
      return (await session.run({ input_ids: { data, dims: [ids.length, 3] } }, "y2")).data;
    };
    expect(
      (
        await run([
          [2, 4, 3],
          [2, 9, 3],
        ])
      ).slice(0, 12),
    ).not.toEqual(await run([[2, 4, 3]]));
    await session.close();
  });

  it("tells how far it is", async () => {
    const told: number[] = [];
    const encoder = await open(textFolder());
    await encoder.encode(["red", "the sky", "blue", "apple sky"], {
      onProgress: ({ stage, done, total }) => {
        expect([stage, total]).toEqual(["encoding", 4]);
        told.push(done);
      },
    });
    expect(told).toEqual([2, 4]);
  });

  it("stops when it is told to", async () => {
    const signal = AbortSignal.abort();
    await expect((await open(textFolder())).encode(["red"], { signal })).rejects.toMatchObject({
      code: "aborted",
    });
  });
});

describe("what is no encoder", () => {
  it("a model without its tokenizer, or of something else", async () => {
    const bare = folderOf({ "model.onnx": tokenModel() });
    await expect(open(join(bare, "model.onnx"))).rejects.toMatchObject({
      code: "missing-file",
      message: expect.stringContaining("tokenizer.json"),
    });
    await expect(open(textFolder(), { takes: "image" })).rejects.toMatchObject({ code: "bad-value" });
    const encoder = await open(textFolder());
    await expect(encoder.encode(matrix([1, 2], 1, 2))).rejects.toMatchObject({ code: "bad-value" });
    await expect(open(textFolder(), { imageScale: 2 })).rejects.toMatchObject({ code: "bad-option" });
    await expect(open(textFolder(), { layer: "logits" })).rejects.toMatchObject({
      code: "bad-option",
      needed: "last_hidden_state",
    });
  });

  it("a folder without a model of the kind says what it has", async () => {
    const folder = textFolder();
    await expect(open(folder, { dtype: "q8" })).rejects.toMatchObject({
      code: "missing-file",
      hint: expect.stringContaining("--dtype fp32"),
    });
    await expect(open(folderOf({ "a.txt": "" }))).rejects.toMatchObject({
      code: "missing-file",
      got: "no .onnx file",
    });
    await expect(open(join(folder, "onnx/model.onnx"), { dtype: "q8" })).rejects.toMatchObject({
      code: "bad-option",
    });
  });

  it("a text without tokens, and rows for an encoder of texts", async () => {
    const bare = await open(textFolder({ "tokenizer.json": { ...TOKENIZER, post_processor: null } }));
    await expect(bare.encode(["red", ""])).rejects.toMatchObject({
      code: "bad-value",
      message: expect.stringContaining("text 1 has no tokens"),
    });
    expect((await bare.encode(["red"])).vectors.rows).toBe(1);
    await expect(open(textFolder(), { takes: "rows" })).rejects.toMatchObject({
      code: "bad-value",
      needed: "texts",
    });
  });

  it("files that are damaged or lie", async () => {
    for (const bad of ["not a model", new Uint8Array(100)]) {
      await expect(open(textFolder({ "onnx/model.onnx": bad }))).rejects.toMatchObject({
        code: "bad-format",
      });
    }
    await expect(open(textFolder({ "tokenizer.json": "{" }))).rejects.toMatchObject({ code: "bad-format" });
    await expect(open(textFolder({ "tokenizer.json": [] }))).rejects.toMatchObject({ code: "bad-format" });
    await expect(open(textFolder({ "tokenizer.json": { model: { type: "Magic" } } }))).rejects.toMatchObject({
      code: "bad-format",
    });
    const encoder = await open(textFolder());
    await expect(encoder.encode(["a".repeat(2 ** 20 + 1)])).rejects.toMatchObject({ code: "too-large" });
    // It states 4 numbers and gives 5.
    const liar = onnx({
      inputs: [{ name: "input_ids", type: "int64", shape: ["n", "t"] }],
      outputs: [{ name: "sentence_embedding", shape: ["n", 1_000_000] }],
      nodes: [{ op: "Cast", inputs: ["input_ids"], output: "sentence_embedding", ints: { to: 1 } }],
    });
    const lying = await open(textFolder({ "onnx/model.onnx": liar }));
    await expect(lying.encode(["red"])).rejects.toMatchObject({ code: "unsupported-model", got: "1 x 3" });
  });
});

describe("names of the hub", () => {
  const NAME = "someone/tiny-model";

  it("cause no request unless they may, and say the next step", async () => {
    const fetch = vi.fn();
    vi.stubGlobal("fetch", fetch);
    const cacheDir = folderOf({});
    await expect(open(NAME, { cacheDir })).rejects.toMatchObject({
      code: "missing-file",
      hint: expect.stringContaining("--download"),
    });
    await expect(open("../up", { cacheDir, download: true })).rejects.toMatchObject({ code: "missing-file" });
    await expect(open("a/b/c", { cacheDir, download: true })).rejects.toMatchObject({ code: "missing-file" });
    expect(fetch).not.toHaveBeenCalled();
  });

  it("are found where transformers.js keeps them", async () => {
    const folder = textFolder();
    const fetch = vi.fn();
    vi.stubGlobal("fetch", fetch);
    const name = folder.split("/").at(-1)!;
    const encoder = await open(name, { cacheDir: join(folder, "..") });
    expect(encoder.name).toBe(name);
    near((await rowsOf(encoder, ["red"])).rows[0]!, byHand(["red"]));
    expect(fetch).not.toHaveBeenCalled();
  });

  it("are downloaded once, where that is asked for", async () => {
    const files: Record<string, Uint8Array> = {
      "config.json": Buffer.from("{}"),
      "tokenizer.json": Buffer.from(JSON.stringify(TOKENIZER)),
      "onnx/model.onnx": tokenModel(),
    };
    const asked: string[] = [];
    vi.stubGlobal("fetch", async (url: string) => {
      const name = url.slice(`https://huggingface.co/${NAME}/resolve/main/`.length);
      asked.push(name);
      return name in files ? new Response(Buffer.from(files[name]!)) : new Response("", { status: 404 });
    });
    const cacheDir = folderOf({});
    const encoder = await open(NAME, { cacheDir, download: true });
    near((await rowsOf(encoder, ["red"])).rows[0]!, byHand(["red"]));
    expect(asked).toContain("onnx/model.onnx");
    const count = asked.length;
    await open(NAME, { cacheDir });
    expect(asked.length).toBe(count);
    await expect(open("someone/else", { cacheDir, download: true })).rejects.toMatchObject({
      code: "missing-file",
    });
  });

  it("a download that breaks off, or is stopped, is told as such", async () => {
    const broken = () => new ReadableStream({ pull: (to) => to.error(new TypeError("terminated")) });
    vi.stubGlobal("fetch", async () => new Response(broken()));
    const options = { cacheDir: folderOf({}), download: true };
    await expect(open(NAME, options)).rejects.toMatchObject({
      code: "missing-file",
      message: expect.stringContaining("broke off"),
    });
    await expect(open(NAME, { ...options, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "aborted",
    });
  });

  it("leave nothing behind that looks whole when a download is cut off", async () => {
    vi.stubGlobal("fetch", async (url: string) =>
      url.endsWith("model.onnx")
        ? new Response(new Uint8Array(10), { headers: { "content-length": "20" } })
        : url.endsWith("config.json")
          ? new Response("{}")
          : new Response("", { status: 404 }),
    );
    const cacheDir = folderOf({});
    await expect(open(NAME, { cacheDir, download: true, takes: "text" })).rejects.toMatchObject({
      message: expect.stringContaining("ended early"),
    });
    await expect(open(NAME, { cacheDir })).rejects.toMatchObject({
      hint: expect.stringContaining("--download"),
    });
  });
});

describe("the peer and the engine", () => {
  it("texts say how to install transformers.js where it is not there; images do without", async () => {
    vi.resetModules();
    vi.doMock("@huggingface/transformers", () => {
      throw new Error("Cannot find package '@huggingface/transformers'");
    });
    try {
      await expect(open(textFolder())).rejects.toMatchObject({
        code: "bad-option",
        hint: "npm install @huggingface/transformers",
      });
      const pixels = pixelModel(["n", 3, 1, 1], Float32Array.of(1, 2, 3), 1);
      expect((await open(folderOf({ "model.onnx": pixels }))).takes).toBe("image");
    } finally {
      vi.doUnmock("@huggingface/transformers");
    }
  });

  it("WebAssembly gives the same, also with tensors beside the model", async () => {
    vi.stubEnv("ISOMETER_ENGINE", "onnxruntime-web");
    try {
      const model = tokenModel("t", { location: "w.bin" });
      const folder = textFolder({ "onnx/model.onnx": model, "onnx/w.bin": new Uint8Array(TABLE.buffer) });
      const encoder = await openEncoder(folder, { threads: 1 });
      near((await rowsOf(encoder, ["red apple"])).rows[0]!, byHand(["red", "apple"]));
    } finally {
      vi.unstubAllEnvs();
    }
  });
});
