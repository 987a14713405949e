import {
  checkInteger,
  checkSameRows,
  deepFreeze,
  IsometerError,
  type Points,
  rng,
  sampleWithoutReplacement,
  throwIfAborted,
  type Watch,
} from "../base/index.ts";
import { type EngineInfo, type EngineOptions, findEngine } from "../engine/index.ts";
import type { Layout, Space } from "../neighbors/index.ts";
import { checkSize, chooseLayout } from "./audit-checks.ts";
import type { SweptEvidence } from "./compare.ts";
import { sweepAll } from "./gather.ts";
import { gatherMoments } from "./moments.ts";
import { openOnce } from "./once.ts";
import { inOwnSpan } from "./own-span.ts";
import { prepare } from "./prepare.ts";
import type { Score } from "./result.ts";
import { neighborRecall } from "./scores/neighborhood.ts";
import { linearCka, procrustes } from "./scores/representation.ts";
import { NO_STUDIES, type StudyOptions } from "./studies.ts";

/** One of several spaces of the same items. */
export interface NamedSpace {
  /** What it is called in messages. */
  readonly name: string;
  /** n x d; widths may differ. */
  readonly points: Points;
  /** Index of the first equal row of each row. */
  readonly duplicates?: Int32Array | null;
}

/** How far two spaces agree. */
export interface Agreement {
  /** Numbers of the two spaces in the order in which they were given, `a` below `b`. */
  readonly a: number;
  readonly b: number;
  /** 1 = the same up to rotation and scale. Null where a space has no spread. */
  readonly linearCka: Score | null;
  /** Mutual kNN: mean overlap of the k nearest neighbours. */
  readonly neighborRecall: Score;
  /** Orthogonal Procrustes disparity: 0 = one rotates onto the other. Null where both are too wide (see `procrustes`). */
  readonly procrustes: Score | null;
}

export interface AgreementOptions extends EngineOptions, Watch {
  /** Distance that neighbours are nearest by, in all spaces. Default cosine. */
  readonly metric?: "cosine" | "euclidean";
  /** k of the overlap, 1 to n - 1. Default 10. */
  readonly nNeighbors?: number;
  /** Number of anchors whose neighbours are looked at. Default as for `AuditOptions.sample`. */
  readonly sample?: number;
  /** Default 0. */
  readonly seed?: number;
}

/** The agreement of every pair of some spaces. */
export interface Agreements {
  readonly rows: number;
  readonly options: {
    readonly metric: "cosine" | "euclidean";
    readonly nNeighbors: number;
    readonly sample: number | "exact";
    readonly seed: number;
  };
  readonly engine: EngineInfo;
  /** All pairs: (0, 1), (0, 2) ... (1, 2) ... */
  readonly pairs: readonly Agreement[];
}

/**
 * How far each pair of several spaces of the same items agrees: linear CKA, mutual kNN and the orthogonal Procrustes disparity.
 *
 * Neighbours are nearest by `metric`; CKA and Procrustes are of the rows as they are, columns centred, as in their papers: lengths of rows are a part of
 * a representation. (An audit under cosine takes rows of length 1 for all three. Of models that give unit vectors these are the same.)
 *
 * For m spaces of n rows and about d dimensions: neighbours in one sweep over all spaces, m n^2 d / 2 multiplications (less from anchors), and second moments of each
 * space, m n d^2, once; then for each of the m (m - 1) / 2 pairs n d^2 for their covariances, twice, and O(d^3) for singular values. Of few rows in many
 * dimensions d is n there (see `inOwnSpan`). Held: the spaces, and k numbers an anchor and d^2 for each.
 *
 * @param spaces two or more; row i of all is the same item
 * @throws row-count-mismatch; too-few-rows (n < 3); bad-option (k, sample); non-finite; zero-vector under cosine; aborted
 */
export async function agreements(
  spaces: readonly NamedSpace[],
  options: AgreementOptions = {},
): Promise<Agreements> {
  const { metric = "cosine", nNeighbors = 10, seed = 0 } = options;
  const [first, ...others] = spaces;
  if (first === undefined || others.length === 0) {
    throw new IsometerError("bad-option", "agreement is of two spaces or more", {
      got: `${spaces.length} given`,
      hint: "Give another space of the same items.",
    });
  }
  const { rows } = first.points;
  for (const each of others) checkSameRows(first.points, each.points, [first.name, each.name]);
  checkSize(rows, 1, first.name);
  checkInteger("nNeighbors", nNeighbors, 1, rows - 1);
  const random = rng(seed);
  const layout = chooseLayout(rows, options, false, (count) =>
    sampleWithoutReplacement(random.split("anchors"), rows, count),
  );
  const engine = await findEngine(options);
  const setup: Setup = { layout, metric, k: nNeighbors, rng: random, engine, watch: options };
  const pairs = await allPairs(spaces, setup);
  const sample = layout.kind === "all" ? "exact" : layout.slots;
  return deepFreeze({ rows, options: { metric, nNeighbors, sample, seed }, engine, pairs });
}

interface Setup extends Pick<StudyOptions, "layout" | "k" | "rng" | "engine" | "watch"> {
  readonly layout: Layout;
  readonly metric: "cosine" | "euclidean";
}

async function allPairs(spaces: readonly NamedSpace[], setup: Setup): Promise<Agreement[]> {
  const { layout, k, watch } = setup;
  const neighbors = await neighborsOfAll(spaces, setup);
  const turned = spaces.map((space) => ({ ...space, points: inOwnSpan(space.points) }));
  const asTheyAre = await placed(turned, "euclidean", setup);
  // Told pair by pair: the parts of one say nothing of the whole.
  const quiet: Watch = watch.signal ? { signal: watch.signal } : {};
  const studies: StudyOptions = {
    ...setup,
    watch: quiet,
    wants: new Set(["moments"]),
    classes: null,
    once: openOnce(),
  };
  const total = (spaces.length * (spaces.length - 1)) / 2;
  const pairs: Agreement[] = [];
  for (let a = 0; a < spaces.length; a++) {
    for (let b = a + 1; b < spaces.length; b++) {
      throwIfAborted(watch.signal);
      watch.onProgress?.({ stage: "comparing spaces", done: pairs.length, total });
      const swept: SweptEvidence = {
        ...{ layout, k, ranks: null, pairs: null },
        spaces: { x: asTheyAre[a]!, z: asTheyAre[b]! },
        neighbors: { x: neighbors[a]!, z: neighbors[b]! },
      };
      const evidence = { ...swept, ...NO_STUDIES, moments: await gatherMoments(swept, studies) };
      pairs.push({
        a,
        b,
        linearCka: linearCka(evidence),
        neighborRecall: neighborRecall(evidence),
        procrustes: procrustes(evidence),
      });
    }
  }
  watch.onProgress?.({ stage: "comparing spaces", done: total, total });
  return pairs;
}

/** The neighbours of each anchor in every space, in one sweep. */
async function neighborsOfAll(spaces: readonly NamedSpace[], setup: Setup) {
  const [x, ...zs] = await placed(spaces, setup.metric, setup);
  const swept = await sweepAll({ ...setup, wants: new Set(["neighbors"]), classes: null, x: x!, zs });
  return [swept[0]!.neighbors!.x, ...swept.map(({ neighbors }) => neighbors!.z)];
}

async function placed(
  spaces: readonly NamedSpace[],
  metric: "cosine" | "euclidean",
  { layout, engine, watch }: Setup,
): Promise<Space[]> {
  const made: Space[] = [];
  for (const { name, points, duplicates = null } of spaces) {
    const { space } = await prepare(points, {
      ...{ metric, name, duplicates, layout, engine, watch },
      graphNeighbors: null,
    });
    made.push(space);
  }
  return made;
}
