import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { frameAnchors } from "../../src/align/frame.ts";
import { streamAnchors } from "../../src/align/frame-stream.ts";
import { align } from "../../src/align/index.ts";
import { type Matrix, rng, type StoredMatrix } from "../../src/base/index.ts";
import { findEngine } from "../../src/engine/index.ts";
import { openAlgebra } from "../../src/linalg/index.ts";
import { gaussian, mapMatrix, rotate } from "../matrices.ts";

/* Spaces too large to hold: their rows stay in files, and the last map is fitted to sums over all of them. */

const folder = mkdtempSync(join(tmpdir(), "isometer-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

const threads = 2;

/** The matrix in a file, behind 16 bytes of something else. */
function stored(m: Matrix, name: string): StoredMatrix {
  const path = join(folder, name);
  const bytes = new Uint8Array(16 + m.data.byteLength).fill(7);
  bytes.set(new Uint8Array(m.data.buffer, m.data.byteOffset, m.data.byteLength), 16);
  writeFileSync(path, bytes);
  return { stored: { path, offset: 16 }, rows: m.rows, cols: m.cols };
}

const noisy = (m: Matrix, sigma: number, seed: number) => {
  const random = rng(seed);
  return mapMatrix(m, (value) => value + sigma * random.normal());
};

const from = mapMatrix(gaussian(rng(1), 600, 8), (value, col) => value * (1 + col / 4) + 2);
const to = noisy(rotate(from, rng(2)), 0.3, 3);

describe("spaces in files", () => {
  it.each([
    [{}],
    [{ metric: "euclidean" }],
    [{ methods: ["orthogonal", "cca"] }],
    [{ search: "csls", methods: ["orthogonal"] }],
  ] as const)("are aligned to the same result and the same map as in memory: %o", async (how) => {
    const options = { ...how, threads, queries: 100 };
    const held = await align(from, to, options);
    const read = await align(stored(from, "from.f32"), stored(to, "to.f32"), options);
    expect(read.alignment).toEqual(held.alignment);
    expect(read.save()).toEqual(held.save());
  });
});

describe("sums over rows that are read", () => {
  it.each([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ])(
    "give the frames of rows that are held (unit rows %o, origin fixed %o)",
    async (unitRows, fixedOrigin) => {
      const engine = await findEngine({ threads });
      const algebra = openAlgebra(engine);
      const options = { algebra, engine, unitRows, bounds: { fixedOrigin } };
      const held = await frameAnchors(from, to, options);
      const read = await streamAnchors(stored(from, "sums-from.f32"), stored(to, "sums-to.f32"), options);
      await algebra.close();
      for (const side of ["from", "to"] as const) {
        expect(distance(read[side].mean, held[side].mean)).toBeLessThan(1e-5);
        expect(distance(read[side].lengths, held[side].lengths)).toBeLessThan(1e-5);
      }
      // Axes may point either way; what lies between the spaces may not.
      const between = async ({ from: x, to: y, cross }: typeof held) =>
        (await algebra.multiply(await algebra.multiply(x.basis, cross, { transA: true }), y.basis)).data;
      expect(distance(await between(read), await between(held))).toBeLessThan(1e-5);
    },
  );
});

describe("more pairs than are held", () => {
  const random = rng(4);
  const many = gaussian(random, 6000, 6);
  const turned = rotate(many, rng(5));
  const partners = noisy(turned, 0.5, 6);
  const options = { threads, metric: "euclidean", queries: 100, methods: ["orthogonal"] } as const;

  it("are tried with some, and the last map is fitted to all: it is as near to the truth as that of all", async () => {
    const some = await align(many, partners, { ...options, heldValues: 12 * 300 });
    const all = await align(many, partners, options);
    expect(some.alignment.anchors).toBeLessThan(350);
    expect(some.alignment.warnings.map(({ code }) => code)).toEqual(["sampled-trials"]);
    expect(all.alignment.warnings).toEqual([]);
    const [streamed, held] = [await some.transform(many), await all.transform(many)];
    expect(distance(streamed.data, held.data)).toBeLessThan(1e-4);
    expect(distance(streamed.data, turned.data)).toBeLessThan(2 * 0.5 * Math.sqrt(5 / 12_000));
    const few = await align(many, partners, { ...options, heldValues: 12 * 300, methods: ["local"] });
    expect(few.alignment.warnings.map(({ code }) => code)).toEqual(["pairs-unused"]);
    // The control: a map of the few is not as near.
    const bent = await few.transform(many);
    expect(distance(bent.data, turned.data)).toBeGreaterThan(2 * 0.5 * Math.sqrt(5 / 12_000));
  });

  it("and a long search: shuffled pairs and the curve are scored with every 4th query, and that is said", async () => {
    const whole = await align(from, to, { ...options, sampleBeyond: Number.POSITIVE_INFINITY });
    const sampled = await align(from, to, { ...options, sampleBeyond: 1 });
    expect(sampled.alignment.warnings.map(({ code }) => code)).toEqual(["sampled-search"]);
    expect(sampled.alignment.methods[0]!.recall.value).toBe(whole.alignment.methods[0]!.recall.value);
    const scored = sampled.alignment.tested;
    const counts = sampled.alignment.learningCurve.map(({ n }) => n);
    expect(new Set(counts.slice(0, -1))).toEqual(new Set([Math.ceil(scored / 4)]));
    expect(counts.at(-1)).toBe(scored);
    expect(whole.alignment.learningCurve.every(({ n }) => n === scored)).toBe(true);
  });
});

/** |a - b| / |b| */
function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [apart, size] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    apart += (a[i]! - b[i]!) ** 2;
    size += b[i]! ** 2;
  }
  return size > 0 ? Math.sqrt(apart / size) : Math.sqrt(apart);
}
