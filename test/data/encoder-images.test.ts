import { join } from "node:path";
import { deflateSync } from "node:zlib";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { matrix, row } from "../../src/base/index.ts";
import { readPixels } from "../../src/data/node-encoder-images.ts";
import { findEngine } from "../../src/engine/index.ts";
import { constant, input, matMul, toOnnx } from "../../src/graph/index.ts";
import { type EncoderOptions, openEncoder } from "../../src/spaces/encode/index.ts";
import { folderOf, pixelModel, textFolder, tokenModel } from "./encoder-kit.ts";

const engine = await findEngine({ threads: 1 });
const open = (spec: string, options: Partial<EncoderOptions> = {}) =>
  openEncoder(spec, { engine, ...options });

/** A picture with a gradient of its own in each channel. */
const pictureOf = (height: number, width: number, turn = 1) =>
  Uint8Array.from({ length: height * width * 3 }, (_, p) => {
    const [y, x, c] = [Math.floor(p / 3 / width), Math.floor(p / 3) % width, p % 3];
    return (40 * c + 7 * y * turn + 11 * x) % 256;
  });
const png = (data: Uint8Array, height: number, width: number, channels: 1 | 3 | 4 = 3) =>
  sharp(data, { raw: { height, width, channels } }).png().toBuffer();

/** `values` x 2: the sum of all, and the sum weighted by place. */
const weightsOf = (values: number) =>
  Float32Array.from({ length: 2 * values }, (_, p) => (p % 2 === 0 ? 1 : Math.floor(p / 2)));
/** What the model gives for a picture, in channels, then rows, as it takes them. */
function byHand(pixels: Uint8Array, value: (v: number, c: number) => number, layout = "chw"): number[] {
  const area = pixels.length / 3;
  let [sum, weighted] = [0, 0];
  for (let c = 0; c < 3; c++) {
    for (let p = 0; p < area; p++) {
      const v = value(pixels[3 * p + c]!, c);
      sum += v;
      weighted += v * (layout === "chw" ? c * area + p : 3 * p + c);
    }
  }
  return [sum, weighted];
}
const near = (got: ArrayLike<number>, wanted: readonly number[]) => {
  for (const [j, value] of wanted.entries()) expect(got[j]! / value).toBeCloseTo(1, 5);
};

describe("an encoder of pictures", () => {
  it("takes channels first or last, with values from 0 to 1", async () => {
    const [one, two] = [pictureOf(4, 6), pictureOf(4, 6, 3)];
    const folder = folderOf({
      "chw.onnx": pixelModel(["n", 3, 4, 6], weightsOf(72), 2),
      "hwc.onnx": pixelModel(["n", 4, 6, 3], weightsOf(72), 2),
      "two.onnx": pixelModel([2, 3, 4, 6], weightsOf(72), 2),
      "a.png": await png(one, 4, 6),
      "b.png": await png(two, 4, 6),
    });
    const paths = ["a.png", "b.png", "a.png"].map((name) => join(folder, name));
    for (const [name, layout] of [
      ["chw.onnx", "chw"],
      ["hwc.onnx", "hwc"],
      ["two.onnx", "chw"],
    ] as const) {
      const encoder = await open(join(folder, name));
      expect(encoder).toMatchObject({ takes: "image", dims: 2, dtype: null });
      expect(encoder.preparation.image).toMatchObject({ height: 4, width: 6, scale: 1 / 255, layout });
      const { vectors } = await encoder.encode(paths);
      for (const [i, pixels] of [one, two, one].entries()) {
        near(
          row(vectors, i),
          byHand(pixels, (v) => v / 255, layout),
        );
      }
    }
  });

  it("scales as it is told, or as preprocessor_config.json says", async () => {
    const pixels = pictureOf(4, 4);
    const [mean, std] = [
      [0.1, 0.2, 0.3],
      [0.5, 0.6, 0.7],
    ];
    const picture = await png(pixels, 4, 4);
    const model = pixelModel(["n", 3, "h", "w"], weightsOf(48), 2);
    const config = {
      size: { height: 4, width: 4 },
      image_mean: mean,
      image_std: std,
      do_rescale: true,
      resample: 3,
    };
    const folder = folderOf({
      "onnx/model.onnx": model,
      "preprocessor_config.json": config,
      "a.png": picture,
    });
    const wanted = byHand(pixels, (v, c) => (v / 255 - mean[c]!) / std[c]!);
    const by = await open(folder);
    expect(by.preparation.image).toMatchObject({ mean, std, kernel: "cubic", resize: [4, 4] });
    near(row((await by.encode([join(folder, "a.png")])).vectors, 0), wanted);

    const bare = folderOf({ "model.onnx": model, "a.png": picture });
    await expect(open(bare)).rejects.toMatchObject({
      code: "bad-option",
      hint: expect.stringContaining("--image-size 224x224"),
    });
    const told = await open(bare, { imageSize: [4, 4], imageMean: mean, imageStd: std });
    near(row((await told.encode([join(bare, "a.png")])).vectors, 0), wanted);
    expect(told.version).not.toBe(by.version);
    await expect(open(bare, { imageSize: [4, 4], imageMean: [1, 2] })).rejects.toMatchObject({
      code: "bad-option",
    });
    await expect(open(bare, { imageSize: [4, 4], imageStd: [0] })).rejects.toMatchObject({
      code: "bad-option",
    });
    await expect(open(bare, { imageSize: [20_000, 20_000] })).rejects.toMatchObject({ code: "too-large" });
  });

  it("resizes and takes the middle as sharp does by hand", async () => {
    const pixels = pictureOf(30, 50);
    const config = {
      size: { shortest_edge: 12 },
      do_center_crop: true,
      crop_size: { height: 8, width: 10 },
      resample: 2,
      do_normalize: false,
    };
    const folder = folderOf({
      "model.onnx": pixelModel(["n", 3, "h", "w"], weightsOf(240), 2),
      "preprocessor_config.json": config,
      "a.png": await png(pixels, 30, 50),
    });
    const encoder = await open(folder);
    const { vectors } = await encoder.encode([join(folder, "a.png")]);
    const small = await sharp(pixels, { raw: { height: 30, width: 50, channels: 3 } })
      .resize(20, 12, { fit: "fill", kernel: "linear" })
      .extract({ left: 5, top: 2, width: 10, height: 8 })
      .raw()
      .toBuffer();
    near(
      row(vectors, 0),
      byHand(small, (v) => v / 255),
    );
    const padded = folderOf({
      "model.onnx": pixelModel(["n", 3, 4, 4], weightsOf(48), 2),
      "preprocessor_config.json": { do_pad: true },
    });
    await expect(open(padded)).rejects.toMatchObject({ code: "unsupported-model", got: "do_pad" });
    const kept = folderOf({
      "model.onnx": pixelModel(["n", 3, 4, 4], weightsOf(48), 2),
      "preprocessor_config.json": { do_resize: false },
      "a.png": await png(pixels, 30, 50),
    });
    await expect((await open(kept)).encode([join(kept, "a.png")])).rejects.toMatchObject({
      code: "bad-value",
      got: "30 x 50",
    });
  });

  it.each([
    [
      "CLIP",
      {
        size: { shortest_edge: 224 },
        do_center_crop: true,
        crop_size: { height: 224, width: 224 },
        resample: 3,
      },
      { resize: 224, height: 224, kernel: "cubic" },
    ],
    [
      "CLIP, an older file",
      { size: 224, do_center_crop: true, crop_size: 224, resample: 3 },
      { resize: 224, height: 224 },
    ],
    [
      "DINOv2",
      {
        size: { shortest_edge: 256 },
        do_center_crop: true,
        crop_size: { height: 224, width: 224 },
        resample: 3,
      },
      { resize: 256, height: 224 },
    ],
    [
      "ViT",
      { size: { height: 224, width: 224 }, resample: 2, do_center_crop: false },
      { resize: [224, 224], kernel: "linear" },
    ],
    ["ViT, an older file", { size: 224, resample: 2 }, { resize: [224, 224] }],
    ["no scaling", { size: 224, do_rescale: false, do_normalize: false }, { scale: 1, mean: [0, 0, 0] }],
    [
      "one number for all channels",
      { size: 224, do_normalize: true, image_mean: 0.5, image_std: [0.5] },
      { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
    ],
  ])("reads preprocessor_config.json of %s", async (_, config, wanted) => {
    const model = pixelModel(["n", 3, 224, 224], new Float32Array(3 * 224 * 224), 1);
    const encoder = await open(folderOf({ "model.onnx": model, "preprocessor_config.json": config }));
    expect(encoder.preparation.image).toMatchObject(wanted);
  });

  it.each([
    [{ size: { shortest_edge: 8 } }, "unsupported-model"],
    [{ size: { shortest_edge: 8 }, crop_pct: 0.875 }, "unsupported-model"],
    [{ size: { longest_edge: 8 } }, "unsupported-model"],
    [{ size: { height: 8, width: "8" } }, "bad-format"],
    [{ size: { height: 1e9, width: 1e9 } }, "bad-format"],
    [{ size: -8 }, "bad-format"],
    [{ size: 8, do_center_crop: true }, "bad-format"],
    [{ size: 8, do_normalize: true }, "bad-format"],
    [{ size: 8, image_std: [1, "1", 1] }, "bad-format"],
    [{ size: 8, rescale_factor: "1/255" }, "bad-format"],
    [{ size: 9 }, "bad-option"],
  ])("refuses what it cannot do as it says: %j", async (config, code) => {
    const model = pixelModel(["n", 3, 8, 8], new Float32Array(192), 1);
    await expect(
      open(folderOf({ "model.onnx": model, "preprocessor_config.json": config })),
    ).rejects.toMatchObject({ code });
    const fine = await open(folderOf({ "model.onnx": model, "preprocessor_config.json": { size: 8 } }));
    expect(fine.dims).toBe(1);
  });

  it("resizes as Pillow does, which made most spaces", async () => {
    // Pillow 13: Image.fromarray(pictureOf(30, 50)).resize((20, 12), Image.BICUBIC).crop((5, 2, 15, 10))
    const pillow = Buffer.from(
      "uu842pIe3hJBNTRcIlB4Q2uTX4eveqLLlr7usd58zMwR7iI3biZTEUZuOmKKVX2lcZnBjLTjqNC+wvEV5lMrsxZIDj1kL1d/S3ObZo62gqrUncXoue432ZEd3ws/KjJaIU52QWmRXYWteKDIlLzur910y8oQ7SE2iyJQEUNrN1+HUnqibpa+ibHepc3VwPQg5l8ptBNHFzpiK1V9SXGZZIy0gKjQm8Lxt+lM1KwZ6hc+STBZHEtzPmaOWoKqdZ3FkbnurNmRyN0R7jMziiBPDkJqNF2FUHigbJS8h6/do8vKvu0h4W0lxxBFFjlhKlR8",
      "base64",
    );
    const folder = folderOf({ "a.png": await png(pictureOf(30, 50), 30, 50) });
    const plan = {
      height: 8,
      width: 10,
      channels: 3,
      resize: 12,
      scale: 1,
      mean: [0, 0, 0],
      std: [1, 1, 1],
      layout: "hwc",
    } as const;
    const apart = async (kernel: "cubic" | "nearest") => {
      const own = new Float32Array(240);
      await readPixels([join(folder, "a.png")], { ...plan, kernel }, own);
      return own.reduce((sum, v, i) => sum + Math.abs(v - pillow[i]!), 0) / 240;
    };
    expect(await apart("cubic")).toBeLessThan(1);
    expect(await apart("nearest")).toBeGreaterThan(5);
  });

  it("shows pictures upright, and what is transparent black", async () => {
    const pixels = pictureOf(4, 6);
    const turned = await sharp(pixels, { raw: { height: 4, width: 6, channels: 3 } })
      .rotate(90)
      .raw()
      .toBuffer();
    const see = Uint8Array.from({ length: 4 * 24 }, (_, p) => (p % 4 === 3 ? (p < 48 ? 255 : 0) : 200));
    const folder = folderOf({
      "model.onnx": pixelModel(["n", 3, 4, 6], weightsOf(72), 2),
      "turned.png": await sharp(turned, { raw: { height: 6, width: 4, channels: 3 } })
        .withMetadata({ orientation: 8 })
        .png()
        .toBuffer(),
      "see.png": await png(see, 4, 6, 4),
    });
    const encoder = await open(folder);
    const { vectors } = await encoder.encode(["turned.png", "see.png"].map((name) => join(folder, name)));
    near(
      row(vectors, 0),
      byHand(pixels, (v) => v / 255),
    );
    near(
      row(vectors, 1),
      byHand(
        Uint8Array.from({ length: 72 }, (_, p) => (p < 36 ? 200 : 0)),
        (v) => v / 255,
      ),
    );
  });

  it("gives a model of Isometer the pixels that it saw, as rows of 0 to 255", async () => {
    const x = input("x", ["n", 12]);
    const map = toOnnx({ outputs: { y: matMul(x, constant(weightsOf(12), [12, 2])) } }, "map", {
      "isometer.method": "pca",
    });
    const folder = folderOf({
      "map.onnx": map,
      "a.png": await png(
        Uint8Array.from({ length: 12 }, (_, i) => 10 * i),
        3,
        4,
        1,
      ),
    });
    const encoder = await open(join(folder, "map.onnx"), { takes: "image", imageSize: [3, 4] });
    expect(encoder.preparation.image).toMatchObject({ channels: 1, scale: 1 });
    const { vectors } = await encoder.encode([join(folder, "a.png")]);
    near(row(vectors, 0), [660, 5060]);
    await expect(open(join(folder, "map.onnx"), { takes: "image", imageSize: [3, 5] })).rejects.toMatchObject(
      { code: "bad-option" },
    );
    await expect(open(join(folder, "map.onnx"), { takes: "image" })).rejects.toMatchObject({
      code: "bad-option",
    });

    const rows = await open(join(folder, "map.onnx"));
    expect(rows.takes).toBe("rows");
    near(
      row(
        (
          await rows.encode(
            matrix(
              Array.from({ length: 12 }, (_, i) => 10 * i),
              1,
              12,
            ),
          )
        ).vectors,
        0,
      ),
      [660, 5060],
    );
    await expect(rows.encode(matrix([1, 2], 1, 2))).rejects.toMatchObject({
      code: "bad-value",
      needed: "12",
      got: "2",
    });
    await expect(rows.encode(["a"])).rejects.toMatchObject({ code: "bad-value" });
  });
});

describe("pictures that are none", () => {
  const model = pixelModel(["n", 3, 4, 4], weightsOf(48), 2);

  it("missing, damaged, cut off, or far larger than they look", async () => {
    const whole = await png(pictureOf(64, 64), 64, 64);
    const folder = folderOf({
      "model.onnx": model,
      "a.png": "no picture",
      "cut.png": whole.subarray(0, 900),
      "bomb.png": bomb(60_000, 60_000),
    });
    const encoder = await open(folder);
    const encode = (name: string) => encoder.encode([join(folder, name)]);
    await expect(encode("none.png")).rejects.toMatchObject({ code: "missing-file" });
    await expect(encode("a.png")).rejects.toMatchObject({ code: "bad-format" });
    await expect(encode("cut.png")).rejects.toMatchObject({ code: "bad-format" });
    await expect(encode("bomb.png")).rejects.toMatchObject({ message: expect.stringMatching(/pixel/i) });
    await expect(encode("")).rejects.toMatchObject({
      code: expect.stringMatching(/missing-file|not-a-file/),
    });
  });

  it("texts are no pictures, and a model of texts takes none", async () => {
    await expect(open(textFolder(), { takes: "image" })).rejects.toMatchObject({
      code: "bad-value",
      hint: expect.stringContaining("vision_model"),
    });
    await expect(open(folderOf({ "model.onnx": model }), { takes: "text" })).rejects.toMatchObject({
      code: "missing-file",
    });
    const both = folderOf({
      "onnx/vision_model.onnx": model,
      "onnx/text_model.onnx": tokenModel(),
      "preprocessor_config.json": {},
      "tokenizer.json": {},
    });
    expect((await open(both, { takes: "image" })).path).toContain("vision_model.onnx");
  });
});

/** A PNG that says it is large; its pixels are zeros, and few bytes. */
function bomb(width: number, height: number): Uint8Array {
  const chunk = (type: string, data: Uint8Array) => {
    const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
    const out = Buffer.alloc(12 + data.length);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE(crc(body), 8 + data.length);
    return out;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 0, 0, 0, 0], 8);
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  const pixels = deflateSync(new Uint8Array(2 ** 20));
  return Buffer.concat([
    signature,
    chunk("IHDR", head),
    chunk("IDAT", pixels),
    chunk("IEND", new Uint8Array(0)),
  ]);
}

function crc(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (const byte of bytes) {
    c ^= byte;
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  }
  return (c ^ 0xffffffff) >>> 0;
}
