import { IsometerError, type Points } from "../base/index.ts";
import type { Fit, FitOptions, RandomKind } from "../reduce/index.ts";
import { kebab } from "./define.ts";

/** What methods take beside what all of them take. */
export interface MethodValues {
  readonly whiten: boolean;
  readonly kind: RandomKind | undefined;
  readonly labels: readonly string[] | null;
}

/** The options that are of some methods only, as the command line has them. */
export interface MethodOptions {
  readonly whiten: boolean;
  readonly kind: RandomKind | undefined;
  readonly labels: string | undefined;
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
    options: ["whiten"],
    async fit(points, to, options, { whiten }) {
      const { fitPca, linearFit } = await import("../reduce/index.ts");
      return linearFit(await fitPca(points, to, { ...options, whiten }));
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
} as const satisfies Readonly<Record<string, Method>>;

export type MethodName = keyof typeof METHODS;
export const METHOD_NAMES = Object.keys(METHODS) as MethodName[];

/** Refuses options of other methods: one that is silently ignored misleads. @throws bad-option */
export function checkMethodOptions(name: MethodName, options: MethodOptions): void {
  const { options: own }: Method = METHODS[name];
  for (const [option, value] of Object.entries(options)) {
    if (value === undefined || value === false || own.includes(option as keyof MethodOptions)) continue;
    const others = METHOD_NAMES.filter((other) =>
      (METHODS[other] as Method).options.includes(option as keyof MethodOptions),
    );
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
