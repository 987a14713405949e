import { describe, expect, it } from "vitest";
import { rng, row } from "../../../src/base/index.ts";
import { symmetricEigen } from "../../../src/linalg/index.ts";
import { openRowSolver } from "../../../src/spaces/recommend/als-solve.ts";
import {
  type AlsModel,
  fitAls,
  type Interactions,
  interactionsFrom,
  itemAgreement,
  tasteOf,
} from "../../../src/spaces/recommend/index.ts";
import { columnsOf } from "../../../src/spaces/recommend/interactions.ts";
import { scoresOf } from "../../../src/spaces/recommend/taste.ts";
import { dense, twoCrowds } from "./data.ts";

const product = (x: ArrayLike<number>, y: ArrayLike<number>) =>
  Array.from(x).reduce((sum, value, k) => sum + value * y[k]!, 0);

/** The loss as it is written in the paper, over every user and item. */
function lossOf(interactions: Interactions, { users, items, options }: AlsModel): number {
  const { alpha, regularization } = options;
  let loss = 0;
  dense(interactions).forEach((line, u) => {
    line.forEach((weight, i) => {
      const score = product(row(users, u), row(items, i));
      loss += (1 + alpha * weight) * ((weight > 0 ? 1 : 0) - score) ** 2;
    });
  });
  const squares = [...users.data, ...items.data].reduce((sum, value) => sum + value * value, 0);
  return loss + regularization * squares;
}

describe("the equations of a row", () => {
  // With more entries than factors, and with fewer, other code runs.
  it.each([1, 3, 6, 7, 15])("are solved with %i entries and 6 factors", (m) => {
    const random = rng(m);
    const d = 6;
    const factors = Float64Array.from({ length: 20 * d }, () => random.normal());
    const diagonal = Float64Array.from({ length: d }, () => 1 + random.uniform());
    const columns = Int32Array.from({ length: m }, () => random.integer(20));
    const weights = Float32Array.from({ length: m }, () => 0.5 + random.uniform());
    const pull = Float64Array.from({ length: d }, () => random.normal());
    const z = new Float64Array(d);
    openRowSolver({ d, factors, diagonal, alpha: 3 })({ columns, weights, shift: 0.7, pull }, z);
    for (let k = 0; k < d; k++) {
      let left = (diagonal[k]! + 0.7) * z[k]!;
      let right = pull[k]!;
      columns.forEach((column, p) => {
        const v = factors.subarray(column * d, (column + 1) * d);
        left += 3 * weights[p]! * v[k]! * product(v, z);
        right += (1 + 3 * weights[p]!) * v[k]!;
      });
      expect(left).toBeCloseTo(right, 9);
    }
  });

  // implicit 0.7.3, AlternatingLeastSquares(factors=4, alpha=1, dtype=float64) with these item factors (float32), recalculate_user of a row of 1 + alpha r. It is right to 1e-6.
  it.each([
    {
      liked: [0, 5, 7],
      weights: [1, 1, 1],
      alpha: 1,
      regularization: 0.1,
      x: [0.34208317, 0.19107681, 0.0404345, 0.33667728],
    },
    {
      liked: [1, 2, 3, 4, 8, 11],
      weights: [1, 2, 0.5, 3, 1, 4],
      alpha: 2,
      regularization: 5,
      x: [-0.32824688, -0.4777876, 0.2321186, -0.1404737],
    },
    {
      liked: [9],
      weights: [3],
      alpha: 40,
      regularization: 0.01,
      x: [-0.48922675, -0.20040622, 0.8031723, -0.79208789],
    },
  ])("give the taste that implicit gives: $liked", ({ liked, weights, alpha, regularization, x }) => {
    const y = Array.from({ length: 12 }, (_, i) => [1, 2, 3, 4].map((k) => Math.sin(1 + i * k)));
    const gram = [0, 1, 2, 3].flatMap((j) =>
      [0, 1, 2, 3].map((k) => y.reduce((sum, v) => sum + v[j]! * v[k]!, 0)),
    );
    const { vectors } = symmetricEigen(Float64Array.from(gram), 4);
    const turned = y.flatMap((v) => [0, 1, 2, 3].map((j) => product(v, vectors.subarray(4 * j, 4 * j + 4))));
    const space = {
      kind: "als" as const,
      items: { data: Float32Array.from(turned), rows: 12, cols: 4 },
      itemIds: y.map((_, i) => i),
      popularity: null,
      options: { alpha, regularization },
    };
    scoresOf(space, tasteOf(space, liked, weights).place).forEach((score, i) => {
      expect(score).toBeCloseTo(product(y[i]!, x), 5);
    });
  });
});

describe("alternating least squares", () => {
  const crowds = twoCrowds(1);

  it("minimises the loss of the paper, and never raises it", async () => {
    const model = await fitAls(crowds, { nFactors: 5, alpha: 2, regularization: 0.5, threads: 2 });
    expect(model.loss.at(-1)! / lossOf(crowds, model)).toBeCloseTo(1, 5);
    for (let i = 1; i < model.loss.length; i++)
      expect(model.loss[i]!).toBeLessThanOrEqual(model.loss[i - 1]!);
    // Any other place of a user, or of an item, is worse.
    for (const side of ["users", "items"] as const) {
      const data = model[side].data.slice();
      data[7]! += 0.05;
      expect(lossOf(crowds, { ...model, [side]: { ...model[side], data } })).toBeGreaterThan(
        model.loss.at(-1)!,
      );
    }
  });

  it("leaves users where their taste is", async () => {
    const model = await fitAls(crowds, { nFactors: 5, iterations: 4, threads: 1 });
    for (const user of [0, 1, 79]) {
      const { place } = tasteOf(model, columnsOf(crowds.byUser, user));
      row(model.users, user).forEach((value, k) => {
        expect(place[k]).toBeCloseTo(value, 5);
      });
    }
  });

  it("has the same bytes on any number of threads, with and without W; another seed has others (control)", async () => {
    for (const itemDistances of [0, 2]) {
      const fitWith = (threads: number, seed = 0) =>
        fitAls(crowds, { nFactors: 4, iterations: 3, itemDistances, threads, seed });
      const [one, two, three, other] = [
        await fitWith(1),
        await fitWith(2),
        await fitWith(3),
        await fitWith(1, 5),
      ];
      for (const more of [two, three]) {
        expect(more.items.data).toEqual(one.items.data);
        expect(more.users.data).toEqual(one.users.data);
        expect(more.loss).toEqual(one.loss);
      }
      expect(other.items.data).not.toEqual(one.items.data);
    }
  });

  it("says whether it converged", async () => {
    const short = await fitAls(crowds, { nFactors: 4, iterations: 2, threads: 1 });
    expect(short).toMatchObject({ converged: false, iterations: 2 });
    expect(short.warnings[0]!.code).toBe("no-convergence");
    const long = await fitAls(crowds, { nFactors: 2, iterations: 500, threads: 1 });
    expect(long).toMatchObject({ converged: true, warnings: [] });
    expect(long.iterations).toBeLessThan(500);
  });

  it("refuses options without meaning, and stops when asked", async () => {
    await expect(fitAls(crowds, { nFactors: 0 })).rejects.toThrow(/nFactors/);
    await expect(fitAls(crowds, { alpha: 0 })).rejects.toThrow(/alpha must be a number above 0/);
    await expect(fitAls(crowds, { regularization: 0 })).rejects.toThrow(/regularization must be/);
    await expect(fitAls(crowds, { itemDistances: -1 })).rejects.toThrow(/itemDistances/);
    const stop = new AbortController();
    const onProgress = () => stop.abort();
    await expect(fitAls(crowds, { signal: stop.signal, onProgress })).rejects.toMatchObject({
      code: "aborted",
    });
  });

  it("takes users and items of which nothing is left", async () => {
    const all = interactionsFrom({ users: ["a", "a", "b"], items: ["x", "y", "y"] });
    const starts = all.byUser.starts.slice();
    starts[2] = starts[1]!;
    const model = await fitAls({ ...all, byUser: { ...all.byUser, starts } }, { nFactors: 1, threads: 1 });
    expect([...row(model.users, 1)]).toEqual([0]);
  });
});

describe("co-preference distances", () => {
  const crowds = twoCrowds(2, 0.8);

  it("are kept better with a larger W, at the cost of the fit, and no sweep raises the loss", async () => {
    const fits = await Promise.all(
      [0, 0.3, 3].map((itemDistances) =>
        fitAls(crowds, { nFactors: 8, regularization: 1, itemDistances, iterations: 100, threads: 2 }),
      ),
    );
    for (const { loss } of fits) {
      for (let i = 1; i < loss.length; i++) expect(loss[i]!).toBeLessThanOrEqual(loss[i - 1]! * (1 + 1e-12));
    }
    const kept = fits.map((model) => itemAgreement(crowds, model.items).euclidean.value);
    expect(kept[1]!).toBeGreaterThan(kept[0]! + 0.02);
    expect(kept[2]!).toBeGreaterThan(kept[1]!);
    expect(lossOf(crowds, fits[2]!)).toBeGreaterThan(lossOf(crowds, fits[0]!));
  });
});
