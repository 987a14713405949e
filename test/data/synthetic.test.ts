import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { collectRows, IsometerError, type Rows, row } from "../../src/base/index.ts";
import { makeSynthetic, SYNTHETIC_KINDS, type SyntheticKind } from "../../src/data/synthetic/index.ts";
import { spiralArcLength } from "../../src/data/synthetic/rolls.ts";
import { both, chordSum, distance, distances } from "./synthetic-kit.ts";

const KINDS = Object.keys(SYNTHETIC_KINDS) as SyntheticKind[];

async function bytes(source: Rows, range?: { start: number; end: number }): Promise<Buffer> {
  return Buffer.from((await collectRows(source, range)).data.buffer);
}

describe.each(KINDS)("%s", (kind) => {
  const options = { rows: 2500, seed: 3, noise: 0.1 };

  it("gives the same bytes for the same seed, and others for another", async () => {
    const first = makeSynthetic(kind, options);
    const again = makeSynthetic(kind, options);
    const other = makeSynthetic(kind, { ...options, seed: 4 });
    expect((await bytes(again.rows)).equals(await bytes(first.rows))).toBe(true);
    expect((await bytes(again.truth)).equals(await bytes(first.truth))).toBe(true);
    expect((await bytes(other.rows)).equals(await bytes(first.rows))).toBe(false);
  });

  it("gives a range the bytes that it has in the whole, and in a longer space", async () => {
    const space = makeSynthetic(kind, options);
    const longer = makeSynthetic(kind, { ...options, rows: 5000 });
    for (const source of ["rows", "truth"] as const) {
      const whole = await collectRows(space[source]);
      for (const [start, end] of [
        [0, 1],
        [1000, 1100],
        [1024, 2048],
        [2047, 2500],
        [7, 2499],
        [9, 9],
      ] as const) {
        const part = Buffer.from(whole.data.slice(start * whole.cols, end * whole.cols).buffer);
        expect((await bytes(space[source], { start, end })).equals(part)).toBe(true);
        expect((await bytes(longer[source], { start, end })).equals(part)).toBe(true);
      }
    }
  });

  it("keeps every length when it is embedded in more columns", async () => {
    const { x: natural } = await both(kind, { rows: 60, seed: 1 });
    const { x: wide } = await both(kind, {
      rows: 60,
      seed: 1,
      cols: natural.cols + 9,
      ...(SYNTHETIC_KINDS[kind].anyDims && { dims: natural.cols }),
    });
    expect(wide.cols).toBe(natural.cols + 9);
    const a = distances(natural);
    const scale = Math.max(...a);
    const worst = Math.max(...distances(wide).map((d, p) => Math.abs(d - a[p]!)));
    expect(worst).toBeLessThan(1e-6 * scale);
  });

  it("leaves the truth alone when noise is added, and adds as much as was asked", async () => {
    const clean = await both(kind, { rows: 1500, seed: 2 });
    const noisy = await both(kind, { rows: 1500, seed: 2, noise: 0.25 });
    expect(noisy.t.data).toEqual(clean.t.data);
    const difference = Float64Array.from(noisy.x.data, (v, p) => v - clean.x.data[p]!);
    const n = difference.length;
    const mean = difference.reduce((s, v) => s + v, 0) / n;
    const sd = Math.sqrt(difference.reduce((s, v) => s + (v - mean) ** 2, 0) / n);
    // Five standard errors: sd / sqrt(n) for a mean, sd / sqrt(2 n) for a standard deviation.
    expect(Math.abs(mean)).toBeLessThan((5 * 0.25) / Math.sqrt(n));
    expect(Math.abs(sd - 0.25)).toBeLessThan((5 * 0.25) / Math.sqrt(2 * n));
  });

  it("names one truth column per column, and says what it is", () => {
    const { truth, truthColumns, about } = makeSynthetic(kind, { rows: 5 });
    expect(truthColumns).toHaveLength(truth.cols);
    expect(about).toContain(kind);
    expect(about).toContain("Truth:");
  });

  it("has a truth whose short distances are those of the rows, exactly where the table says so", async () => {
    // Ratio of lengths over pairs that are so near in truth that the space is straight between them.
    const shape = SYNTHETIC_KINDS[kind];
    if (shape.truthColumns(2).some((name) => ["cluster", "sphere"].includes(name))) return;
    const { x, t } = await both(kind, { rows: 2500, seed: 5, ...(shape.anyDims && { dims: 2 }) });
    const ratios: number[] = [];
    for (let i = 0; i < x.rows; i++) {
      for (let j = i + 1; j < x.rows; j++) {
        const truth = distance(t, i, j);
        if (truth > 1e-3 && truth < 0.2) ratios.push(distance(x, i, j) / truth);
      }
    }
    expect(ratios.length).toBeGreaterThan(50);
    const worst = ratios.reduce((most, r) => Math.max(most, Math.abs(Math.log(r))), 0);
    // A chord over an arc of length a with curvature 1/R is short by a^2 / (24 R^2): below 2e-3 here.
    if (shape.chart === "none") expect(worst).toBeGreaterThan(0.3);
    else expect(worst).toBeLessThan(4e-3);
  });
});

describe("truth in arc length", () => {
  it("equals the sum of chords along the spiral, at any angle", () => {
    const spiral = (t: number) => [t * Math.cos(t), t * Math.sin(t)];
    fc.assert(
      fc.property(fc.double({ min: 0, max: 15, noNaN: true }), (theta) => {
        expect(spiralArcLength(theta)).toBeCloseTo(chordSum(spiral, 0, theta, 4000), 3);
      }),
      { numRuns: 30, seed: 1 },
    );
  });

  it.each(["swiss-roll", "swiss-roll-hole"] as const)("holds for the rows of %s", async (kind) => {
    const { x, t } = await both(kind, { rows: 40, seed: 8 });
    for (let i = 0; i < x.rows; i++) {
      const [a, h, b] = row(x, i) as unknown as [number, number, number];
      const theta = Math.hypot(a, b);
      const arc = chordSum((s) => [s * Math.cos(s), s * Math.sin(s)], 1.5 * Math.PI, theta);
      expect(Math.abs(t.data[2 * i]! - arc)).toBeLessThan(1e-3);
      expect(t.data[2 * i + 1]).toBe(h);
    }
  });

  it("holds for the S-curve and the helix between any two rows", async () => {
    const s = (t: number) => [Math.sin(t), Math.sign(t) * (Math.cos(t) - 1)];
    const curve = await both("s-curve", { rows: 30, seed: 8 });
    const helix = await both("helix", { rows: 30, seed: 8 });
    for (let i = 1; i < 30; i++) {
      const [a, b] = [curve.t.data[2 * (i - 1)]!, curve.t.data[2 * i]!];
      expect(Math.abs(chordSum(s, a, b) - Math.abs(a - b))).toBeLessThan(1e-4);
      const [u, v] = [helix.x.data[3 * (i - 1) + 2]! * 2, helix.x.data[3 * i + 2]! * 2];
      const along = chordSum((t) => [Math.cos(t), Math.sin(t), t / 2], u, v);
      expect(Math.abs(along - Math.abs(helix.t.data[i]! - helix.t.data[i - 1]!))).toBeLessThan(1e-3);
    }
  });

  it("is far from the straight distance where the roll is rolled (negative control)", async () => {
    const { x, t } = await both("swiss-roll", { rows: 200, seed: 8 });
    const truth = distances(t);
    const ratios = distances(x).map((d, p) => truth[p]! / d);
    expect(Math.max(...ratios)).toBeGreaterThan(5);
    expect(Math.min(...ratios)).toBeGreaterThan(1 - 1e-5);
  });

  it("wraps on the flat torus: the geodesic is never shorter than the chord, the unwrapped one is longer", async () => {
    const { x, t } = await both("flat-torus", { rows: 150, seed: 8 });
    const chords = distances(x);
    let unwrapped = 0;
    let p = 0;
    for (let i = 0; i < x.rows; i++) {
      for (let j = i + 1; j < x.rows; j++, p++) {
        const steps = [0, 1].map((k) => Math.abs(t.data[2 * i + k]! - t.data[2 * j + k]!));
        const geodesic = Math.hypot(...steps.map((d) => Math.min(d, 2 * Math.PI - d)));
        expect(geodesic).toBeGreaterThan(chords[p]! - 1e-5);
        expect(geodesic).toBeLessThan((Math.PI / 2) * chords[p]! + 1e-5);
        if (Math.hypot(...steps) > (Math.PI / 2) * chords[p]! + 1e-3) unwrapped++;
      }
    }
    expect(unwrapped).toBeGreaterThan(100);
  });
});

describe("where the rows lie", () => {
  it("is on the surface", async () => {
    const { x: ball, t } = await both("sphere", { rows: 300 });
    const { x: ring } = await both("torus", { rows: 300 });
    for (let i = 0; i < 300; i++) {
      const [a, b, c] = row(ball, i) as unknown as [number, number, number];
      expect(Math.hypot(a, b, c)).toBeCloseTo(1, 6);
      expect(Math.cos(t.data[2 * i + 1]!) * Math.cos(t.data[2 * i]!)).toBeCloseTo(a, 6);
      expect(Math.sin(t.data[2 * i + 1]!)).toBeCloseTo(c, 6);
      const [u, v, w] = row(ring, i) as unknown as [number, number, number];
      expect(Math.hypot(Math.hypot(u, v) - 2, w)).toBeCloseTo(1, 5);
    }
  });

  it("is uniform by area on the torus: cos v averages 1/4, not 0", async () => {
    const { t } = await both("torus", { rows: 20000 });
    let sum = 0;
    for (let i = 0; i < t.rows; i++) sum += Math.cos(t.data[2 * i + 1]!);
    // E[cos v] = r / (2 R) = 1/4 under density (2 + cos v); standard error about .005.
    expect(Math.abs(sum / t.rows - 0.25)).toBeLessThan(0.025);
  });

  it("leaves the hole of the Swiss roll empty and nothing else", async () => {
    const count = async (kind: SyntheticKind) => {
      const { x } = await both(kind, { rows: 5000 });
      let inside = 0;
      for (let i = 0; i < x.rows; i++) {
        const [a, h, b] = row(x, i) as unknown as [number, number, number];
        const theta = Math.hypot(a, b);
        if (theta > 2.5 * Math.PI + 1e-4 && theta < 3.5 * Math.PI - 1e-4 && h > 7.0001 && h < 13.9999)
          inside++;
      }
      return inside;
    };
    expect(await count("swiss-roll-hole")).toBe(0);
    expect(await count("swiss-roll")).toBeGreaterThan(450);
  });

  it("is at the stated radius around the stated centre for nested spheres", async () => {
    const { x, t, space } = await both("spheres", { rows: 2000, cols: 120 });
    const counts = new Array<number>(11).fill(0);
    for (let i = 0; i < x.rows; i++) {
      const number = t.data[i]!;
      counts[number]!++;
      const away = Math.hypot(...row(x, i).map((v, k) => v - space.centres!.data[number * 120 + k]!));
      expect(away).toBeCloseTo(number === 10 ? 25 : 5, 4);
    }
    // Half of the rows are on the outer sphere: 1,000 give or take five standard deviations of 22.
    expect(Math.abs(counts[10]! - 1000)).toBeLessThan(112);
    expect(Math.min(...counts)).toBeGreaterThan(50);
  });

  it("has mixture components around their centres with variance 1, and not around the others", async () => {
    const { x, t, space } = await both("mixture", { rows: 6000, dims: 4, cols: 9, seed: 6 });
    const centres = space.centres!;
    for (let k = 0; k < centres.rows; k++) {
      const members = Array.from({ length: x.rows }, (_, i) => i).filter((i) => t.data[i] === k);
      expect(Math.abs(members.length - 600)).toBeLessThan(120);
      const mean = Array.from(
        { length: x.cols },
        (_, c) => members.reduce((s, i) => s + x.data[i * x.cols + c]!, 0) / members.length,
      );
      const off = Math.hypot(...mean.map((v, c) => v - centres.data[k * x.cols + c]!));
      // n |mean - centre|^2 is chi-square with 4 degrees of freedom: below 25 but for 5 in 100,000.
      expect(members.length * off * off).toBeLessThan(25);
      const other = (k + 1) % centres.rows;
      const wrong = Math.hypot(...mean.map((v, c) => v - centres.data[other * x.cols + c]!));
      expect(members.length * wrong * wrong).toBeGreaterThan(200);
      const spread = members.reduce(
        (s, i) => s + Math.hypot(...row(x, i).map((v, c) => v - mean[c]!)) ** 2,
        0,
      );
      expect(spread / members.length / 4).toBeGreaterThan(0.85);
      expect(spread / members.length / 4).toBeLessThan(1.15);
    }
  });
});

describe("options", () => {
  const code = (make: () => unknown) => {
    try {
      make();
    } catch (error) {
      expect(error).toBeInstanceOf(IsometerError);
      return (error as IsometerError).code;
    }
    return "none";
  };

  it("that cannot be met are refused with the reason", () => {
    expect(code(() => makeSynthetic("swiss-roll", { cols: 2 }))).toBe("bad-option");
    expect(code(() => makeSynthetic("spheres", { cols: 100 }))).toBe("bad-option");
    expect(code(() => makeSynthetic("swiss-roll", { dims: 4 }))).toBe("bad-option");
    expect(code(() => makeSynthetic("gaussian", { dims: 4, cols: 3 }))).toBe("bad-option");
    expect(code(() => makeSynthetic("gaussian", { rows: 0 }))).toBe("bad-option");
    expect(code(() => makeSynthetic("gaussian", { noise: -1 }))).toBe("bad-option");
    expect(code(() => makeSynthetic("gaussian", { noise: Number.NaN }))).toBe("bad-option");
    expect(() => makeSynthetic("swis-roll" as SyntheticKind)).toThrow(/no synthetic space "swis-roll"/);
    expect(code(() => makeSynthetic("toString" as SyntheticKind))).toBe("bad-option");
  });

  it("that are left out have the natural width; fewer columns narrow what has no shape of its own", () => {
    expect(makeSynthetic("swiss-roll").rows).toMatchObject({ rows: 2000, cols: 3 });
    expect(makeSynthetic("gaussian").rows.cols).toBe(10);
    expect(makeSynthetic("gaussian", { cols: 3 }).truth.cols).toBe(3);
    expect(makeSynthetic("mixture", { cols: 768 }).centres).toMatchObject({ rows: 10, cols: 768 });
  });

  it("for a range outside the rows are refused when it is read", async () => {
    const { rows } = makeSynthetic("line", { rows: 10 });
    await expect(collectRows(rows, { start: 5, end: 11 })).rejects.toMatchObject({ code: "bad-range" });
  });
});

it("streams a space that would not fit: a block in the middle of a billion rows comes at once", async () => {
  const { rows } = makeSynthetic("mixture", { rows: 1e9, cols: 768 });
  const m = await collectRows(rows, { start: 5e8, end: 5e8 + 10 });
  expect(m.rows).toBe(10);
  expect(m.data.every(Number.isFinite)).toBe(true);
});
