import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Matrix, type Points, rng, rowsFromMatrix } from "../../src/base/index.ts";
import { openSource, type Source, writeRows } from "../../src/data/index.ts";
import { readMatrix } from "../../src/data/node-read.ts";
import { findEngine } from "../../src/engine/index.ts";
import { mapRows, readPoints, rowsAt, without, writeCodes } from "../../src/jobs/reduce-rows.ts";
import { fitIsometricLinear, fitLda, fitPca, fitRandom, linearFit } from "../../src/reduce/index.ts";
import { gaussian } from "../matrices.ts";

const engine = await findEngine({ threads: 2 });
const how = { engine, seed: 3, unitRows: true };

let folder: string;
let sources: { readonly name: string; readonly source: Source }[];
let data: Matrix;
/** What lies where temporary files go, beside the files of this test. */
const temporary = () => readdir(folder).then((names) => names.filter((name) => name.startsWith("isometer-")));
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "reduce-rows-"));
  process.env.TMPDIR = folder;
  data = gaussian(rng(1), 3000, 24);
  sources = [];
  // One lies as it is read, the other has to be written first.
  for (const name of ["data.npy", "data.parquet"]) {
    const path = join(folder, name);
    await writeRows(path, rowsFromMatrix(data));
    sources.push({ name, source: await openSource(path) });
  }
});
afterAll(async () => {
  for (const { source } of sources) await source.close();
  await rm(folder, { recursive: true });
});

const valuesOf = async (points: Points): Promise<Float32Array> => {
  if (!("stored" in points)) return points.data;
  await writeCodes(join(folder, "values.npy"), points, {});
  return (await readMatrix(join(folder, "values.npy"))).data;
};

describe("rows too many to hold", () => {
  it("are fitted and mapped to the bytes of those in memory, and leave nothing behind", async () => {
    const labels = Array.from({ length: 3000 }, (_, i) => "abc"[i % 3]!);
    const methods = [
      (points: Points) => fitPca(points, 4, { ...how, whiten: false }),
      (points: Points) => fitPca(points, 4, { ...how, whiten: true, solver: "randomized" }),
      (points: Points) => fitIsometricLinear(points, 4, how),
      (points: Points) => fitLda(points, 2, { ...how, labels }),
      async (points: Points) => fitRandom(points, 4, { ...how, kind: "sparse" as const }),
    ];
    for (const { name, source } of sources) {
      const read = await readPoints(source, "cosine", {}, 0);
      expect("stored" in read.points).toBe(true);
      expect(await temporary()).toHaveLength(name.endsWith(".npy") ? 0 : 1);
      for (const method of methods) {
        const [held, stored] = [linearFit(await method(data)), linearFit(await method(read.points))];
        expect(stored.save({})).toEqual(held.save({}));
        const inMemory = await mapRows(held, data, { engine });
        const inFile = await mapRows(stored, read.points, { engine, heldBytes: 0 });
        expect("stored" in inFile.points).toBe(true);
        expect(await valuesOf(inFile.points)).toEqual(await valuesOf(inMemory.points));
        await inFile.remove();
      }
      await read.remove();
    }
    expect(await temporary()).toEqual([]);
  });

  it("are fitted without those that are held out", async () => {
    const seen = without(3000, Int32Array.of(0, 17, 2999));
    for (const { source } of sources) {
      const [held, stored] = [
        await readPoints(source, "euclidean", {}),
        await readPoints(source, "euclidean", {}, 0),
      ];
      const [one, two] = [
        await rowsAt(source, held.points, seen, {}),
        await rowsAt(source, stored.points, seen, {}, 0),
      ];
      expect(["stored" in one.points, "stored" in two.points]).toEqual([false, true]);
      expect(await valuesOf(two.points)).toEqual(await valuesOf(one.points));
      expect(one.points.rows).toBe(2997);
      await two.remove();
      await stored.remove();
    }
  });

  it("that are no numbers leave nothing behind either (control)", async () => {
    const path = join(folder, "nan.parquet");
    await writeRows(
      path,
      rowsFromMatrix({ ...data, data: data.data.map((v, i) => (i === 50 ? Number.NaN : v)) }),
    );
    const source = await openSource(path);
    await expect(readPoints(source, "euclidean", {}, 0)).rejects.toMatchObject({ code: "non-finite" });
    expect(await temporary()).toEqual([]);
    await source.close();
  });
});
