import { auditJunit, auditMarkdown, auditReport } from "../report/index.ts";
import { AUDIT_OPTIONS } from "./audit-options.ts";
import { auditFiles } from "./audit-run.ts";
import { defineJob } from "./define.ts";

/** Measures a latent space against its original. */
export const audit = defineJob({
  name: "audit",
  about: "score how isometric a latent space is, with error bars",
  details: [
    "The report says in words what can be trusted, then gives scores, the distribution of the stretch of distances, and " +
      "the worst points and pairs.",
    "ORIGINAL and LATENT hold the same items, row by row (or joined by --id): .npy, .npz, .csv, .tsv, .parquet, .jsonl, " +
      ".arrow, .safetensors, .fvecs, IDX, or a folder of images; a.gz,b.gz appends files.",
    "Neighbourhood scores ask whether near stays near, distance scores whether distances keep their ratios: one common " +
      "scale is taken out. Up to 10,000 rows are compared exactly; beyond, anchors are drawn and every score has a " +
      "95 % interval.",
  ],
  inputs: {
    original: { about: "the data: one row per item" },
    latent: { about: "the space to judge: the same rows in the same order, or joined by --id" },
  },
  options: AUDIT_OPTIONS,
  examples: [
    { command: "isometer audit original.npy latent.npy", about: "what can be trusted in this latent space?" },
    {
      command: "isometer audit all.parquet small.parquet --id doc --metric cosine --latent-metric cosine",
      about: "embeddings before and after shrinking, joined by id",
    },
    {
      command: "isometer audit roll.npy flat.npy --metric geodesic",
      about: "does a flat map unroll curved data? Along the data in the original, straight in the latent",
    },
    {
      command: "isometer audit x.npy z.npy --fail-under trustworthiness=0.95 --fail-over stretch=3",
      about: "in continuous integration: exit status 3 when the space got worse",
    },
    {
      command: "isometer audit train.gz,test.gz tsne.npy --labels y.npy --sample 5000",
      about: "a big set with more anchors than the default, worst points named by class",
    },
  ],
  run: auditFiles,
  report: auditReport,
  documents: {
    markdown: { about: "the same as Markdown, for a pull request", write: auditMarkdown },
    junit: { about: "the gates as JUnit XML, for continuous integration", write: auditJunit },
  },
});
