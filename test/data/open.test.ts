import { mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { matrix, rowsFromMatrix } from "../../src/base/index.ts";
import { openImages, openSource, parseRange, readLabels, writeRows } from "../../src/data/index.ts";
import { hasSharedData, sharedData } from "../shared-data.ts";
import { fails, folder, rowsOfInput, table, withSource } from "./tables-kit.ts";

const files = folder();
const m = matrix([1, 2, 3, 4, 5, 6], 3, 2);
const M = [
  [1, 2],
  [3, 4],
  [5, 6],
];
const at = (name: string) => join(files.path, name);

describe("which format", () => {
  it.each([
    "npy",
    "npz",
    "csv",
    "tsv",
    "parquet",
    "pq",
    "jsonl",
    "ndjson",
    "arrow",
    "feather",
    "safetensors",
    "fvecs",
    "bvecs",
    "ivecs",
    "idx",
  ])("%s is written and read by its extension", async (format) => {
    if (format === "pq" || format === "ndjson" || format === "feather") {
      await writeRows(at(`m.${format}`), rowsFromMatrix(m));
    } else await writeRows(at(`m.${format}`), rowsFromMatrix(m, 2));
    expect(await rowsOfInput(at(`m.${format}`))).toEqual(M);
    expect(await rowsOfInput(at(`m.${format}`), { range: { start: 1, end: 2 } })).toEqual([M[1]]);
  });

  it("trusts the first bytes more than a wrong extension, and needs none", async () => {
    const { copyFileSync, readFileSync } = await import("node:fs");
    for (const format of ["npy", "npz", "parquet", "arrow", "safetensors", "idx"]) {
      copyFileSync(at(`m.${format}`), at(`${format}-wrong.csv`));
      copyFileSync(at(`m.${format}`), at(`${format}-none`));
      expect(await rowsOfInput(at(`${format}-wrong.csv`))).toEqual(M);
      expect(await rowsOfInput(at(`${format}-none`))).toEqual(M);
    }
    for (const format of ["npy", "idx", "csv", "jsonl"]) {
      files.put(`${format}-zipped-gz`, gzipSync(readFileSync(at(`m.${format}`))));
      expect(await rowsOfInput(at(`${format}-zipped-gz`))).toEqual(M);
    }
    files.put("m.parquet.gz", gzipSync(readFileSync(at("m.parquet"))));
    await fails(openSource(at("m.parquet.gz")), "bad-format", "not read from gzip");
  });

  it("names what it cannot read", async () => {
    const open = (name: string, bytes: string) => openSource(files.put(name, Buffer.from(bytes, "latin1")));
    await fails(open("a.h5", "\x89HDF\r\n\x1a\n\0\0"), "bad-format", "HDF5");
    await fails(open("a.pkl", "\x80\x04\x95\0\0"), "bad-format", "pickle");
    await fails(open("a.png", "\x89PNG\r\n\x1a\n\0\0"), "bad-format", "single picture");
    await fails(open("a.bin", "\x01\x02\x03\0\0"), "bad-format", "no known format");
    await fails(open("a", ""), "empty-input");
  });

  it("suggests the nearest name for a missing file", async () => {
    await fails(openSource(at("n.npy")), "missing-file", "Did you mean", "m.npy");
    await fails(openSource(at("nowhere/m.npy")), "missing-file", "folder does not exist");
    await fails(openSource(""), "missing-file");
  });
});

describe("several files and ranges", () => {
  it("appends rows, ids and columns", async () => {
    const input = `${table("list-float32.parquet")},${table("list.feather")}`;
    await withSource(input, { id: "id" }, async (source) => {
      expect(source).toMatchObject({ rows: 8, cols: 3, path: input });
      expect((await source.ids!()).join("")).toBe("abcdabcd");
    });
    expect(await rowsOfInput(input, { range: { start: 3, end: 5 } })).toEqual([
      [3, 3.25, 3.5],
      [0, 0.25, 0.5],
    ]);
    await withSource(input, { id: "id", range: { start: 3, end: 5 } }, async (source) => {
      expect(await source.ids!()).toEqual(["d", "a"]);
      expect(await source.column!("label")).toEqual(["1", "0"]);
    });
    await fails(
      openSource(`${at("m.npy")},${table("list.feather")}`),
      "bad-format",
      "has 2 columns",
      "has 3",
    );
    await fails(openSource(`${at("m.npy")},${at("k.npy")}`), "missing-file", "k.npy");
  });

  it("opens a file whose own name has a comma", async () => {
    files.put("a,b.csv", "x,y\n7,8\n");
    files.put("b.csv", "x,y\n1,1\n");
    expect(await rowsOfInput(at("a,b.csv"))).toEqual([[7, 8]]);
    expect(await rowsOfInput(`${at("a,b.csv")}, ${at("b.csv")}`)).toEqual([
      [7, 8],
      [1, 1],
    ]);
  });

  it("cuts ranges and says how many rows there are", async () => {
    expect(await rowsOfInput(at("m.npy"), { range: parseRange("1:") })).toEqual(M.slice(1));
    expect(await rowsOfInput(at("m.npy"), { range: parseRange(":2") })).toEqual(M.slice(0, 2));
    await fails(openSource(at("m.npy"), { range: parseRange("0:9") }), "bad-range", "has 3 rows");
    await fails(openSource(at("m.npy"), { range: parseRange("3:") }), "bad-range", "has 3 rows");
    expect(parseRange("0:2000")).toEqual({ start: 0, end: 2000 });
    expect(parseRange(":")).toEqual({ start: 0, end: Number.POSITIVE_INFINITY });
    for (const text of ["5", "5:5", "7:2", "-3:", "a:b", "1:2:3", "1.5:2", ""]) {
      await fails(
        Promise.resolve().then(() => parseRange(text)),
        "bad-range",
        "is not a range of rows",
      );
    }
  });
});

describe("labels", () => {
  const read = (spec: string, input = at("m.npy"), options = {}) =>
    withSource(input, options, async (source) => readLabels(spec, source));
  it("come from a column or from files of one value per row", async () => {
    files.put("l.txt", "a\nb c\n7\n");
    files.put("l.csv", "class\r\ncat\r\n\r\n".replace("\r\n\r\n", "\r\ndog\r\n007\r\n"));
    files.put("two.csv", "x,label\n1,a\n2,b\n3,c\n");
    await writeRows(at("l.npy"), rowsFromMatrix(matrix([7, 8, 9], 3, 1)));
    await writeRows(at("l.idx"), rowsFromMatrix(matrix([7, 8, 9], 3, 1)));
    expect(await read(at("l.txt"))).toEqual(["a", "b c", "7"]);
    expect(await read(at("l.csv"))).toEqual(["cat", "dog", "007"]);
    expect(await read(`${at("two.csv")}:label`)).toEqual(["a", "b", "c"]);
    expect(await read(at("l.idx"))).toEqual(["7", "8", "9"]);
    expect(await read("label", table("list-float32.parquet"))).toEqual(["0", "1", "0", "1"]);
    expect(await read(at("l.txt"), at("m.npy"), { range: { start: 1, end: 3 } })).toEqual(["b c", "7"]);
    expect(await read(`${at("l.txt")},${at("l.idx")}`, `${at("m.npy")},${at("m.csv")}`)).toHaveLength(6);
  });
  it("are refused when they do not fit", async () => {
    files.put("short.txt", "a\nb\n");
    await fails(read(at("short.txt")), "row-count-mismatch", "2 labels", "3 rows");
    await fails(read(at("two.csv")), "ambiguous-column", "two.csv:label");
    await fails(read(`${at("two.csv")}:lable`), "unknown-column", "label");
    await fails(read(at("m.idx")), "bad-format", "2 values per row");
    await fails(read("lable", table("list-float32.parquet")), "unknown-column", 'Did you mean "label"?');
    await fails(read("nothing.txt"), "missing-file");
  });
});

describe("folders of images", () => {
  const pictures = (name: string) => {
    mkdirSync(at(name), { recursive: true });
    return at(name);
  };
  const picture = (path: string, width: number, height: number, channels: 1 | 3 = 1) =>
    sharp(Buffer.from(Array.from({ length: width * height * channels }, (_, i) => i)), {
      raw: { width, height, channels },
    })
      .toColourspace(channels === 1 ? "b-w" : "srgb")
      .toFile(path);
  beforeAll(async () => {
    for (const name of ["img1.png", "img10.png", "img2.png"])
      await picture(join(pictures("grey"), name), 3, 2);
    files.put("grey/readme.txt", "no picture");
    await picture(join(pictures("colour"), "a.png"), 2, 2, 3);
    await picture(join(pictures("mixed"), "a.png"), 3, 2);
    await picture(join(pictures("mixed"), "b.png"), 2, 3);
    pictures("none/inside");
  });

  it("gives one row per image, in the order of names, with names as ids", async () => {
    await withSource(at("grey"), {}, async (source) => {
      expect(source).toMatchObject({ format: "images", dtype: "uint8", shape: [3, 2, 3], rows: 3, cols: 6 });
      expect(await source.ids!()).toEqual(["img1.png", "img10.png", "img2.png"]);
    });
    expect((await rowsOfInput(at("grey")))[0]).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("reads colour, and resizes", async () => {
    const colour = { imageMode: "colour" } as const;
    expect(await rowsOfInput(at("colour"), colour)).toEqual([Array.from({ length: 12 }, (_, i) => i)]);
    expect((await rowsOfInput(at("grey"), colour))[0]).toEqual([
      0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5,
    ]);
    await withSource(at("mixed"), { imageSize: [4, 5] }, async (source) => {
      expect(source.shape).toEqual([2, 4, 5]);
    });
    expect((await rowsOfInput(at("mixed"), { imageSize: [1, 1] })).map((row) => row.length)).toEqual([1, 1]);
  });

  it("refuses what is no set of equal images", async () => {
    await fails(
      openImages(at("mixed")),
      "bad-value",
      '"b.png" is 3 x 2',
      '"a.png" is 2 x 3',
      "--image-size 2x3",
    );
    await fails(openSource(at("none")), "empty-input", "no images", "1 folder");
    await fails(openImages(at("grey"), { imageSize: [0, 3] }), "bad-option", "--image-size");
    files.put("colour/b.bmp", "BM");
    await fails(openSource(at("colour")), "bad-format", "b.bmp");
  });

  it("names the image that is damaged", async () => {
    const { readFileSync } = await import("node:fs");
    const path = pictures("damaged");
    await sharp({
      create: {
        width: 64,
        height: 64,
        channels: 3,
        background: "#123456",
        noise: { type: "gaussian", mean: 99, sigma: 40 },
      },
    })
      .png()
      .toFile(join(path, "a.png"));
    const whole = readFileSync(join(path, "a.png"));
    files.put("damaged/b.png", whole.subarray(0, whole.length / 2));
    await fails(rowsOfInput(path), "bad-format", '"b.png" cannot be decoded');
    files.put("damaged/b.png", "not a picture");
    await fails(openSource(path), "bad-format", '"b.png" cannot be decoded');
  });
});

describe.skipIf(!hasSharedData)("real files", () => {
  it("opens MNIST without an extension to go by, both halves as one", async () => {
    const [train, test] = ["train", "t10k"].map((part) =>
      sharedData(`images/mnist/${part}-images-idx3-ubyte.gz`),
    );
    const labels = ["train", "t10k"].map((part) => sharedData(`images/mnist/${part}-labels-idx1-ubyte.gz`));
    await withSource(`${train},${test}`, {}, async (source) => {
      expect(source.shape).toEqual([70_000, 28, 28]);
      expect((await readLabels(labels.join(","), source)).slice(60_000, 60_005)).toEqual([
        "7",
        "2",
        "1",
        "0",
        "4",
      ]);
    });
    await withSource(`${train},${test}`, { range: { start: 59_999, end: 60_001 } }, async (source) => {
      expect(await readLabels(labels.join(","), source)).toEqual(["8", "7"]);
    });
  });
  it("opens tables of ratings", async () => {
    const path = sharedData("recommendation/ml-100k/u.data.gz");
    await withSource(path, {}, async (source) => {
      expect(source).toMatchObject({ rows: 100_000, cols: 4, format: "tsv" });
      expect(source.warnings.map((w) => w.code)).toContain("header-guessed");
    });
    expect((await rowsOfInput(path, { range: { start: 0, end: 1 } }))[0]!.slice(0, 3)).toEqual([196, 242, 3]);
    expect(basename(path)).toBe("u.data.gz");
  });
});
