import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { jsonText } from "../../src/app/cli/outputs.ts";
import { lazy } from "../../src/app/server/views/lazy.ts";
import { rng, rowsFromMatrix } from "../../src/base/index.ts";
import { writeNpy } from "../../src/data/index.ts";
import { AUDIT_DEFAULTS, type AuditValues } from "../../src/jobs/audit-options.ts";
import { audit, type JobContext } from "../../src/jobs/index.ts";
import { comparisonSchema, RESULT_SCHEMAS } from "../../src/jobs/schema.ts";
import type { AuditResult, ComparisonResult, Standing } from "../../src/report/index.ts";
import { gaussian } from "../matrices.ts";

const example = (file: string) => fileURLToPath(new URL(`../../examples/${file}`, import.meta.url));
const original = example("digits.npy");
const latent = ["pca", "tsne", "umap"].map((name) => example(`digits-${name}.npy`));
const ctx: JobContext = {
  watch: {},
  clock: () => 0,
  version: "0.1.0",
  example,
  exists: async () => false,
};
const defaults = { ...AUDIT_DEFAULTS, rows: "0:600", threads: 2 };

const compared = async (change: Partial<AuditValues> = {}, latents: readonly string[] = latent) =>
  (await audit.run(ctx, { original, latent: latents }, { ...defaults, ...change })) as ComparisonResult;
const single = async (path: string, change: Partial<AuditValues> = {}) =>
  (await audit.run(ctx, { original, latent: [path] }, { ...defaults, ...change })) as AuditResult;

/** Results that several tests look at. */
const usual = lazy(() => compared());
const gated = lazy(() => compared({ failUnder: ["trustworthiness=0.9"] }));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isometer-several-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** A result without what only a comparison knows. */
function alone(result: AuditResult): AuditResult {
  const scores = Object.fromEntries(
    Object.entries(result.scores).map(([name, score]) => [name, { ...score, best: null }]),
  );
  return { ...result, scores };
}

describe("an audit of several latents", () => {
  test.each([
    ["exact", {}],
    ["sampled", { sample: 150, seed: 3 }],
    [
      "with gates, labels and no baseline",
      {
        failUnder: ["trustworthiness=0.9"],
        labels: example("digits-labels.npy"),
        baseline: "none" as const,
      },
    ],
  ])("is the audit of each, %s: to the byte", async (_, change) => {
    const { audits } = await compared(change);
    for (const [i, path] of latent.entries()) {
      expect(jsonText(alone(audits[i]!.audit))).toBe(jsonText(await single(path, change)));
    }
  });

  test("of one is an audit, with no best", async () => {
    const one = await single(latent[0]!);
    expect(one.schema).toBe("isometer/audit/1");
    expect(Object.values(one.scores).every(({ best }) => best === null)).toBe(true);
  });

  test("tells the best of every score, the baseline included, and who stands where", async () => {
    const result = await usual();
    expect(result.audits.map(({ name }) => name)).toEqual(["digits-pca", "digits-tsne", "digits-umap"]);
    const { scores } = result.audits[2]!.audit;
    const all = result.audits.map(({ audit: { scores: own } }) => own.trustworthiness!.value);
    expect(scores.trustworthiness!.best).toEqual({ name: "digits-tsne", value: Math.max(...all) });
    // PCA of these 600 rows is closer than the PCA of all.
    expect(scores.stress!.best).toEqual({ name: "PCA to 2", value: scores.stress!.baseline!.value });
    const places = new Map(result.ranking.map((standing) => [standing.name, standing] as const));
    expect([...places.keys()].toSorted()).toEqual(["PCA to 2", "digits-pca", "digits-tsne", "digits-umap"]);
    expect(places.get("digits-tsne")!.neighbourhoods!.place).toBe(1);
    expect(places.get("digits-umap")!.distances!.place).toBe(4);
    expect(places.get("PCA to 2")!.kind).toBe("baseline");
    expect(result.ranking.map(({ place }: Standing) => place)).toEqual(
      result.ranking.map(({ place }) => place).toSorted((a, b) => a - b),
    );
  });

  test("as JSON fits its schema and that of the job", async () => {
    const json = JSON.parse(jsonText(await gated()));
    expect(comparisonSchema.parse(json)).toEqual(json);
    expect(RESULT_SCHEMAS.audit!.parse(json)).toEqual(json);
  });

  test("fails a gate for each latent that does, and names it", async () => {
    const { gates } = await gated();
    expect(gates.map(({ latent: name, passed }) => [name, passed])).toEqual([
      ["digits-pca", false],
      ["digits-tsne", true],
      ["digits-umap", true],
    ]);
  });

  test("warns once of what is true of all", async () => {
    const { warnings } = await usual();
    expect(new Set(warnings.map(({ message }) => message)).size).toBe(warnings.length);
    expect(warnings.filter(({ code }) => code === "constant-columns")).toHaveLength(1);
  });

  test("names the audit of the first latent as the next command, without gates", async () => {
    const { next, ranking } = await compared({ failUnder: ["trustworthiness=0.9"], sample: 100 });
    const first = ranking.find(({ kind }) => kind === "latent")!.name;
    expect(next[0]!.command).toContain(`${first}.npy --sample 100`);
    expect(next[0]!.command).not.toContain("--fail-under");
    expect(next[1]!.command).toContain("--exact");
    for (const path of latent) expect(next[1]!.command).toContain(path);
  });

  test("gives latents of different dimension their own PCA", async () => {
    const wide = join(folder, "wide.npy");
    await writeNpy(wide, rowsFromMatrix(gaussian(rng(1), 600, 5)));
    const result = await compared({ rows: "0:600" }, [latent[0]!, wide, latent[2]!]);
    expect(result.audits.map(({ audit: { options } }) => options.baseline)).toEqual([
      "PCA to 2",
      "PCA to 5",
      "PCA to 2",
    ]);
    expect(result.options.baselines).toEqual(["PCA to 2", "PCA to 5"]);
    expect(result.ranking).toHaveLength(5);
    expect(result.ranking[0]!.name).toBe("PCA to 5");
    // Control: random numbers are last at everything.
    expect(result.ranking.at(-1)!.name).toBe("wide");
  });
});

describe("several latents are refused", () => {
  test("with the name of the one whose rows do not fit", async () => {
    const short = join(folder, "short.npy");
    await writeNpy(short, rowsFromMatrix(gaussian(rng(2), 599, 2)));
    await expect(
      audit.run(ctx, { original, latent: [latent[0]!, short] }, { ...defaults, rows: undefined }),
    ).rejects.toMatchObject({
      code: "row-count-mismatch",
      message: expect.stringMatching(/digits\.npy has 1797 rows, .*short\.npy has 599/),
    });
  });

  test("when one is given twice, before anything is read", async () => {
    const twice = { original: "missing.npy", latent: ["z.npy", "./z.npy"] };
    await expect(audit.run(ctx, twice, defaults)).rejects.toMatchObject({
      message: "./z.npy is given twice",
    });
  });
});
