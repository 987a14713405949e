import { IsometerError, type Points } from "../base/index.ts";
import type { FitOptions, LinearFit, RandomKind } from "../reduce/index.ts";
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
  fit(points: Points, to: number, options: FitOptions, own: MethodValues): Promise<LinearFit>;
}

/** Every method, in the order of the help. */
export const METHODS = {
  pca: {
    about: "the directions of largest variance",
    options: ["whiten"],
    async fit(points, to, options, { whiten }) {
      const { fitPca } = await import("../reduce/index.ts");
      return fitPca(points, to, { ...options, whiten });
    },
  },
  "isometric-linear": {
    about: "the linear map whose distances are those of the data, as nearly as can be",
    options: [],
    async fit(points, to, options) {
      const { fitIsometricLinear } = await import("../reduce/index.ts");
      return fitIsometricLinear(points, to, options);
    },
  },
  random: {
    about: "a random projection, with what the lemma of Johnson and Lindenstrauss promises",
    options: ["kind"],
    async fit(points, to, options, { kind = "gaussian" }) {
      const { fitRandom } = await import("../reduce/index.ts");
      return fitRandom(points, to, { ...options, kind });
    },
  },
  truncate: {
    about: "the first columns, for embeddings that were trained for it (Matryoshka)",
    options: [],
    async fit(points, to, options) {
      const { fitTruncate } = await import("../reduce/index.ts");
      return fitTruncate(points, to, options);
    },
  },
  lda: {
    about: "the directions that tell classes apart",
    options: ["labels"],
    async fit(points, to, options, { labels }) {
      const { fitLda } = await import("../reduce/index.ts");
      return fitLda(points, to, { ...options, labels: labels! });
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
