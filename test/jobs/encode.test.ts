import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { runCommandLine } from "../../src/app/cli/run.ts";
import { matrix, row, rowsFromMatrix } from "../../src/base/index.ts";
import { openSource, writeRows } from "../../src/data/index.ts";
import { readMatrix } from "../../src/data/node-read.ts";
import { encodeSchema } from "../../src/jobs/schema-encode.ts";
import { testHost } from "../app/host.ts";
import { byHand, folderOf, pixelModel, textFolder, WORDS } from "../data/encoder-kit.ts";

const model = textFolder();
const folder = folderOf({
  "docs.csv": 'doc,body,year\na,red apple,1\nb,"the sky, blue",2\nc,,3\n',
  "lines.txt": "red\ngreen sky\r\nblue\n",
  "more.txt": "apple\n",
});
const file = (name: string) => join(folder, name);

async function run(...args: string[]) {
  const host = testHost();
  const status = await runCommandLine(["encode", ...args, "--threads", "1"], host);
  return { status, ...host.written };
}

async function result(...args: string[]) {
  const { status, out, err } = await run(...args, "--json", "-");
  expect({ status, err }).toEqual({ status: 0, err: "" });
  return encodeSchema.parse(JSON.parse(out));
}

async function expectRows(path: string, wanted: readonly (readonly number[])[]) {
  const got = await readMatrix(path);
  expect(got.rows).toBe(wanted.length);
  for (const [i, own] of wanted.entries()) {
    for (const [j, value] of own.entries()) expect(row(got, i)[j]).toBeCloseTo(value, 5);
  }
}

describe("isometer encode", () => {
  it("makes a vector of every text of a table, beside its id", async () => {
    const { out, encoder, inputs, next } = await result(
      file("docs.csv"),
      "--text-column",
      "body",
      "--id",
      "doc",
      "--encoder",
      model,
      "--out",
      file("docs.parquet"),
    );
    expect(out).toMatchObject({ rows: 3, cols: 4, columns: ["id", "text"] });
    expect(inputs).toMatchObject({ items: 3, textColumn: "body", id: "doc" });
    await expectRows(file("docs.parquet"), [
      byHand(["red", "apple"]),
      byHand(["the", "sky", "[UNK]", "blue"]),
      byHand([]),
    ]);
    const source = await openSource(file("docs.parquet"), { id: "id" });
    expect(await source.ids!()).toEqual(["a", "b", "c"]);
    expect(await source.column!("text")).toEqual(["red apple", "the sky, blue", ""]);
    await source.close();
    expect(next[0]!.command).toContain(`--encoder ${model} --text`);
    expect(next[1]!.command).toContain(`--id id --store index --map-version ${encoder.version}`);
  });

  it("makes one of every line, and says how", async () => {
    const { status, out } = await run(
      file("lines.txt"),
      file("more.txt"),
      "--encoder",
      model,
      "--normalize",
      "--out",
      file("lines.npy"),
    );
    expect(status).toBe(0);
    expect(out).toContain("4 texts became vectors of 4");
    expect(out.replace(/\s+/g, " ")).toContain("mean of tokens, length 1");
    const unit = (v: readonly number[]) => v.map((x) => x / Math.hypot(...v));
    await expectRows(
      file("lines.npy"),
      [["red"], ["green", "sky"], ["blue"], ["apple"]].map((words) => unit(byHand(words))),
    );
    const part = await result(
      file("lines.txt"),
      "--encoder",
      model,
      "--rows",
      "1:3",
      "--out",
      file("part.npy"),
    );
    expect(part.out.rows).toBe(2);
    await expectRows(file("part.npy"), [byHand(["green", "sky"]), byHand(["blue"])]);
  });

  it("gives the same, however many there are at once", async () => {
    const texts = Array.from({ length: 1200 }, (_, i) =>
      [1, 7, 49].slice(0, 1 + (i % 3)).map((by) => WORDS[4 + (Math.floor(i / by) % 6)]!),
    );
    writeFileSync(file("many.txt"), texts.map((words) => words.join(" ")).join("\n"));
    await result(file("many.txt"), "--encoder", model, "--out", file("many.npy"));
    await expectRows(file("many.npy"), texts.map(byHand));
  });

  it("makes one of every image of a folder", async () => {
    const weights = Float32Array.from({ length: 48 }, (_, p) => (p % 4 === Math.floor(p / 16) ? 1 : 0));
    const grey = (v: number) =>
      sharp({ create: { width: 2, height: 2, channels: 3, background: { r: v, g: v, b: 2 * v } } })
        .png()
        .toBuffer();
    const images = folderOf({ "b.png": await grey(100), "a.png": await grey(50), "notes.md": "no image" });
    const own = folderOf({ "model.onnx": pixelModel(["n", 3, 2, 2], weights, 4) });
    const { out, encoder } = await result(
      images,
      "--encoder",
      own,
      "--image-scale",
      "1",
      "--out",
      file("images.csv"),
    );
    expect(out.columns).toEqual(["id"]);
    expect(encoder.preparation.image).toMatchObject({ scale: 1, mean: [0, 0, 0] });
    const source = await openSource(file("images.csv"), { id: "id" });
    expect(await source.ids!()).toEqual(["a.png", "b.png"]);
    await source.close();
    const { out: report } = await run(images, "--encoder", own, "--out", file("again.npy"));
    expect(report.replace(/\s+/g, " ")).toContain("pixels (v 0.003922 - 0) / 1");
    await expectRows(
      file("again.npy"),
      [50, 100].map((v) => [4 * v, 4 * v, 8 * v, 0].map((x) => x / 255)),
    );
  });

  it("warns of texts that were cut", async () => {
    writeFileSync(file("long.txt"), "red\nred red red red red red red\n");
    const { warnings } = await result(file("long.txt"), "--encoder", model, "--out", file("long.npy"));
    expect(warnings).toMatchObject([{ code: "texts-cut", rows: [1], count: 1 }]);
  });

  it("says what is missing, and writes nothing then", async () => {
    const out = file("none.npy");
    const refused = async (...args: string[]) => {
      const { status, err } = await run(...args, "--out", out);
      expect(status).toBe(2);
      expect(existsSync(out)).toBe(false);
      return err.replace(/\s+/g, " ");
    };
    await writeRows(file("rows.npy"), rowsFromMatrix(matrix([1, 2], 1, 2)), {});
    expect(await refused(file("lines.txt"))).toContain("encode needs --encoder");
    expect(await refused(file("docs.csv"), "--encoder", model)).toContain("which column");
    expect(await refused(file("docs.csv"), "--encoder", model, "--text-column", "bodi")).toContain(
      'Did you mean "body"?',
    );
    expect(await refused(file("lines.txt"), "--encoder", model, "--text-column", "body")).toContain(
      "is no table",
    );
    expect(await refused(file("rows.npy"), "--encoder", model)).toContain("isometer apply");
    expect(await refused(file("lines.txt"), file("docs.csv"), "--encoder", model)).toContain(
      "one after the other",
    );
    expect(await refused(file("lines.tx"), "--encoder", model)).toContain("lines.txt");
    expect(await refused(file("lines.txt"), "--encoder", model, "--rows", "9:")).toContain(
      "nothing to encode",
    );
    expect(await refused(file("lines.txt"), "--encoder", model, "--image-size", "2x2")).toContain(
      "--image-size",
    );
    await result(file("lines.txt"), "--encoder", model, "--out", file("there.npy"));
    const again = await run(file("lines.txt"), "--encoder", model, "--out", file("there.npy"));
    expect(again.err).toContain("exists already");
  });
});
