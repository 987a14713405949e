import { describe, expect, it } from "vitest";
import { type Matrix, matrix, rng, row, stackRows } from "../../../src/base/index.ts";
import * as graph from "../../../src/graph/index.ts";
import {
  explainRow,
  findAnomalies,
  fitDetector,
  openAutoencoder,
  openLatentScale,
  openScorer,
  packDetector,
  scoreRows,
  unpackDetector,
} from "../../../src/spaces/anomalies/index.ts";
import { isDistorted } from "../../../src/spaces/anomalies/methods.ts";
import { gaussian, mapMatrix } from "../../matrices.ts";
import { column, float, modelOf, side } from "../morph/models.ts";

/** The first two of three columns, and back. */
const encoder = modelOf(3, (x) => graph.slice(x, 1, 0, 2));
const decoder = modelOf(2, (x) => side(x, graph.mul(column(x, 0), float(0))));
/** (u, v) to (exp u, v): lengths along u are stretched by exp u. */
const growing = modelOf(2, (x) => side(graph.exp(column(x, 0)), column(x, 1)));
const threads = { threads: 1 };
const point = (...values: number[]): Matrix => matrix(values, 1, values.length);

describe("what an autoencoder says of rows", () => {
  it("is the length of what does not come back, and the stretch of an isometry, which is 1", async () => {
    const { look, names, twoSided } = await openAutoencoder({ encoder, decoder }, 3, threads);
    expect([names, twoSided]).toEqual([["residual", "decoderStretch"], ["decoderStretch"]]);
    const { given, back } = await look(matrix([1, 2, 0, 4, 5, -3], 2, 3));
    expect([...Array.from(given.residual!)]).toEqual([0, 3]);
    expect(Array.from(back!.data)).toEqual([1, 2, 0, 4, 5, 0]);
    for (const stretch of Array.from(given.decoderStretch!)) expect(stretch).toBeCloseTo(0, 6);
  });

  it("is the root mean square stretch at codes, where there is no encoder", async () => {
    const { look, names } = await openAutoencoder({ decoder: growing }, 2, threads);
    expect(names).toEqual(["decoderStretch"]);
    const { given, back } = await look(matrix([0, 0, 1, 7, -2, 1], 3, 2));
    expect(back).toBeNull();
    [0, 1, -2].forEach((u, i) => {
      expect(given.decoderStretch![i]).toBeCloseTo(Math.log((Math.exp(2 * u) + 1) / 2) / 2, 5);
    });
  });

  it("refuses models that do not fit", async () => {
    const code = (made: Promise<unknown>) => expect(made).rejects.toMatchObject({ code: "bad-value" });
    await code(openAutoencoder({ encoder, decoder: growing }, 3, threads));
    await code(openAutoencoder({ encoder, decoder }, 4, threads));
  });
});

describe("isolation by geometry", () => {
  it("finds rows off the surface of a decoder among codes that are usual, and says along which dimension", async () => {
    const flat = (seed: number, rows: number) =>
      mapMatrix(gaussian(rng(seed), rows, 3), (value, k) => (k === 2 ? 0.1 * value : value));
    const normal = flat(1, 400);
    const off = mapMatrix(gaussian(rng(2), 20, 3), (value, k) => (k === 2 ? 2 : 0.1 * value));
    const points = stackRows([flat(3, 200), off]);
    const { look, twoSided } = await openAutoencoder({ encoder, decoder }, 3, threads);
    const [seen, usual] = [await look(points), await look(normal)];
    const how = { method: "ensemble", members: [], ...threads } as const;
    const detector = await fitDetector(normal, { ...how, given: usual.given, twoSided });
    const labels = Array.from({ length: 220 }, (_, i) => Number(i >= 200));
    const found = await findAnomalies(detector, points, { given: seen.given, labels, ...threads });
    expect(found.evaluation!.rocAuc.value).toBeGreaterThan(0.99);
    const at = 210;
    const given = Object.fromEntries(Object.entries(seen.given).map(([name, all]) => [name, [all[at]!]]));
    const own = { values: row(points, at), usual: row(seen.back!, at) };
    const told = await explainRow(detector, point(...row(points, at)), {
      given,
      madeOf: { residual: own },
      ...threads,
    });
    expect(told.members.map(({ name }) => name)).toEqual(["residual", "decoderStretch"]);
    expect(told.members[0]!.dimensions[0]).toMatchObject({ dimension: 2, usual: 0 });
    expect(told.members[0]!.dimensions[0]!.share).toBeCloseTo(1, 6);
    expect(told.members[1]!.dimensions).toEqual([]);
    const again = unpackDetector(JSON.parse(JSON.stringify(packDetector(detector))));
    expect(await scoreRows(again, points, { given: seen.given, ...threads })).toEqual(found.scores);
    const scorer = await openScorer(again, threads);
    expect((await scorer.score(points, { given: seen.given })).scores).toEqual(found.scores);
    expect((await scorer.score(points, { given: seen.given })).pValues).toEqual(found.pValues);
    await scorer.close();
  });

  it("counts from the median of the normal rows what is strange on either side, and from zero what is not said to be", async () => {
    const normal = gaussian(rng(4), 101, 2);
    const values = Float64Array.from({ length: 101 }, (_, i) => 10 + (i - 50) / 50);
    const options = { method: "given", given: { value: values }, calibration: "none", ...threads } as const;
    const scores = async (twoSided: readonly string[]) =>
      Array.from(
        await scoreRows(await fitDetector(normal, { ...options, twoSided }), gaussian(rng(5), 3, 2), {
          given: { value: [4, 10, 16] },
          ...threads,
        }),
      );
    expect(await scores(["value"])).toEqual([6, 0, 6]);
    expect(await scores([])).toEqual([4, 10, 16]);
    await expect(fitDetector(normal, { ...options, twoSided: ["other"] })).rejects.toMatchObject({
      code: "bad-option",
    });
  });
});

describe("the scale of a latent space near a point", () => {
  /** A strip of data; its codes are the data, but `times` as large in the last third of it. */
  const strip = (times: number) => {
    const random = rng(6);
    const originals = matrix(
      Float32Array.from({ length: 1200 }, (_, at) => (at % 2 === 0 ? 9 : 1) * random.uniform()),
      600,
      2,
    );
    const isPulled = (at: number) => originals.data[at - (at % 2)]! > 6;
    const codes = originals.data.map((value, at) => (isPulled(at) ? times * value : value));
    return { originals, codes: matrix(codes, 600, 2) };
  };

  it("is 1 in an isometry but for a scale", async () => {
    const { originals } = strip(1);
    const { near } = await openLatentScale(
      mapMatrix(originals, (value) => 3 * value),
      originals,
      threads,
    );
    for (const scale of await near(matrix([3, 1, 27, 2], 2, 2))) expect(scale).toBeCloseTo(1, 5);
  });

  it("is large where rows were pulled apart", async () => {
    const { originals, codes } = strip(20);
    const { near } = await openLatentScale(codes, originals, threads);
    const [usual, apart] = await near(matrix([2, 0.5, 160, 10], 2, 2));
    expect(usual).toBeCloseTo(1, 1);
    expect(apart! / 20).toBeCloseTo(1, 0);
    expect([isDistorted(apart!), isDistorted(1.9), isDistorted(0.6), isDistorted(0.4)]).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });

  it("needs as many originals as codes", async () => {
    const { originals } = strip(1);
    await expect(openLatentScale(gaussian(rng(7), 10, 2), originals)).rejects.toMatchObject({
      code: "row-count-mismatch",
    });
  });
});
