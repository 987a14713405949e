import { DETECTORS } from "../spaces/anomalies/methods.ts";
import * as common from "./common.ts";
import { choice, flag, number, text, type Values } from "./define.ts";

/** Those that need nothing beside the rows. */
const PLAIN = ["knn", "lof", "mahalanobis", "reconstruction", "ensemble"] as const;

/** `geometry` is an ensemble of what an autoencoder says, and of nothing else. */
const METHODS = [...PLAIN, "geometry"] as const;

export const OPTIONS = {
  method: choice({
    group: common.GROUPS.method,
    about: `what makes a row strange: ${PLAIN.map((name) => `${name} (${DETECTORS[name].about})`).join("; ")}; geometry (what --decoder says, alone)`,
    placeholder: "NAME",
    choices: METHODS,
    otherwise: "knn; ensemble with --decoder",
  }),
  decoder: text({
    group: common.GROUPS.method,
    about:
      "model (ONNX) from codes to data: how it stretches lengths at a row, against the normal rows, joins the ensemble; NORMAL and POINTS are codes, or with --encoder data",
    placeholder: "FILE.onnx",
  }),
  encoder: text({
    group: common.GROUPS.method,
    about:
      "model (ONNX) from data to codes, for --decoder: what does not come back through both joins the ensemble too",
    placeholder: "FILE.onnx",
  }),
  nNeighbors: {
    ...common.nNeighbors,
    about: "neighbours of knn and lof; the ensemble looks at a fifth of them and at four times as many, too",
    default: undefined,
    otherwise: "knn and ensemble 5, lof 20",
  },
  metric: { ...common.keptMetric, group: common.GROUPS.measure, about: "distance between rows" },
  standardize: flag({
    group: common.GROUPS.measure,
    about:
      "divide columns by their deviations among the normal rows: for tables of measurements; not for a space whose distances are trusted",
  }),
  alpha: number({
    group: common.GROUPS.measure,
    about: "share of normal rows that may be flagged, one row at a time",
    placeholder: "P",
    min: 0,
    max: 1,
    default: 0.05,
  }),
  rate: number({
    group: common.GROUPS.measure,
    about: "share of false ones among the rows that are named together (false discovery rate)",
    placeholder: "P",
    min: 0,
    max: 1,
    default: 0.1,
  }),
  seed: common.seed,
  labels: text({
    group: common.GROUPS.data,
    about:
      "what POINTS are, 0 for normal and 1 for anomalies: a file with one value per row, or a column; then the detector is scored",
    placeholder: "FILE|COLUMN",
  }),
  original: text({
    group: common.GROUPS.data,
    about:
      "what the rows of NORMAL are codes of, in the same order: then it is said of every row whether distances are distorted around it",
    placeholder: "FILE",
  }),
  stream: flag({
    group: common.GROUPS.data,
    about:
      'read rows from standard input as they come, [..] or {"id": .., "vector": [..]} a line, and write a line of JSON for each',
    needs: "lines",
  }),
  strict: flag({
    group: common.GROUPS.data,
    about:
      "for --stream: stop at the first line that is no row, with its number; else it is answered by a line that says so",
    needs: "lines",
  }),
  rows: {
    ...common.rows,
    about: "only these rows of POINTS, counted from 0, end excluded: 0:2000, 500:, :100",
  },
  vector: common.vector,
  threads: common.threads,
  provider: common.provider,
  out: {
    ...common.points,
    about:
      "write a table with a line per row: score, pValue, adjusted p-value, isFlagged, isDiscovery, latentScale with --original; its ending chooses the format: .parquet, .csv, .tsv, .jsonl, .arrow, .npy",
  },
  detector: text({
    group: common.GROUPS.output,
    about: "write the fitted and calibrated detector; give it as NORMAL the next time",
    placeholder: "FILE.json",
    writes: true,
  }),
  force: common.force,
};

export type AnomaliesValues = Values<typeof OPTIONS>;
