import { PROVIDERS } from "../engine/info.ts";
import { METRICS } from "../neighbors/metric.ts";
import { choice, flag, integer, type Job, type OptionSpecs, text } from "./define.ts";

/** Headings of help texts, in the order in which they appear. */
export const GROUPS = {
  measure: "Measuring",
  data: "Data",
  gate: "Gates (exit 3 when one fails)",
  engine: "Engine",
  output: "Output",
} as const;

/*
 * One word per idea: an option that two jobs share is declared here, once.
 */

export const metric = choice({
  group: GROUPS.measure,
  about: "distance between originals; lengths under cosine are chords, sqrt(2 - 2 cos)",
  placeholder: "NAME",
  choices: METRICS,
  default: "euclidean",
});

export const latentMetric = choice({
  group: GROUPS.measure,
  about:
    "distance between latents; never taken over from --metric, as in scikit-learn and UMAP: give it for vectors that are searched by cosine",
  placeholder: "NAME",
  choices: METRICS,
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

export const sample = integer({
  group: GROUPS.measure,
  about: "anchors drawn at random; each is compared with all rows",
  min: 2,
  otherwise: "every row up to 10,000 rows, 2,000 anchors beyond",
});

export const exact = flag({
  group: GROUPS.measure,
  about:
    "use every row as an anchor, however many there are: no sampling error, time grows with rows squared",
});

export const baseline = choice({
  group: GROUPS.measure,
  about:
    "what to compare every score with: pca, the linear map to as many dimensions that keeps the most variance, or none; costs as much again",
  placeholder: "NAME",
  choices: ["pca", "none"],
  default: "pca",
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

/** Options for the texts that a door can write a result as. Not seen by `run`. */
export function documentOptions({ documents = {} }: Pick<Job, "documents">): OptionSpecs {
  const option = (about: string) => text({ group: GROUPS.output, about, placeholder: "FILE|-" });
  const json = option("write the result as JSON to FILE; - writes it to stdout, in place of the report");
  const others = Object.entries(documents).map(([name, { about }]) => [name, option(about)] as const);
  return { json, ...Object.fromEntries(others) };
}
