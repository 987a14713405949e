/** What a method is, for whoever chooses one. */
export interface AlignMethod {
  readonly about: string;
  /** How the map is bent: `linear` ones are one matrix, `bent` ones are not. */
  readonly shape: "linear" | "bent";
  /** It looks at no pair. Default false. */
  readonly isGiven?: true;
  /** It takes long, and is tried by name alone. Default false. */
  readonly isByName?: true;
  /** A network is trained for it. Default false. */
  readonly isTrained?: true;
  /** It looks at single pairs, not at sums over all: fitted to as many as are held. Default false. */
  readonly needsRows?: true;
  /** It needs spaces of one width. Default false. */
  readonly needsOneWidth?: true;
  /** Both sides are brought into a space that they share: an index has to be written anew. Default false. */
  readonly isShared?: true;
}

/** By name, from stiff to flexible. */
export const METHODS = {
  identity: {
    about: "no map: both spaces have one frame already",
    shape: "linear",
    isGiven: true,
    needsOneWidth: true,
  },
  shift: {
    about: "scale and shift alone: centres laid upon each other",
    shape: "linear",
    needsOneWidth: true,
  },
  orthogonal: {
    about: "rotation, scale and shift (orthogonal Procrustes): what isometric spaces need",
    shape: "linear",
  },
  diagonal: { about: "rotation, then a scale for each principal axis of the target", shape: "linear" },
  "low-rank": { about: "ridge regression through as few dimensions as its error allows", shape: "linear" },
  ridge: { about: "any affine map, by ridge regression with a cross-validated penalty", shape: "linear" },
  local: {
    about: "a rotation for each region, blended: what a bent isometry needs",
    shape: "bent",
    needsRows: true,
  },
  residual: {
    about: "a rotation, and a small network for what it leaves; takes long",
    shape: "bent",
    isByName: true,
    isTrained: true,
    needsRows: true,
  },
  contrastive: {
    about: "a rotation, then the matrix that tells partners from others best (InfoNCE); takes long",
    shape: "linear",
    isByName: true,
    needsRows: true,
  },
  cca: {
    about: "canonical correlations: both into the directions that they share",
    shape: "linear",
    isShared: true,
  },
  relative: {
    about: "cosines with the anchors in both spaces: nothing is fitted",
    shape: "linear",
    needsRows: true,
    isShared: true,
  },
} as const satisfies Readonly<Record<string, AlignMethod>>;

export type AlignMethodName = keyof typeof METHODS;
export const METHOD_NAMES = Object.keys(METHODS) as AlignMethodName[];

/** What is known of a method. */
export const methodNamed = (name: AlignMethodName): AlignMethod => METHODS[name];

/** Methods that lead into the second space as it is and that are soon fitted, from stiff to flexible. */
export const USUAL_METHODS = METHOD_NAMES.filter((name) => {
  const { isShared, isByName } = methodNamed(name);
  return !isShared && !isByName;
});
