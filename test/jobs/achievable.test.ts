import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type Matrix, rng } from "../../src/base/index.ts";
import { findEngine } from "../../src/engine/index.ts";
import { smacofMap } from "../../src/jobs/achievable.ts";
import { type AuditOptions, audit, auditAll } from "../../src/measure/index.ts";
import { achievableWords } from "../../src/report/index.ts";
import { gaussian, mapMatrix, readMatrix } from "../matrices.ts";

const engine = await findEngine({ threads: 2 });
const how = { metric: "euclidean", engine, seed: 0, watch: {} } as const;
const example = (name: string, rows?: number) =>
  readMatrix(fileURLToPath(new URL(`../../examples/digits${name}.npy`, import.meta.url)), rows);

/** An audit with the map that the command line fits. */
async function audited(original: Matrix, latent: Matrix, options: AuditOptions = {}) {
  const { achievable } = await smacofMap(original, latent, { ...how, metric: options.metric ?? "euclidean" });
  return audit(original, latent, { ...options, achievable: achievable! });
}

describe("what is achievable", () => {
  it("of all rows, where they are few: the latent's own score stands beside it as it is", async () => {
    const { scores, options } = await audited(await example("", 300), await example("-pca", 300));
    expect(options.achievable).toBe("SMACOF on 300 landmarks");
    const { stress, trustworthiness } = scores;
    expect(stress!.achievable).toMatchObject({ name: options.achievable, m: 300, here: stress!.value });
    expect(stress!.achievable!.value).toBeLessThan(0.9 * stress!.value);
    expect(trustworthiness!.achievable!.here).toBe(trustworthiness!.value);
    for (const [name, score] of Object.entries(scores)) {
      expect(score.achievable, name).toMatchObject({ m: 300, here: score.value });
      expect(Number.isFinite(score.achievable!.value), name).toBe(true);
    }
    expect(achievableWords(scores, 300, 2)).toMatch(
      /^On all 300 rows the best map found to 2 dimensions \(SMACOF\) has stress 0\.3\d\d, this latent 0\.\d{3}\.$/,
    );
  });

  it("of 1,000 landmarks, where there are more: only `here` is comparable", async () => {
    const { scores } = await audited(await example(""), await example("-tsne"), {
      scores: ["stress", "neighborRecall"],
    });
    const { stress, neighborRecall } = scores;
    expect(stress!.achievable).toMatchObject({ m: 1000, name: "SMACOF on 1,000 landmarks" });
    expect(stress!.achievable!.here).not.toBe(stress!.value);
    expect(Math.abs(stress!.achievable!.here - stress!.value)).toBeLessThan(0.02);
    // Fitted to distances, SMACOF is no bound for neighbours.
    expect(neighborRecall!.achievable!.value).toBeLessThan(neighborRecall!.achievable!.here);
  });

  it("is nothing better once a latent is such a map itself (control: its rows shuffled)", async () => {
    const x = await example("", 400);
    const { achievable } = await smacofMap(x, await example("-pca", 400), how);
    const names = ["stress"] as const;
    const { scores } = await audit(x, achievable!.latent, { achievable: achievable!, scores: names });
    expect(scores.stress!.achievable!.value).toBe(scores.stress!.value);
    expect(achievableWords(scores, 400, 2)).toMatch(
      /^On all 400 rows no map found to 2 dimensions keeps distances much better: SMACOF, fitted to them alone, has stress/,
    );
    const latent = mapMatrix(
      achievable!.latent,
      (_, col, row) => achievable!.latent.data[((row * 7) % 400) * 2 + col]!,
    );
    const shuffled = await audit(x, latent, { achievable: achievable!, scores: names });
    expect(achievableWords(shuffled.scores, 400, 2)).toMatch(/the best map found/);
  });

  it("is of the metric at hand, and measured once for several latents", async () => {
    const x = await example("", 200);
    const scaled = mapMatrix(x, (v, _, row) => v * (1 + (row % 3)));
    const z = await example("-umap", 200);
    const cosine = { ...how, metric: "cosine" } as const;
    const [one, other] = [await smacofMap(x, z, cosine), await smacofMap(scaled, z, cosine)];
    expect(other.achievable!.latent.data.length).toBe(400);
    const achievable = one.achievable!;
    const audits = await auditAll(
      scaled,
      [
        { name: "a", latent: z, achievable },
        { name: "b", latent: mapMatrix(z, (v) => 2 * v), achievable },
      ],
      { metric: "cosine", scores: ["stress"] },
    );
    const [a, b] = audits.map(({ scores }) => scores.stress!.achievable!);
    expect(a!.value).toBe(b!.value);
    expect(Math.abs(a!.here - b!.here)).toBeLessThan(1e-6);
    expect(a!.value).toBeLessThan(a!.here);
  });

  it("is none where the latent is no smaller, or wide beside the rows; what cannot be measured is the audit's to refuse", async () => {
    const none = { achievable: null, warnings: [] };
    const x = gaussian(rng(1), 30, 9);
    expect(await smacofMap(x, x, how)).toEqual(none);
    expect(await smacofMap(x, gaussian(rng(2), 30, 8), how)).toEqual(none);
    expect((await smacofMap(x, gaussian(rng(2), 30, 7), how)).achievable!.latent.cols).toBe(7);
    const wide = gaussian(rng(3), 600, 200);
    expect(await smacofMap(wide, gaussian(rng(4), 600, 126), how)).toEqual(none);
    const hole = mapMatrix(x, (v, _, row) => (row === 3 ? Number.NaN : v));
    expect(await smacofMap(hole, gaussian(rng(2), 30, 2), how)).toEqual(none);
    const zero = mapMatrix(x, (v, _, row) => (row === 3 ? 0 : v));
    expect(await smacofMap(zero, gaussian(rng(2), 30, 2), { ...how, metric: "cosine" })).toEqual(none);
    const flat = await smacofMap(
      mapMatrix(x, () => 1),
      gaussian(rng(2), 30, 2),
      how,
    );
    expect(flat.warnings).toEqual([]);
  });

  it("uses a smaller k where landmarks are few", async () => {
    const { scores } = await audited(gaussian(rng(5), 8, 4), gaussian(rng(6), 8, 2), { nNeighbors: 3 });
    expect(scores.trustworthiness!.achievable!.here).toBe(scores.trustworthiness!.value);
  });
});

describe("its progress", () => {
  it("is that of the fit alone, and it stops on request", async () => {
    const stages = new Set<string>();
    const controller = new AbortController();
    const x = gaussian(rng(7), 200, 6);
    const z = gaussian(rng(8), 200, 2);
    await smacofMap(x, z, { ...how, watch: { onProgress: ({ stage }) => stages.add(stage) } });
    expect([...stages]).toEqual(["scaling"]);
    controller.abort();
    const stopped = smacofMap(x, z, { ...how, watch: { signal: controller.signal } });
    await expect(stopped).rejects.toMatchObject({ code: "aborted" });
  });
});
