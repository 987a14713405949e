import { IsometerError, type Points } from "../base/index.ts";
import type { Fit, FitOptions, ReduceMethod } from "../reduce/index.ts";
import { kebab } from "./define.ts";
import { defined } from "./result.ts";

/** The options that are of some methods only. */
export const OWN_OPTIONS = [
  "whiten",
  "solver",
  "nonMetric",
  "kind",
  "labels",
  "minDist",
  "densityWeight",
  "perplexity",
  "stressWeight",
  "recipe",
  "constraint",
  "init",
  "steps",
  "neighbors",
] as const;
type OwnOption = (typeof OWN_OPTIONS)[number];

/** The values of options, of which those that are of some methods only matter here. */
export type OwnValues = Readonly<Partial<Record<OwnOption, unknown>>>;

/** What is said of a method, and which of those options it takes: the others it refuses. */
export interface Method {
  /** One line for the help; lower case, no full stop. */
  readonly about: string;
  readonly options: readonly OwnOption[];
  /** It counts neighbours. */
  readonly neighbors?: true;
}

const LAYOUT = ["init", "steps", "neighbors"] as const;

/** Every method, in the order of the help. */
export const METHODS: Readonly<Record<ReduceMethod, Method>> = {
  pca: { about: "the directions of largest variance", options: ["whiten", "solver"] },
  "isometric-linear": {
    about: "the linear map whose distances are those of the data, as nearly as can be",
    options: [],
  },
  mds: {
    about: "places whose distances are those of the data, as nearly as can be (least stress); not linear",
    options: ["nonMetric"],
  },
  sammon: {
    about: "the same with near pairs counting for more (Sammon's map); not linear",
    options: [],
  },
  random: {
    about: "a random projection, with what the lemma of Johnson and Lindenstrauss promises",
    options: ["kind"],
  },
  truncate: {
    about: "the first columns, for embeddings that were trained for it (Matryoshka)",
    options: [],
  },
  lda: { about: "the directions that tell classes apart", options: ["labels"] },
  isomap: {
    about: "places as far apart as the rows are along the data, from neighbour to neighbour",
    options: [],
    neighbors: true,
  },
  umap: {
    about: "places whose nearest neighbours are those of the data; distances between groups mean little",
    options: ["labels", "minDist", "stressWeight", ...LAYOUT],
    neighbors: true,
  },
  densmap: {
    about: "the same, and dense where the data are dense",
    options: ["labels", "minDist", "densityWeight", "stressWeight", ...LAYOUT],
    neighbors: true,
  },
  tsne: {
    about:
      "places where neighbours are as likely as in the data (t-SNE, 2 dimensions); distances between groups mean little",
    options: ["perplexity", "stressWeight", ...LAYOUT],
  },
  pacmap: {
    about: "near pairs near, further pairs apart, and some between that hold the whole together",
    options: LAYOUT,
    neighbors: true,
  },
  mde: {
    about: "minimum-distortion embedding: neighbours kept near and others apart, or distances kept",
    options: ["recipe", "constraint", ...LAYOUT],
    neighbors: true,
  },
};

export type MethodName = ReduceMethod;
export const METHOD_NAMES = Object.keys(METHODS) as MethodName[];

/** What to call the file of a map: an ONNX model, or rows and places. */
export function mapFile(name: MethodName): string {
  const keepsRows = name === "isomap" || METHODS[name].options.includes("neighbors");
  return `${name}.${keepsRows ? "map" : "onnx"}`;
}

/** Fits one with those of the values that it takes; k where it was asked for. */
export async function fitWith(
  name: MethodName,
  points: Points,
  to: number,
  options: FitOptions,
  { nNeighbors, ...values }: OwnValues & { readonly nNeighbors?: number | undefined },
): Promise<Fit> {
  const { FITTERS } = await import("../reduce/index.ts");
  const { options: own, neighbors } = METHODS[name];
  const given = Object.fromEntries(own.map((option) => [option, values[option]]));
  const all = { ...defined(given), ...(neighbors && defined({ nNeighbors })), ...options };
  // Each takes its own options: the table above has their names.
  return (FITTERS[name] as (points: Points, d: number, own: FitOptions) => Promise<Fit>)(points, to, all);
}

/** Refuses options of other methods: one that is silently ignored misleads. @throws bad-option */
export function checkMethodOptions(name: MethodName, options: OwnValues): void {
  const { options: own } = METHODS[name];
  for (const option of OWN_OPTIONS) {
    const value = options[option];
    if (value === undefined || value === false || own.includes(option)) continue;
    const others = METHOD_NAMES.filter((other) => METHODS[other].options.includes(option));
    throw new IsometerError(
      "bad-option",
      `--${kebab(option)} is of ${others.join(" and ")}, not of ${name}`,
      {
        got: String(value),
        hint: `Leave --${kebab(option)} out, or reduce --with ${others[0]}.`,
      },
    );
  }
  if (name === "lda" && options.labels === undefined) {
    throw new IsometerError("bad-option", "lda needs the class of each row", {
      hint: "Give a file with one value per row, or a column of VECTORS: --labels classes.npy.",
    });
  }
}
