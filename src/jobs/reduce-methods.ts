import { IsometerError, type Points } from "../base/index.ts";
import type { PcaSolver } from "../linalg/index.ts";
import type { NeighborSearch } from "../neighbors/index.ts";
import type { Fit, FitOptions, MdeConstraint, MdeRecipe, RandomKind, Start } from "../reduce/index.ts";
import { kebab } from "./define.ts";
import { defined } from "./result.ts";

/** The options that are of some methods only, as the command line has them. */
export interface MethodOptions {
  readonly whiten?: boolean;
  readonly solver?: PcaSolver | undefined;
  readonly kind?: RandomKind | undefined;
  readonly labels?: string | undefined;
  readonly minDist?: number | undefined;
  readonly perplexity?: number | undefined;
  readonly stressWeight?: number | undefined;
  readonly recipe?: MdeRecipe | undefined;
  readonly constraint?: MdeConstraint | undefined;
  readonly init?: Start | undefined;
  readonly steps?: number | undefined;
  readonly neighbors?: NeighborSearch | undefined;
}

const OWN = [
  "whiten",
  "solver",
  "kind",
  "labels",
  "minDist",
  "perplexity",
  "stressWeight",
  "recipe",
  "constraint",
  "init",
  "steps",
  "neighbors",
] as const;

/** The same as a method takes them: labels are read. Beside them k, where it was asked for. */
export type MethodValues = Omit<MethodOptions, "labels"> & {
  readonly labels?: readonly string[] | null;
  readonly nNeighbors: number | undefined;
};

/** Those of all options that are of some methods only. */
export function methodValues(options: MethodOptions): Omit<MethodOptions, "labels"> {
  const own = Object.fromEntries(OWN.map((name) => [name, options[name]])) as MethodOptions;
  const { labels: _, ...values } = own;
  return values;
}

/** One way to a smaller space. */
export interface Method {
  /** One line for the help; lower case, no full stop. */
  readonly about: string;
  /** Its own options; others refuse them. */
  readonly options: readonly (keyof MethodOptions)[];
  fit(points: Points, to: number, options: FitOptions, own: MethodValues): Promise<Fit>;
}

/** Every method, in the order of the help. */
export const METHODS = {
  pca: {
    about: "the directions of largest variance",
    options: ["whiten", "solver"],
    async fit(points, to, options, { whiten = false, solver }) {
      const { fitPca, linearFit } = await import("../reduce/index.ts");
      return linearFit(await fitPca(points, to, { ...options, whiten, solver }));
    },
  },
  "isometric-linear": {
    about: "the linear map whose distances are those of the data, as nearly as can be",
    options: [],
    async fit(points, to, options) {
      const { fitIsometricLinear, linearFit } = await import("../reduce/index.ts");
      return linearFit(await fitIsometricLinear(points, to, options));
    },
  },
  mds: {
    about:
      "places whose distances are those of the data, as nearly as can be (metric MDS, least stress); not linear",
    options: [],
    async fit(points, to, options) {
      const { fitMds } = await import("../reduce/index.ts");
      return fitMds(points, to, options);
    },
  },
  sammon: {
    about: "the same with near pairs counting for more (Sammon's map); not linear",
    options: [],
    async fit(points, to, options) {
      const { fitMds } = await import("../reduce/index.ts");
      return fitMds(points, to, { ...options, weights: "inverse" });
    },
  },
  random: {
    about: "a random projection, with what the lemma of Johnson and Lindenstrauss promises",
    options: ["kind"],
    async fit(points, to, options, { kind = "gaussian" }) {
      const { fitRandom, linearFit } = await import("../reduce/index.ts");
      return linearFit(fitRandom(points, to, { ...options, kind }));
    },
  },
  truncate: {
    about: "the first columns, for embeddings that were trained for it (Matryoshka)",
    options: [],
    async fit(points, to, options) {
      const { fitTruncate, linearFit } = await import("../reduce/index.ts");
      return linearFit(fitTruncate(points, to, options));
    },
  },
  lda: {
    about: "the directions that tell classes apart",
    options: ["labels"],
    async fit(points, to, options, { labels }) {
      const { fitLda, linearFit } = await import("../reduce/index.ts");
      return linearFit(await fitLda(points, to, { ...options, labels: labels! }));
    },
  },
  isomap: {
    about: "places as far apart as the rows are along the data, from neighbour to neighbour",
    options: [],
    async fit(points, to, options, { nNeighbors }) {
      const { fitIsomap } = await import("../reduce/index.ts");
      return fitIsomap(points, to, { ...options, ...defined({ nNeighbors }) });
    },
  },
  umap: {
    about: "places whose nearest neighbours are those of the data; distances between groups mean little",
    options: ["labels", "minDist", "stressWeight", "init", "steps", "neighbors"],
    async fit(points, to, options, { labels = null, init, ...own }) {
      const { fitUmap } = await import("../reduce/index.ts");
      const { minDist, stressWeight, steps, neighbors, nNeighbors } = own;
      const given = defined({ minDist, stressWeight, start: init, steps, neighbors, nNeighbors });
      return fitUmap(points, to, { ...options, ...given, labels });
    },
  },
  tsne: {
    about: "places where neighbours are as likely as in the data (t-SNE, 2 dimensions); so too",
    options: ["perplexity", "stressWeight", "init", "steps", "neighbors"],
    async fit(points, to, options, { perplexity, stressWeight, init, steps, neighbors }) {
      const { fitTsne } = await import("../reduce/index.ts");
      const given = defined({ perplexity, stressWeight, start: init, steps, neighbors });
      return fitTsne(points, to, { ...options, ...given });
    },
  },
  pacmap: {
    about: "near pairs near, further pairs apart, and some between that hold the whole together",
    options: ["init", "steps", "neighbors"],
    async fit(points, to, options, { init, steps, neighbors, nNeighbors }) {
      if (init === "spectral")
        throw new IsometerError("bad-option", "--init spectral is not of pacmap, which has no graph", {
          hint: "Start it from pca or random.",
        });
      const { fitPacmap } = await import("../reduce/index.ts");
      const given = defined({ start: init, steps, neighbors, nNeighbors });
      return fitPacmap(points, to, { ...options, ...given });
    },
  },
  mde: {
    about: "minimum-distortion embedding: neighbours kept near and others apart, or distances kept",
    options: ["recipe", "constraint", "init", "steps", "neighbors"],
    async fit(points, to, options, { recipe, constraint, init, steps, neighbors, nNeighbors }) {
      const { fitMde } = await import("../reduce/index.ts");
      const given = defined({ recipe, constraint, start: init, steps, neighbors, nNeighbors });
      return fitMde(points, to, { ...options, ...given });
    },
  },
} as const satisfies Readonly<Record<string, Method>>;

export type MethodName = keyof typeof METHODS;
export const METHOD_NAMES = Object.keys(METHODS) as MethodName[];

/** Refuses options of other methods: one that is silently ignored misleads. @throws bad-option */
export function checkMethodOptions(name: MethodName, options: MethodOptions): void {
  const { options: own }: Method = METHODS[name];
  for (const option of OWN) {
    const value = options[option];
    if (value === undefined || value === false || own.includes(option)) continue;
    const others = METHOD_NAMES.filter((other) => (METHODS[other] as Method).options.includes(option));
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
