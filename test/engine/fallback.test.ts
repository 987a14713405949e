import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import type { Matrix } from "../../src/base/index.ts";
import { type EngineOptions, findEngine } from "../../src/engine/index.ts";
import { type Audit, type AuditOptions, audit, type ScoreName } from "../../src/measure/index.ts";
import { readMatrix } from "../matrices.ts";

/* WebAssembly stands in where native code does not load: it must give the same scores, and say that it did. */

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const example = (name: string): Promise<Matrix> => readMatrix(`${ROOT}examples/digits${name}.npy`);
const digits = await example("");
const pca = await example("-pca");
const tsne = await example("-tsne");
const umap = await example("-umap");

/** Made of ranks alone, which are settled in float64 whatever the engine: equal to the last bit. */
const RANK_SCORES: readonly ScoreName[] = ["trustworthiness", "continuity", "neighborRecall"];

/** Runs with the engine that ISOMETER_ENGINE names. */
async function withEngine<T>(name: string, run: () => Promise<T>): Promise<T> {
  process.env.ISOMETER_ENGINE = name;
  return run().finally(() => delete process.env.ISOMETER_ENGINE);
}

afterEach(() => {
  delete process.env.ISOMETER_ENGINE;
});

async function both(latent: Matrix, options: AuditOptions): Promise<{ native: Audit; web: Audit }> {
  const run = () => audit(digits, latent, { threads: 2, ...options });
  return {
    native: await withEngine("onnxruntime-node", run),
    web: await withEngine("onnxruntime-web", run),
  };
}

/**
 * A pair that moves to the next bin moves a quantile within that bin: by 2^-14 of it, a ratio of two quantiles by twice that. The null of distortion
 * hangs on the few pairs in the first and last bins; it is stated to some 10 % (src/measure/scores/distortion.ts).
 */
function toleranceOf(where: string): number {
  if (where === ".distortion.null") return 0.01;
  if (where.startsWith(".distortion.covering")) return 2 ** -13;
  return /stretch\.(middle|far)/.test(where) ? 2 ** -14 : 1e-6;
}

/** Every number in a value, with where it stands. */
function numbers(value: unknown, at = ""): [string, number][] {
  if (typeof value === "number") return [[at, value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => numbers(part, `${at}.${key}`));
}

describe("audits of the digits in WebAssembly and in native code", () => {
  it.each<[string, Matrix, AuditOptions]>([
    ["PCA", pca, {}],
    ["t-SNE", tsne, {}],
    ["UMAP", umap, {}],
    ["cosine, themselves", digits, { metric: "cosine" }],
    ["cosine, PCA", pca, { metric: "cosine", latentMetric: "cosine" }],
    ["manhattan, UMAP", umap, { metric: "manhattan" }],
    ["sampled, PCA", pca, { sample: 400, seed: 3 }],
  ])("agree: %s", async (_, latent, options) => {
    const { native, web } = await both(latent, options);
    expect(native.engine.name).toBe("onnxruntime-node");
    expect(web.engine).toEqual({
      name: "onnxruntime-web",
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      provider: "cpu",
      threads: 2,
    });
    for (const name of RANK_SCORES) expect(web.scores[name], name).toEqual(native.scores[name]);
    expect(web.witnesses.points).toEqual(native.witnesses.points);
    const ours = numbers(web.scores);
    expect(ours.length).toBeGreaterThan(60);
    for (const [i, [where, value]] of numbers(native.scores).entries()) {
      expect(ours[i]![0]).toBe(where);
      if (ours[i]![1] === value) continue;
      const difference = Math.abs(ours[i]![1] - value) / Math.max(1, Math.abs(value));
      expect(difference, `${where}: ${ours[i]![1]} and ${value}`).toBeLessThan(toleranceOf(where));
    }
  });

  it("give the same bytes on one thread and on three", async () => {
    const run = (threads: number) => () => audit(digits, pca, { threads });
    const [one, three] = [
      await withEngine("onnxruntime-web", run(1)),
      await withEngine("onnxruntime-web", run(3)),
    ];
    expect(three.scores).toEqual(one.scores);
  });

  it("differ where the latent differs (control)", async () => {
    const { native } = await both(pca, {});
    const { web } = await both(umap, {});
    expect(web.scores.trustworthiness).not.toEqual(native.scores.trustworthiness);
  });
});

/** Never to be had here, whatever the machine. */
const foreign = process.platform === "win32" ? "coreml" : "dml";

describe("a provider that does not run here", () => {
  it.each<[string, EngineOptions, RegExp]>([
    ["onnxruntime-node", { provider: foreign }, /does not run on this machine/],
    ["onnxruntime-web", { provider: "cuda" }, /onnxruntime-web computes on cpu only, got cuda/],
    ["onnxruntime-web", { provider: "webgpu" }, /onnxruntime-web computes on cpu only, got webgpu/],
  ])("is refused by %s: %j", async (name, options, message) => {
    const error: unknown = await withEngine(name, () => findEngine(options)).catch((e: unknown) => e);
    expect(error).toMatchObject({
      code: "bad-option",
      message: expect.stringMatching(message),
      got: options.provider,
      hint: expect.stringContaining("--provider cpu"),
    });
  });

  it("and an engine that is none are the user's choice: bad-option", async () => {
    await expect(withEngine("abacus", () => findEngine())).rejects.toMatchObject({ code: "bad-option" });
  });

  it.each(["cuda", "webgpu", foreign])("--provider %s computes, or says one clear thing", (provider) => {
    const main = `${ROOT}dist/app/cli/main.js`;
    const env = { PATH: process.env.PATH, HOME: process.env.HOME };
    const args = [main, "audit", `${ROOT}examples/digits.npy`, `${ROOT}examples/digits-pca.npy`];
    const { status, stderr, stdout } = spawnSync(
      process.execPath,
      [...args, "--provider", provider, "--json", "-"],
      { encoding: "utf8", env },
    );
    if (status === 0) expect(JSON.parse(stdout).engine.provider).toBe(provider);
    else {
      expect([status, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(
        new RegExp(`^isometer: provider ${provider} [^\\n]+\\n  [^\\n]+--provider cpu\\.\\n$`),
      );
    }
  });
});
