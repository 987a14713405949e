import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type Matrix, rng, rowsFromMatrix, type StoredMatrix } from "../../src/base/index.ts";
import { inspectPoints, openSource, readPair, writeNpy } from "../../src/data/index.ts";
import { findEngine } from "../../src/engine/index.ts";
import { pca, project } from "../../src/linalg/index.ts";
import { audit } from "../../src/measure/index.ts";
import { gaussian, mapMatrix } from "../matrices.ts";

/* Points whose values stay in a file give what they give in memory, to the bit. */

const folder = mkdtempSync(join(tmpdir(), "isometer-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The matrix in a file, behind `offset` bytes of something else. */
function stored(m: Matrix, name: string, offset = 12): StoredMatrix {
  const path = join(folder, name);
  const bytes = new Uint8Array(offset + m.data.byteLength).fill(7);
  bytes.set(new Uint8Array(m.data.buffer, m.data.byteOffset, m.data.byteLength), offset);
  writeFileSync(path, bytes);
  return { stored: { path, offset }, rows: m.rows, cols: m.cols };
}

const x = mapMatrix(gaussian(rng(1), 700, 24), (v, col) => v * (1 + col / 6) + 3);
const z = mapMatrix(x, (v, col) => (col < 3 ? v : v / 10));

describe("an audit of stored points", () => {
  it.each([
    ["euclidean", {}],
    ["cosine", { sample: 90 }],
    ["manhattan", { sample: 90 }],
    ["euclidean", { sample: 120 }],
  ] as const)("is the same as in memory (%s, %o)", async (metric, how) => {
    const options = { ...how, metric, latentMetric: metric, nNeighbors: 9 };
    const held = await audit(x, z, options);
    const read = await audit(stored(x, "x.f32"), stored(z, "z.f32", 0), options);
    expect(read).toEqual(held);
  });

  it("has the same principal components", async () => {
    const options = { engine: await findEngine({ threads: 2 }), unitRows: true };
    const map = await pca(x, 4, options);
    const same = await pca(stored(x, "pca.f32"), 4, options);
    expect(same).toEqual(map);
    const path = stored(x, "project.f32");
    expect((await project(path, same, options)).data).toEqual((await project(x, map, options)).data);
  });

  it("sees that another file has taken the path", async () => {
    const first = await audit(stored(x, "same.f32"), z, { scores: ["stress"] });
    const second = await audit(
      stored(
        mapMatrix(x, (v) => v * v),
        "same.f32",
      ),
      z,
      { scores: ["stress"] },
    );
    expect(second.scores.stress!.value).not.toBe(first.scores.stress!.value);
  });

  it("says so when the file becomes shorter", async () => {
    const cut = { ...stored(x, "short.f32"), rows: 800 };
    await expect(audit(cut, { ...z, rows: 800, data: new Float32Array(800 * 24) })).rejects.toMatchObject({
      code: expect.stringMatching(/truncated|engine-failed/),
    });
  });
});

describe("reading what is too large to hold", () => {
  it("leaves .npy where it is, and writes other formats to a temporary file that goes away", async () => {
    const npy = join(folder, "large.npy");
    await writeNpy(npy, rowsFromMatrix(x));
    const double = join(folder, "double.npy");
    await writeNpy(double, rowsFromMatrix(x), { dtype: "float64" });
    const [a, b] = [await openSource(npy, { range: { start: 100, end: 650 } }), await openSource(double)];
    const cut = await openSource(double, { range: { start: 100, end: 650 } });
    const pair = await readPair(a, cut, { heldBytes: 1000 });
    const [first, second] = [pair.original as StoredMatrix, pair.latent as StoredMatrix];
    expect(first.stored.path).toBe(npy);
    expect(second.stored.path.startsWith(tmpdir())).toBe(true);
    const options = { nNeighbors: 9, scores: ["stress", "trustworthiness"] } as const;
    const { scores } = await audit(first, second, options);
    expect(scores.stress!.value).toBeLessThan(1e-6);
    expect(scores.trustworthiness!.value).toBe(1);
    await pair.close();
    await expect(audit(second, second, options)).rejects.toMatchObject({ code: "missing-file" });
    for (const source of [a, b, cut]) await source.close();
  });

  it("refuses a file that was written to since it was opened", async () => {
    const npy = join(folder, "replaced.npy");
    await writeNpy(npy, rowsFromMatrix(x));
    const a = await openSource(npy);
    const { original, latent, close } = await readPair(a, a, { heldBytes: 1000 });
    const options = { nNeighbors: 9, scores: ["stress"] } as const;
    await audit(original, latent, options);
    const other = join(folder, "other.npy");
    await writeNpy(other, rowsFromMatrix(mapMatrix(x, (v) => -v)));
    renameSync(other, npy);
    await expect(audit(original, latent, options)).rejects.toMatchObject({
      code: "missing-file",
      message: expect.stringContaining("replaced.npy"),
      hint: expect.stringContaining("during an audit"),
    });
    await close();
    await a.close();
  });

  it("is looked through as a matrix is", async () => {
    const twice = mapMatrix(x, (v, col, row) => (col === 5 ? 1 : row === 600 ? x.data[3 * 24 + col]! : v));
    const twin = mapMatrix(twice, (v, col, row) => (row === 600 ? twice.data[3 * 24 + col]! : v));
    const held = await inspectPoints(twin, "it", "euclidean");
    expect(held.warnings.map(({ code }) => code)).toEqual(["constant-columns", "duplicate-rows"]);
    expect(await inspectPoints(stored(twin, "twin.f32"), "it", "euclidean")).toEqual(held);
    const holes = mapMatrix(x, (v, col, row) => (row === 650 && col === 2 ? Number.NaN : v));
    await expect(inspectPoints(stored(holes, "nan.f32"), "it", "euclidean")).rejects.toMatchObject({
      code: "non-finite",
      message: expect.stringContaining("650"),
    });
  });
});
