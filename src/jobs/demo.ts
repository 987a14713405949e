import { deepFreeze } from "../base/index.ts";
import { type DemoResult, demoReport, entrantsOf, ranking } from "../report/index.ts";
import { AUDIT_DEFAULTS } from "./audit-options.ts";
import { auditEach } from "./audit-run.ts";
import { provider, threads } from "./common.ts";
import { defineJob } from "./define.ts";
import { secondsSince } from "./result.ts";

/** The bundled latents of the digits, by the method that made each. */
const LATENTS = [
  { name: "PCA", file: "digits-pca.npy" },
  { name: "t-SNE", file: "digits-tsne.npy" },
  { name: "UMAP", file: "digits-umap.npy" },
] as const;

/** Audits three well-known latents of the bundled digits and puts them side by side. */
export const demo = defineJob({
  name: "demo",
  about: "audit three bundled latents of digits and compare them",
  details: [
    "1,797 handwritten digits of 8 x 8 pixels and three pictures of them in two dimensions, all part of the package: " +
      "nothing is downloaded. examples/README.md says how they were made.",
  ],
  inputs: {},
  options: { threads, provider },
  examples: [{ command: "isometer demo", about: "see what an audit looks like, on data that is here" }],
  async run(ctx, _inputs, options): Promise<DemoResult> {
    const started = ctx.clock();
    const original = ctx.example("digits.npy");
    const values = { ...AUDIT_DEFAULTS, ...options, labels: ctx.example("digits-labels.npy") };
    const inputs = { original, latent: LATENTS.map(({ file }) => ctx.example(file)) };
    const audits = await auditEach(
      ctx,
      inputs,
      values,
      LATENTS.map(({ name }) => name),
    );
    const first = audits[0]!.audit;
    return deepFreeze({
      schema: "isometer/demo/1",
      job: "demo",
      isometer: ctx.version,
      engine: first.engine,
      audits,
      ranking: ranking(entrantsOf(audits)),
      warnings: first.warnings.filter(({ code }) => code === "engine-fallback"),
      next: [{ command: "isometer audit original.npy latent.npy", why: "the same for your own space" }],
      seconds: secondsSince(ctx.clock, started),
    });
  },
  report: demoReport,
});
