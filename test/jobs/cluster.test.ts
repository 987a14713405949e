import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommandLine } from "../../src/app/cli/run.ts";
import { gatherRows, matrix, rng, rowsFromMatrix } from "../../src/base/index.ts";
import { writeRows } from "../../src/data/index.ts";
import { clusterSchema } from "../../src/jobs/schema-cluster.ts";
import { hdbscan } from "../../src/spaces/cluster/index.ts";
import { testHost } from "../app/host.ts";
import { gaussian, mapMatrix } from "../matrices.ts";

const folder = mkdtempSync(join(tmpdir(), "isometer-cluster-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string) => join(folder, name);
const example = (name: string) => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));

/** Three groups of 60 rows in 6 dimensions, and a picture of them. */
const original = mapMatrix(gaussian(rng(1), 180, 6), (value, col, row) => value + (row % 3 === col ? 12 : 0));
const picture = matrix(
  Float32Array.from({ length: 360 }, (_, p) => original.data[6 * Math.floor(p / 2) + (p % 2)]!),
  180,
  2,
);
const all = Array.from({ length: 180 }, (_, i) => i);

beforeAll(async () => {
  await writeRows(file("original.npy"), rowsFromMatrix(original), {});
  await writeRows(file("picture.npy"), rowsFromMatrix(picture), {});
  await writeRows(file("cloud.npy"), rowsFromMatrix(gaussian(rng(2), 180, 6)), {});
  writeFileSync(file("classes.csv"), `class\n${all.map((row) => `c${row % 3}`).join("\n")}\n`);
  const columns = { doc: all.map((row) => `d${row}`) };
  await writeRows(file("original.parquet"), rowsFromMatrix(original), { columns });
  const back = all.slice().reverse();
  await writeRows(file("picture.parquet"), rowsFromMatrix(gatherRows(picture, back)), {
    columns: { doc: back.map((row) => `d${row}`) },
  });
});

async function run(...args: string[]) {
  const host = testHost();
  const status = await runCommandLine(["cluster", ...args, "--threads", "1"], host);
  return { status, ...host.written };
}

async function result(...args: string[]) {
  const { status, out, err } = await run(...args, "--json", "-");
  expect({ status, err }).toEqual({ status: 0, err: "" });
  return clusterSchema.parse(JSON.parse(out));
}

describe("isometer cluster", () => {
  it("finds what the library finds, and says how stable it is", async () => {
    const found = await result(file("picture.npy"), "--min-cluster-size", "20");
    const { clusters, noise } = await hdbscan(picture, { minClusterSize: 20 });
    expect(found.clusters.map(({ size }) => size)).toEqual(clusters.map(({ size }) => size));
    expect(found.noise).toBe(noise);
    for (const { stability, inOriginal, examples } of found.clusters) {
      expect(stability!.value).toBeGreaterThan(0.75);
      expect(inOriginal).toBeNull();
      expect(examples.length).toBe(5);
    }
    expect(found.next[0]!.command).toContain("--min-cluster-size 20 --original ORIGINAL.npy");
  });

  it("says which clusters are there in the original, and which are not", async () => {
    const args = [file("picture.npy"), "--min-cluster-size", "20", "--runs", "0"];
    const there = await result(...args, "--original", file("original.npy"));
    expect(there.clusters.map(({ inOriginal }) => inOriginal!.verdict)).toEqual(["there", "there", "there"]);
    expect(there.clusters.every(({ stability }) => stability === null)).toBe(true);
    const not = await result(...args, "--original", file("cloud.npy"));
    expect(not.clusters.map(({ inOriginal }) => inOriginal!.verdict)).toEqual(Array(3).fill("scattered"));
    const { out } = await run(...args, "--original", file("cloud.npy"));
    expect(out.replace(/\s+/g, " ")).toContain("None is there in the original: 3 scattered.");
    expect(out).toContain("Rows that belong least");
  });

  it("calls digits there, with known classes", async () => {
    const { clusters, agreement } = await result(
      example("digits-umap.npy"),
      ...["--original", example("digits.npy"), "--labels", example("digits-labels.npy")],
      ...["--min-cluster-size", "30", "--runs", "2"],
    );
    const there = clusters.filter(({ inOriginal }) => inOriginal!.verdict === "there").length;
    expect(there / clusters.length).toBeGreaterThan(0.8);
    expect(agreement!.adjustedRand.value!).toBeGreaterThan(0.8);
  });

  it("joins by id and names rows by it", async () => {
    const by = await result(
      file("picture.parquet"),
      ...["--original", file("original.parquet"), "--id", "doc", "--runs", "0", "--min-cluster-size", "20"],
    );
    expect(by.clusters.map(({ inOriginal }) => inOriginal!.verdict)).toEqual(["there", "there", "there"]);
    const order = await result(
      ...[file("picture.npy"), "--original", file("original.npy"), "--runs", "0", "--min-cluster-size", "20"],
    );
    const names = (found: typeof by) => found.clusters.map(({ examples }) => examples.slice().sort()).sort();
    expect(names(by)).toEqual(names(order).map((rows) => rows.map((row) => `d${row}`).sort()));
  });

  it("writes the cluster of each row, and a page", async () => {
    const [out, html] = [file("members.csv"), file("page.html")];
    const { status, out: json } = await run(
      file("picture.npy"),
      ...["--method", "kmeans", "--k", "3", "--original", file("original.npy"), "--runs", "2"],
      ...["--labels", file("classes.csv"), "--out", out, "--html", html, "--json", "-"],
    );
    expect(status).toBe(0);
    const { clusters, members, inertia, agreement } = clusterSchema.parse(JSON.parse(json));
    expect(members).toMatchObject({ path: out, rows: 180 });
    const lines = readFileSync(out, "utf8").trim().split("\n");
    expect(lines[0]).toBe("row,label,cluster,share,margin");
    const counts = new Map<string, number>();
    for (const line of lines.slice(1)) {
      const own = line.split(",")[2]!;
      counts.set(own, (counts.get(own) ?? 0) + 1);
    }
    expect(clusters.map(({ id, size }) => [String(id), size])).toEqual([...counts].sort());
    expect(inertia!).toBeGreaterThan(0);
    expect(agreement!.adjustedRand.value).toBe(1);
    const page = readFileSync(html, "utf8");
    expect(page).toContain("Map of the space by cluster.");
    expect(page).toContain("there in the original");
    const again = await run(file("picture.npy"), "--method", "kmeans", "--k", "3", "--out", out);
    expect(again).toMatchObject({ status: 2, err: expect.stringContaining("exists already") });
  });

  it("says so where there is no cluster", async () => {
    const { status, out } = await run(file("cloud.npy"), "--min-cluster-size", "80");
    expect(status).toBe(0);
    expect(out).toContain("No cluster: no group of 80 rows or more");
    expect(out).toContain("--min-cluster-size 27");
  });

  it.each([
    [["--k", "3"], "--k is for --method kmeans"],
    [["--method", "kmeans"], "--method kmeans needs --k"],
    [["--method", "kmeans", "--k", "3", "--min-samples", "3"], "--min-samples is for --method hdbscan"],
    [["--runs", "1"], "--runs needs 2 or more"],
    [["--min-cluster-size", "181"], "--min-cluster-size"],
    [["--out", "members.doc"], "no format with named columns"],
  ])("says what is wrong: %o", async (args, message) => {
    const { status, err } = await run(file("picture.npy"), ...args);
    expect(status).toBe(2);
    expect(err.replace(/\s+/g, " ")).toContain(message);
  });
});
