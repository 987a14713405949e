import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matrix, rng } from "../../src/base/index.ts";
import { findEngine } from "../../src/engine/index.ts";
import {
  bytesOfRow,
  fitHalf,
  fitLloydMax,
  fitUniform,
  type Quantizer,
  quantize,
  quantized,
  WHOLE,
} from "../../src/reduce/quantize/index.ts";
import { gaussian } from "../matrices.ts";

const rounded = (values: readonly number[], quantizer: Quantizer, cols = 1) => {
  const out = Float32Array.from(values);
  quantize(out, cols, quantizer);
  return [...out];
};

/** The levels of one dimension, as numbers. */
const levelsOf = (quantizer: Quantizer): number[] =>
  quantizer.kind === "lloyd-max"
    ? [...quantizer.levels]
    : quantizer.kind === "uniform"
      ? Array.from({ length: 2 ** quantizer.bits }, (_, l) => quantizer.low[0]! + l * quantizer.step[0]!)
      : [];

describe("half precision", () => {
  it("rounds as numpy.float16 does", () => {
    // python -c "import numpy as np; print(np.array([.1,1/3,2049,65519,1e-7,-3.3e-5,0]).astype('f2').astype('f4').tolist())"
    const known = [
      [0.1, 0.0999755859375],
      [1 / 3, 0.333251953125],
      [2049, 2048],
      [65519, 65504],
      [1e-7, 1.1920928955078125e-7],
      [-3.3e-5, -3.3020973205566406e-5],
      [0, 0],
    ] as const;
    const own = rounded(
      known.map(([value]) => value),
      { kind: "float16", bits: 16, unit: 1 },
    );
    expect(own).toEqual(known.map(([, value]) => value));
  });

  it("keeps 11 digits of values of any size, for they are scaled first", () => {
    const large = matrix([3e9, -1e9, 2.5e8], 3, 1);
    const own = rounded([...large.data], fitHalf(large));
    own.forEach((value, i) => {
      expect(Math.abs(value / large.data[i]! - 1)).toBeLessThan(2 ** -11);
    });
  });
});

describe("levels", () => {
  it("are those of Max (1960) for normal numbers", () => {
    const normal = gaussian(rng(3), 20_000, 1);
    const [below, above] = levelsOf(fitLloydMax(normal, 1)) as [number, number];
    expect(above).toBeCloseTo(Math.sqrt(2 / Math.PI), 1);
    expect(below).toBeCloseTo(-above, 1);
    // Table I: the mean squared error at 2, 4 and 16 levels.
    const errors = [1, 2, 4].map((bits) => {
      const own = rounded([...normal.data], fitLloydMax(normal, bits));
      return own.reduce((sum, value, i) => sum + (value - normal.data[i]!) ** 2, 0) / own.length;
    });
    [0.3634, 0.1175, 0.009497].forEach((known, i) => {
      expect(errors[i]! / known).toBeGreaterThan(0.94);
      expect(errors[i]! / known).toBeLessThan(1.06);
    });
  });

  it("lie at equal steps from the smallest to the largest value", () => {
    const quantizer = fitUniform(matrix([0, 10, 30, 20, 15, 12], 3, 2), 2);
    expect(rounded([4, 11, 26, 17, -9, 99], quantizer, 2).map(Math.round)).toEqual([0, 10, 30, 17, 0, 20]);
  });

  it("take every value to the nearest of them, and what was rounded stays", () => {
    const values = fc.array(fc.float({ min: -100, max: 100, noNaN: true }), { minLength: 3, maxLength: 60 });
    fc.assert(
      fc.property(values, fc.constantFrom(1, 2, 3), fc.boolean(), (training, bits, equal) => {
        const rows = matrix(training, training.length, 1);
        const quantizer = equal ? fitUniform(rows, bits) : fitLloydMax(rows, bits);
        const levels = levelsOf(quantizer);
        const own = rounded(training, quantizer);
        const far = own.map((value, i) => Math.abs(value - rows.data[i]!));
        const least = [...rows.data].map((value) => Math.min(...levels.map((l) => Math.abs(l - value))));
        far.forEach((distance, i) => {
          expect(distance).toBeLessThanOrEqual(least[i]! + 1e-4);
        });
        expect(rounded(own, quantizer)).toEqual(own);
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it("of Lloyd and Max err less than equal steps where values lie unevenly", () => {
    const uneven = matrix(
      [...gaussian(rng(5), 2000, 1).data].map((v) => v ** 3),
      2000,
      1,
    );
    const error = (quantizer: Quantizer) =>
      rounded([...uneven.data], quantizer).reduce((sum, value, i) => sum + (value - uneven.data[i]!) ** 2, 0);
    expect(error(fitLloydMax(uneven, 3))).toBeLessThan(0.7 * error(fitUniform(uneven, 3)));
  });

  it("refuse bits that no byte holds", () => {
    expect(() => fitUniform(matrix([1, 2], 2, 1), 9)).toThrow(/bits/);
    expect(() => fitLloydMax(matrix([1, 2], 2, 1), 0)).toThrow(/bits/);
  });
});

describe("rounded rows", () => {
  it("are the same on one thread and two, and as one by one", async () => {
    const rows = gaussian(rng(7), 700, 12);
    const quantizer = fitLloydMax({ ...rows, data: rows.data.filter((_, at) => at % 12 < 5), cols: 5 }, 3);
    const [one, two] = await Promise.all(
      [1, 2].map(async (threads) =>
        quantized(rows, quantizer, { engine: await findEngine({ threads }), dims: 5 }),
      ),
    );
    expect(one!.cols).toBe(5);
    expect([...one!.data]).toEqual([...two!.data]);
    const last = [...rows.data.subarray(699 * 12, 699 * 12 + 5)];
    expect([...one!.data.subarray(699 * 5)]).toEqual(rounded(last, quantizer, 5));
  });

  it("have length 1 where that is asked for, but for rows of zeros", async () => {
    const rows = matrix([3, 4, 9, 0, 0, 5], 2, 3);
    const options = { engine: await findEngine({ threads: 1 }), dims: 2, unitCodes: true };
    const { data } = await quantized(rows, WHOLE, options);
    expect([...data].map((value) => Number(value.toFixed(6)))).toEqual([0.6, 0.8, 0, 0]);
  });

  it("take so many bytes when packed", () => {
    expect([bytesOfRow(768, 32), bytesOfRow(96, 8), bytesOfRow(96, 1), bytesOfRow(9, 1)]).toEqual([
      3072, 96, 12, 2,
    ]);
  });
});
