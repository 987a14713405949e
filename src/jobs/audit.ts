import {
  type AuditResult,
  auditJunit,
  auditMarkdown,
  auditReport,
  type ComparisonResult,
  comparisonJunit,
  comparisonMarkdown,
  comparisonReport,
  type JudgementResult,
  judgementJunit,
  judgementMarkdown,
  judgementReport,
  type Line,
  type StoreAuditResult,
  storeAuditJunit,
  storeAuditMarkdown,
  storeAuditReport,
  type View,
} from "../report/index.ts";
import { auditFiles } from "./audit-compare.ts";
import { AUDIT_OPTIONS } from "./audit-options.ts";
import { auditStoreAt, checkNoStoreOptions } from "./audit-store.ts";
import { defineJob } from "./define.ts";
import { judgeFiles } from "./judge-run.ts";
import { writePage } from "./page.ts";

type Result = AuditResult | ComparisonResult | JudgementResult | StoreAuditResult;

function reportOf(result: Result, view: View): Line[] {
  switch (result.schema) {
    case "isometer/audit/1":
      return auditReport(result, view);
    case "isometer/comparison/1":
      return comparisonReport(result, view);
    case "isometer/judgement/1":
      return judgementReport(result, view);
    case "isometer/audit-store/1":
      return storeAuditReport(result, view);
  }
}

function markdownOf(result: Result): string {
  switch (result.schema) {
    case "isometer/audit/1":
      return auditMarkdown(result);
    case "isometer/comparison/1":
      return comparisonMarkdown(result);
    case "isometer/judgement/1":
      return judgementMarkdown(result);
    case "isometer/audit-store/1":
      return storeAuditMarkdown(result);
  }
}

function junitOf(result: Result): string {
  switch (result.schema) {
    case "isometer/audit/1":
      return auditJunit(result);
    case "isometer/comparison/1":
      return comparisonJunit(result);
    case "isometer/judgement/1":
      return judgementJunit(result);
    case "isometer/audit-store/1":
      return storeAuditJunit(result);
  }
}

/** Measures a latent space against its original. */
export const audit = defineJob({
  name: "audit",
  about: "score how isometric a latent space is, with error bars",
  details: [
    "The report says in words what can be trusted, then gives scores, the distribution of the stretch of distances, and " +
      "the worst points and pairs.",
    "ORIGINAL and LATENT hold the same items, row by row (or joined by --id): .npy, .npz, .csv, .tsv, .parquet, .jsonl, " +
      ".arrow, .safetensors, .fvecs, IDX, or a folder of images; a.gz,b.gz appends files.",
    "Several LATENTs are measured by the same anchors and ranked, beside PCA to as many dimensions: where intervals overlap " +
      "there is no winner.",
    "With --pairs or --triplets there is no ORIGINAL: LATENTs are measured by judged similarities of their items, of people or " +
      "of anything that is no vector.",
    "With --store there are no files: the search of a store is compared with its own exact search, and its settings are tried.",
    "Neighbourhood scores ask whether near stays near, distance scores whether distances keep their ratios: one common " +
      "scale is taken out. Up to 10,000 rows are compared exactly; beyond, anchors are drawn and every score has a " +
      "95 % interval.",
  ],
  inputs: {
    original: {
      about: "the data: one row per item; left out with --pairs, --triplets or --store",
      unless: ["pairs", "triplets", "store"],
    },
    latent: {
      about: "the space to judge: the same rows in the same order, or joined by --id; several are compared",
      several: true,
      unless: ["store"],
    },
  },
  options: AUDIT_OPTIONS,
  examples: [
    { command: "isometer audit original.npy latent.npy", about: "what can be trusted in this latent space?" },
    {
      command: "isometer audit all.parquet small.parquet --id doc --metric cosine --latent-metric cosine",
      about: "embeddings before and after shrinking, joined by id",
    },
    {
      command: "isometer audit original.npy pca.npy umap.npy",
      about: "which of these spaces is the better one, and for what?",
    },
    {
      command: "isometer audit --pairs human.csv words.npy --ids words.txt --latent-metric cosine",
      about: "how near are these vectors to human judgement of similarity?",
    },
    {
      command: "isometer audit --store lance:index --html store.html",
      about: "what does this index miss, and which setting of it is the cheapest that misses little?",
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
  async run(ctx, { original, latent }, options): Promise<Result> {
    if (options.store !== undefined) return auditStoreAt(ctx, options.store, options);
    checkNoStoreOptions(options);
    return original === undefined
      ? judgeFiles(ctx, latent, options)
      : auditFiles(ctx, { original, latent }, options);
  },
  report: reportOf,
  documents: {
    markdown: { about: "the same as Markdown, for a pull request", write: markdownOf },
    html: { about: "the same with figures as one HTML file that needs no network", write: writePage },
    junit: { about: "the gates as JUnit XML, for continuous integration", write: junitOf },
  },
});
