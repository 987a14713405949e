import * as common from "./common.ts";
import { choice, flag, integer, number, text, type Values } from "./define.ts";
import { METHOD_NAMES } from "./reduce-methods.ts";

/** The options of job `reduce`; those that are of some methods only say so first. */
export const REDUCE_OPTIONS = {
  with: choice({
    group: common.GROUPS.method,
    about: "the method",
    placeholder: "METHOD",
    choices: METHOD_NAMES,
    default: "pca",
  }),
  to: common.to,
  whiten: flag({
    group: common.GROUPS.method,
    about: "pca: scale every direction to variance 1; lengths and angles change",
  }),
  solver: choice({
    group: common.GROUPS.method,
    about: "pca: by the covariance matrix, or by random directions and a few passes over the rows",
    placeholder: "SOLVER",
    choices: ["exact", "randomized"],
    otherwise: "exact up to 2,048 dimensions, randomized beyond",
  }),
  nonMetric: flag({
    group: common.GROUPS.method,
    about: "mds: keep the order of distances, not their lengths (Kruskal)",
  }),
  kind: choice({
    group: common.GROUPS.method,
    about: "random: normal numbers, sparse signs, or signs of a Hadamard matrix",
    placeholder: "KIND",
    choices: ["gaussian", "sparse", "hadamard"],
    otherwise: "gaussian",
  }),
  labels: {
    ...common.labels,
    group: common.GROUPS.method,
    about:
      "class of each row, a file with one value per row or a column of VECTORS: lda needs it, umap and densmap draw classes apart",
  },
  minDist: number({
    group: common.GROUPS.method,
    about: "umap, densmap: how near to each other rows may lie, beside the width 1 of their neighbourhoods",
    placeholder: "X",
    min: 0,
    max: 1,
    otherwise: "0.1",
  }),
  densityWeight: number({
    group: common.GROUPS.method,
    about: "densmap: how much it counts that dense stays dense",
    placeholder: "X",
    min: 0,
    max: 100,
    otherwise: "2",
  }),
  perplexity: number({
    group: common.GROUPS.method,
    about: "tsne: how many neighbours count for a row, softly",
    placeholder: "X",
    min: 1,
    otherwise: "30",
  }),
  stressWeight: number({
    group: common.GROUPS.method,
    about:
      "umap, densmap, tsne: share of the stress over sampled pairs in what is minimised, so that far means far too",
    placeholder: "SHARE",
    min: 0,
    max: 1,
    otherwise: "0",
  }),
  recipe: choice({
    group: common.GROUPS.method,
    about: "mde: what is kept",
    placeholder: "RECIPE",
    choices: ["neighbours", "distances"],
    otherwise: "neighbours",
  }),
  constraint: choice({
    group: common.GROUPS.method,
    about: "mde: what holds the layout: around 0, or all coordinates uncorrelated and of variance 1",
    placeholder: "CONSTRAINT",
    choices: ["centred", "standardised"],
    otherwise: "centred",
  }),
  init: choice({
    group: common.GROUPS.method,
    about: "umap, densmap, tsne, pacmap, mde: where the layout starts",
    placeholder: "START",
    choices: ["pca", "spectral", "random"],
    otherwise: "pca",
  }),
  steps: integer({
    group: common.GROUPS.method,
    about: "umap, densmap, tsne, pacmap, mde: steps of the layout, at most",
    min: 1,
    otherwise: "umap 500, beyond 10,000 rows 200; tsne 750; pacmap 450; mde 500",
    aliases: ["nEpochs", "nIter", "maxIter"],
  }),
  neighbors: choice({
    group: common.GROUPS.method,
    about:
      "umap, densmap, tsne, pacmap, mde: all nearest neighbours, or most of them, of which a share is measured",
    placeholder: "SEARCH",
    choices: ["auto", "exact", "approximate"],
    otherwise: "auto: exact below 20,000 rows, and where approximate would not be sooner done",
    aliases: ["neighbours"],
  }),
  metric: common.keptMetric,
  nNeighbors: common.methodNeighbors,
  holdout: number({
    group: common.GROUPS.measure,
    about:
      "share of the rows that the map never sees, drawn at random; they are scored beside as many that it saw",
    placeholder: "SHARE",
    min: 0,
    max: 0.9,
  }),
  sample: common.sample,
  seed: common.seed,
  rows: common.rows,
  id: common.id,
  vector: common.vector,
  imageSize: common.imageSize,
  imageMode: common.imageMode,
  out: text({
    group: common.GROUPS.output,
    about:
      "write the map, for apply: an ONNX model, which any ONNX runtime runs; of methods by neighbours, from isomap to mde, their rows and codes (safetensors)",
    placeholder: "FILE",
    writes: true,
  }),
  codes: text({
    group: common.GROUPS.output,
    about: "write the rows in the smaller space; the ending chooses the format",
    placeholder: "FILE",
    writes: true,
  }),
  force: common.force,
  threads: common.threads,
  provider: common.provider,
};

export type ReduceValues = Values<typeof REDUCE_OPTIONS>;
