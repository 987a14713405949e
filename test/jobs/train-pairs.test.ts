import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readPairs } from "../../src/jobs/train-pairs.ts";
import { openDistances } from "../../src/learn/known-distances.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isometer-pairs-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function fileOf(name: string, ...lines: string[]): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `${lines.join("\n")}\n`);
  return path;
}

/** Rows 0 to 5, of which 2 is held out: row 3 is the third of those that are trained on. */
const AT = Int32Array.of(0, 1, 3, 4, 5);

/** Distances between all rows that are trained on, in the units of the file; 0 where they are not known. */
async function amongAll(path: string, ids: readonly string[] | null = null): Promise<Float64Array> {
  const { given } = await readPairs(path, AT, 6, ids);
  const out = new Float32Array(25);
  openDistances(given, 5)(Int32Array.of(0, 1, 2, 3, 4), out);
  return Float64Array.from(out, (value) => value * given.unit);
}

describe("distances of a file of pairs", () => {
  test("are those of the batch, in both directions, as shares of their root mean square; other pairs are 0", async () => {
    const path = await fileOf("distances.csv", "a,b,distance", "0,1,3", "4,3,4");
    const { given, warnings } = await readPairs(path, AT, 6, null);
    expect(warnings).toEqual([]);
    expect(given.unit).toBeCloseTo(Math.sqrt((9 + 16) / 2), 12);
    const out = new Float32Array(16);
    // Places of rows 4, 0, 1 and 3 among those that are trained on.
    openDistances(given, 5)(Int32Array.of(3, 0, 1, 2), out);
    const [three, four] = [3 / given.unit, 4 / given.unit].map(Math.fround) as [number, number];
    expect(Array.from(out, (value) => Number(value.toPrecision(6)))).toEqual(
      [0, 0, 0, four, 0, 0, three, 0, 0, three, 0, 0, four, 0, 0, 0].map((v) => Number(v.toPrecision(6))),
    );
  });

  test("come from similarities: chords of cosines, and places between the most and the least similar", async () => {
    const cosines = await fileOf("cosines.csv", "a,b,similarity", "0,1,0.5", "3,4,-1");
    const of = async (path: string) => {
      const all = await amongAll(path);
      return [all[1]!, all[2 * 5 + 3]!];
    };
    expect((await of(cosines)).map((value) => Number(value.toPrecision(6)))).toEqual([1, 2]);
    const human = await fileOf("human.csv", "word1,word2,score", "0,1,7", "3,4,2", "0,5,10");
    expect((await of(human)).map((value) => Number(value.toPrecision(6)))).toEqual([0.375, 1]);
  });

  test("go by ids where rows have some; pairs of rows that are not trained on are counted", async () => {
    const path = await fileOf("ids.csv", "a,b,distance", "r0,r1,1", "r0,r2,1", "r0,nobody,1", "r1,r3,0");
    const ids = ["r0", "r1", "r2", "r3", "r4", "r5"];
    const { given, warnings } = await readPairs(path, AT, 6, ids);
    expect(given).toMatchObject({ kind: "pairs", a: Int32Array.of(0), b: Int32Array.of(1) });
    expect(warnings).toMatchObject([{ code: "pairs-unused", count: 3 }]);
  });

  test.each([
    ["names.csv", ["a,b,distance", "zero,one,1"], "rows have numbers alone"],
    ["empty.csv", ["a,b,distance", "0,2,1"], "no pair of rows that are trained on"],
    ["negative.csv", ["a,b,distance", "0,1,1", "0,3,-1"], "is no distance"],
    ["text.csv", ["a,b,similarity", "0,1,1", "0,3,much"], "is no distance"],
  ])("%s is refused in words", async (name, lines, message) => {
    await expect(readPairs(await fileOf(name, ...lines), AT, 6, null)).rejects.toThrow(message);
  });
});
