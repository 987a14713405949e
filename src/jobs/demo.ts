import { type DemoResult, demoReport } from "../report/index.ts";
import { AUDIT_DEFAULTS } from "./audit-options.ts";
import { auditFiles } from "./audit-run.ts";
import { provider, threads } from "./common.ts";
import { defineJob } from "./define.ts";
import { deepFreeze, secondsSince } from "./result.ts";
import { part } from "./stages.ts";

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
    const audits: DemoResult["audits"][number][] = [];
    for (const [i, { name, file }] of LATENTS.entries()) {
      const inputs = { original, latent: ctx.example(file) };
      const watch = part(ctx.watch, name, i, LATENTS.length);
      audits.push({ name, audit: await auditFiles({ ...ctx, watch }, inputs, values) });
    }
    const first = audits[0]!.audit;
    return deepFreeze({
      schema: "isometer/demo/1",
      job: "demo",
      isometer: ctx.version,
      engine: first.engine,
      audits,
      warnings: first.warnings.filter(({ code }) => code === "engine-fallback"),
      next: [{ command: "isometer audit original.npy latent.npy", why: "the same for your own space" }],
      seconds: secondsSince(ctx.clock, started),
    });
  },
  report: demoReport,
});
