import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { runCommandLine } from "../../src/app/cli/run.ts";
import { gatherRows, type Matrix, matrix, permutation, rng, rowsFromMatrix } from "../../src/base/index.ts";
import { openSource, writeRows } from "../../src/data/index.ts";
import { driftSchema } from "../../src/jobs/schema-drift.ts";
import { testHost } from "../app/host.ts";
import { nestingErrors } from "../report/html-kit.ts";
import { hasSharedData, sharedData } from "../shared-data.ts";

const folder = mkdtempSync(join(tmpdir(), "isometer-drift-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string) => join(folder, name);

/** Rows that went elsewhere, in the space with ids. */
const GONE = [4, 60, 131];

/** 5 clusters of 60 rows in 6 dimensions, and the same with three rows at the place of others, in another frame of 8 dimensions. */
beforeAll(async () => {
  const random = rng(1);
  const centres = Float64Array.from({ length: 30 }, () => 6 * random.normal());
  const data = Float32Array.from(
    { length: 300 * 6 },
    (_, p) => centres[(Math.floor(p / 6) % 5) * 6 + (p % 6)]! + random.normal(),
  );
  const old = matrix(data, 300, 6);
  const moved = data.slice();
  for (const row of GONE) {
    for (let k = 0; k < 6; k++) moved[6 * row + k] = data[6 * (row + 2) + k]! + 0.3;
  }
  const wide = Float32Array.from({ length: 300 * 8 }, (_, p) => {
    const [i, k] = [Math.floor(p / 8), p % 8];
    return k < 6 ? 3 * moved[6 * i + ((k + 1) % 6)]! : 5;
  });
  const now = matrix(wide, 300, 8);
  const all = Array.from({ length: 300 }, (_, i) => i);
  await write("old.npy", old, all);
  await write("new.npy", now, all);
  await write("shuffled.npy", now, permutation(rng(2), 300));
  await write("old.parquet", old, all.slice(12));
  await write("new.parquet", now, all.filter((row) => row !== 20 && row !== 21).reverse());
});

async function write(name: string, m: Matrix, rows: ArrayLike<number>): Promise<void> {
  const columns = name.endsWith(".npy") ? {} : { columns: { doc: Array.from(rows, (row) => `d${row}`) } };
  await writeRows(file(name), rowsFromMatrix(gatherRows(m, rows)), columns);
}

async function run(...args: string[]) {
  const host = testHost();
  const status = await runCommandLine(["drift", ...args, "--threads", "1"], host);
  return { status, ...host.written };
}

async function result(...args: string[]) {
  const { status, out, err } = await run(...args, "--json", "-");
  expect({ status, err }).toEqual({ status: 0, err: "" });
  return driftSchema.parse(JSON.parse(out));
}

describe("isometer drift", () => {
  it("says what moved, in words, with the rows that did", async () => {
    const { status, out, err } = await run(file("old.npy"), file("new.npy"));
    expect({ status, err }).toEqual({ status: 0, err: "" });
    const text = out.replace(/\s+/g, " ");
    expect(text).toContain("Little drift: 3 of 300 rows left their neighbours (1 %).");
    for (const row of GONE) expect(text).toContain(`row ${row} `);
    for (const part of [
      "linearCka",
      "Rows that moved most",
      "Regions",
      "joined by order",
      "scale 3.000",
      "Next",
    ])
      expect(text).toContain(part);
    for (const line of out
      .split("\n")
      .filter((own) => !own.includes("isometer drift") && !own.includes(folder)))
      expect(line.length, line).toBeLessThanOrEqual(80);
  });

  it("as JSON fits its schema, twice the same but for the time", async () => {
    const args = [file("old.npy"), file("new.npy")];
    const [a, b] = [await result(...args), await result(...args)];
    expect({ ...b, seconds: 0 }).toEqual({ ...a, seconds: 0 });
    expect(a.scores.moved.value).toBe(3 / 300);
    expect(a.scores.linearCka!.value).toBeGreaterThan(0.9);
    expect(
      a.witnesses
        .slice(0, 3)
        .map(({ row }) => row)
        .sort((x, y) => x - y),
    ).toEqual(GONE);
    expect(a.witnesses[0]!.lost).toHaveLength(10);
    expect(a).toMatchObject({ rows: 300, joined: "order", options: { sample: "exact", nNeighbors: 10 } });
  });

  it("joins by id, and names the ids of one side alone", async () => {
    const own = await result(file("old.parquet"), file("new.parquet"), "--id", "doc");
    expect(own).toMatchObject({
      rows: 286,
      joined: "id",
      unmatched: { old: { count: 2, first: ["d20", "d21"] }, new: { count: 12 } },
    });
    // Row 4 is not there any more.
    expect(
      own.witnesses
        .slice(0, 2)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(["d131", "d60"]);
    expect(own.witnesses[0]!.gained.every((name) => name.startsWith("d"))).toBe(true);
    expect(own.warnings.map(({ code }) => code)).not.toContain("rows-unmatched");
    const { out } = await run(file("old.parquet"), file("new.parquet"), "--id", "doc");
    expect(out).toContain("Only in the old space: d20, d21");
    expect(out).toMatch(/Only in the new space: .* and 2\s+more/);
  });

  it("finds the same with anchors, within intervals", async () => {
    const own = await result(file("old.npy"), file("new.npy"), "--sample", "100");
    expect(own.scores.moved).toMatchObject({ exact: false, sampled: { kind: "anchors", m: 100 } });
    expect(own.scores.neighborRecall).toMatchObject({ sampled: { m: 100 } });
    const [low, high] = own.scores.moved.interval;
    expect(low).toBeLessThanOrEqual(3 / 300);
    expect(high).toBeGreaterThanOrEqual(3 / 300);
    expect(own.next[0]!.command).toContain("--exact");
  });

  it("shuffled rows: nothing of the old space (control)", async () => {
    const { out } = await run(file("old.npy"), file("shuffled.npy"));
    expect(out).toContain("has nothing of the old one");
    expect(out.replace(/\s+/g, " ")).toContain("order of rows, the same in both?");
  });

  it("the same space: no drift", async () => {
    const { out } = await run(file("old.npy"), file("old.npy"));
    expect(out).toContain("No drift");
    expect(out).not.toContain("Rows that moved most");
  });

  it("--points writes a line per row: id, movement, overlap, lost, gained", async () => {
    const path = file("moved.csv");
    const own = await result(file("old.parquet"), file("new.parquet"), "--id", "doc", "--points", path);
    expect(own.points).toMatchObject({ path, rows: 286 });
    const columns = [
      "row",
      "id",
      "movement",
      "factor",
      "stretch",
      "overlap",
      "shift",
      "region",
      "lost",
      "gained",
    ];
    expect(own.points!.columns).toEqual(columns);
    const source = await openSource(path, { vector: "movement" });
    const [ids, rows, lost] = await Promise.all(["id", "row", "lost"].map((name) => source.column!(name)));
    await source.close();
    expect([ids![0], rows![0]]).toEqual(["d12", "0"]);
    const at = ids!.indexOf("d60");
    const worst = own.witnesses.find(({ id }) => id === "d60")!;
    expect(JSON.parse(lost![at]!)).toEqual(worst.lost);
    const again = await run(file("old.parquet"), file("new.parquet"), "--id", "doc", "--points", path);
    expect(again).toMatchObject({ status: 2, err: expect.stringContaining("exists already") });
    expect(existsSync(path)).toBe(true);
  });

  it("--html writes a page with a histogram and two maps, without a script", async () => {
    const page = file("page.html");
    expect((await run(file("old.npy"), file("new.npy"), "--html", page)).status).toBe(0);
    const text = await readFile(page, "utf8");
    expect(text.match(/<figure>/g)).toHaveLength(3);
    expect(text).toContain("Histogram of the movement");
    expect(nestingErrors(text)).toEqual([]);
    expect(text).not.toContain("<script");
  });
});

test("as a process: exit 3 for a failed gate after the report, 2 for a wrong one", () => {
  const main = fileURLToPath(new URL("../../dist/app/cli/main.js", import.meta.url));
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, ISOMETER_THREADS: "1" };
  const spawned = (...flags: string[]) =>
    spawnSync(process.execPath, [main, "drift", file("old.npy"), file("new.npy"), ...flags], {
      encoding: "utf8",
      env,
    });
  const failed = spawned("--fail-over", "moved=0");
  expect(failed).toMatchObject({ status: 3, stderr: expect.stringContaining("gate failed: moved") });
  expect(failed.stdout).toContain("FAILED moved 0.01");
  expect(spawned("--fail-over", "linearCka=1")).toMatchObject({ status: 2, stdout: "" });
});

describe("gates", () => {
  const gated = (...flags: string[]) => run(file("old.npy"), file("new.npy"), ...flags);

  it("exit 3 where one fails, 0 where none does", async () => {
    const failed = await gated("--fail-over", "moved=0.001", "--fail-under", "neighbor-recall=0.5");
    expect(failed).toMatchObject({ status: 3, err: expect.stringContaining("gate failed: moved") });
    expect(failed.out).toContain("passed neighborRecall");
    expect((await gated("--fail-over", "moved=0.02", "--fail-over", "shift=0.5")).status).toBe(0);
  });

  test.each([
    [["--fail-under", "moved=0.1"], "wrong way round"],
    [["--fail-over", "linearCka=0.9"], "wrong way round"],
    [["--fail-over", "movment=1"], "Did you mean movement?"],
    [["--sample", "50", "--exact"], "exclude each other"],
    [["--metric", "manhattan"], "--metric needs one of euclidean, cosine"],
    [["--n-neighbors", "200"], "--n-neighbors must be below half"],
    [["--force"], "--force is for --points"],
  ])("%j is a user error", async (flags, words) => {
    expect(await gated(...flags)).toMatchObject({ status: 2, err: expect.stringContaining(words) });
  });
});

/** Public reference: linear CKA .965 of centred columns, mean overlap of the 10 nearest by cosine .54. */
test.skipIf(!hasSharedData)("two versions of one embedding of things", async () => {
  const paths = ["things/spose-49d.npy", "things/spose-66d.npy"].map(sharedData);
  const [straight, cosine] = [await result(...paths), await result(...paths, "--metric", "cosine")];
  expect(straight.scores.linearCka!.value).toBeCloseTo(0.965, 3);
  expect(cosine.scores.neighborRecall!.value).toBeCloseTo(0.54, 2);
  // Between the same and chance, and nearer to the same.
  expect(cosine.scores.movement.value).toBeGreaterThan(0.1);
  expect(cosine.scores.movement.value).toBeLessThan(0.4);
  expect(cosine.scores.moved.value).toBeLessThan(0.15);
});
