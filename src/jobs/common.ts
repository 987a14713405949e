import { PROVIDERS } from "../engine/info.ts";
import { METRICS } from "../neighbors/metric.ts";
import { choice, flag, integer, type Job, type OptionSpecs, text } from "./define.ts";

/** Headings of help texts, in the order in which they appear. */
export const GROUPS = {
  method: "Method",
  network: "Network",
  encoder: "Encoder",
  training: "Training",
  measure: "Measuring",
  data: "Data",
  store: "Store",
  judgement: "Judgement instead of ORIGINAL (items by id, or by row number)",
  gate: "Gates (exit 3 when one fails)",
  engine: "Engine",
  output: "Output",
} as const;

/*
 * One word per idea: an option that two jobs share is declared here, once.
 */

export const metric = choice({
  group: GROUPS.measure,
  about:
    "distance between originals; lengths under cosine are chords, sqrt(2 - 2 cos); geodesic is along the data: the shortest path in the graph of " +
    "nearest neighbours, for data on a curved surface",
  placeholder: "NAME",
  choices: METRICS,
  default: "euclidean",
});

export const latentMetric = choice({
  group: GROUPS.measure,
  about:
    "distance between latents; never taken over from --metric, as in scikit-learn and UMAP: give it for vectors that are searched by cosine, or for " +
    "a latent that is curved itself (geodesic)",
  placeholder: "NAME",
  choices: METRICS,
  default: "euclidean",
});

export const to = integer({
  group: GROUPS.method,
  about: "dimensions of the smaller space",
  placeholder: "D",
  min: 1,
  default: 2,
  aliases: ["nComponents", "d"],
});

export const keptMetric = choice({
  group: GROUPS.measure,
  about: "distance that is to be kept; under cosine, rows are scaled to length 1 first",
  placeholder: "NAME",
  choices: ["euclidean", "cosine"],
  default: "euclidean",
});

export const nNeighbors = integer({
  group: GROUPS.measure,
  about: "neighbours of each row that count as its neighbourhood; 1 or more, below half of the rows",
  placeholder: "K",
  min: 1,
  default: 15,
  aliases: ["k", "nNeighbours"],
});

/** Where methods have their own. */
export const methodNeighbors = integer({
  group: GROUPS.measure,
  about: "neighbours of each row that count as its neighbourhood, for methods and for the audit",
  placeholder: "K",
  min: 1,
  otherwise: "15; pacmap 10",
  aliases: ["k", "nNeighbours"],
});

export const graphNeighbors = integer({
  group: GROUPS.measure,
  about:
    "for geodesic: nearest neighbours that each row is joined to; too many cut across the folds of the data, too few leave it in parts " +
    "(which are joined, with a warning)",
  placeholder: "K",
  min: 1,
  otherwise: "10",
  aliases: ["graphNeighbours"],
});

export const sample = integer({
  group: GROUPS.measure,
  about: "anchors drawn at random; each is compared with all rows",
  min: 2,
  otherwise:
    "every row up to 10,000 rows, 2,000 anchors beyond, fewer from 500,000 on; with geodesic every row up to 2,000, 500 anchors beyond",
});

export const exact = flag({
  group: GROUPS.measure,
  about:
    "use every row as an anchor, however many there are: no sampling error, time grows with rows squared; with geodesic up to 10,000 rows, " +
    "with 400 MB for each such space",
});

export const baseline = choice({
  group: GROUPS.measure,
  about:
    "what to compare every score with: pca, the linear map to as many dimensions that keeps the most variance, or none; its distances are straight",
  placeholder: "NAME",
  choices: ["pca", "none"],
  default: "pca",
});

export const achievable = choice({
  group: GROUPS.measure,
  about:
    "what any map to as many dimensions could reach: smacof, fitted to the distances between 1,000 rows (500 beyond 32 dimensions, none beyond 125), or none; takes a second or two",
  placeholder: "NAME",
  choices: ["smacof", "none"],
  default: "smacof",
});

export const holdout = text({
  group: GROUPS.measure,
  about:
    "rows that the map never saw, counted from 0 in ORIGINAL: a range, or a file with one row number per row; they are scored beside as many rows that it saw",
  placeholder: "START:END|FILE",
});

export const seed = integer({
  group: GROUPS.measure,
  about: "start of the random numbers; the same seed gives the same result",
  min: 0,
  default: 0,
  aliases: ["randomState"],
});

export const rows = text({
  group: GROUPS.data,
  about: "only these rows, counted from 0, end excluded: 0:2000, 500:, :100",
  placeholder: "START:END",
  otherwise: "all",
});

export const id = text({
  group: GROUPS.data,
  about: "column that holds row ids; rows are then joined by id instead of by order",
  placeholder: "COLUMN",
});

export const vector = text({
  group: GROUPS.data,
  about: "column (tables), array (npz) or tensor (safetensors) that holds the vectors",
  placeholder: "NAME",
  otherwise: "the only one there is",
});

export const store = text({
  group: GROUPS.store,
  about:
    "address of a store: a folder, lance:DIR, postgres://USER@HOST/DATABASE?table=NAME or qdrant://HOST:PORT/COLLECTION",
  placeholder: "ADDRESS",
});

export const labels = text({
  group: GROUPS.data,
  about:
    "class of each row: a file with one value per row, or a column of ORIGINAL; the scores of classes are then about these, else about clusters found in ORIGINAL",
  placeholder: "FILE|COLUMN",
});

export const imageSize = text({
  group: GROUPS.data,
  about: "for a folder of images: resize each to this many pixels",
  placeholder: "HEIGHTxWIDTH",
  otherwise: "as stored, all must agree",
});

export const imageMode = choice({
  group: GROUPS.data,
  about: "for a folder of images: 1 value per pixel (grey) or 3 (colour)",
  placeholder: "MODE",
  choices: ["grey", "colour"],
  default: "grey",
});

export const texts = text({
  group: GROUPS.data,
  about:
    "for --html: the words of each row, shown beside the worst: a column of ORIGINAL, or a file with one value per row",
  placeholder: "COLUMN|FILE",
  needs: "documents",
});

export const imageShape = text({
  group: GROUPS.data,
  about:
    "for --html: rows of ORIGINAL are pictures of this shape, shown beside the worst; IDX files and folders of images say so themselves",
  placeholder: "HxW[x3]",
});

export const threads = integer({
  group: GROUPS.engine,
  about: "threads that compute; results do not depend on it",
  min: 1,
  max: 256,
  otherwise: "ISOMETER_THREADS, else all cores",
});

export const provider = choice({
  group: GROUPS.engine,
  about: "what computes",
  placeholder: "NAME",
  choices: PROVIDERS,
  otherwise: "ISOMETER_PROVIDER, else cpu",
});

export const out = text({
  group: GROUPS.output,
  about: "file to write; its ending chooses the format",
  placeholder: "FILE",
});

export const force = flag({ group: GROUPS.output, about: "overwrite files that exist" });

export const points = text({
  group: GROUPS.output,
  about:
    "write a table with a line per row (per anchor when sampled): neighbours kept, local stretch, ellipse, trust; its ending chooses the format: .parquet, .csv, .tsv, .jsonl, .arrow, .npy",
  placeholder: "FILE",
  writes: true,
});

/** Options for the texts that a door can write a result as. Not seen by `run`. */
export function documentOptions({ documents = {} }: Pick<Job, "documents">): OptionSpecs {
  const option = (about: string) => text({ group: GROUPS.output, about, placeholder: "FILE|-" });
  const json = option("write the result as JSON to FILE; - writes it to stdout, in place of the report");
  const others = Object.entries(documents).map(([name, { about }]) => [name, option(about)] as const);
  return { json, ...Object.fromEntries(others) };
}
