import { ranges, sampleWithoutReplacement, sharedInt32 } from "../base/index.ts";
import { kernelUrl, runBlocks } from "../engine/index.ts";
import { type Space, tileModel } from "../neighbors/index.ts";
import { shuffledClasses } from "./clusters.ts";
import type { CompareOptions, SweptEvidence } from "./compare.ts";
import { agreementIn, type Separation, separationIn } from "./separation.ts";
import type { Classing, SilhouetteSetup } from "./silhouette.kernel.ts";
import type { StudyOptions } from "./studies.ts";

/** What is known of the classes of rows in both spaces. */
export interface ClassEvidence {
  /** Class of each row, and the size of each class. */
  readonly classes: Int32Array;
  readonly sizes: Int32Array;
  readonly silhouettes: SilhouetteEvidence;
  /** Null where there are too many classes to hold every pair of them. */
  readonly separations: { readonly [S in keyof SilhouetteEvidence]: Separation } | null;
  /** Adjusted Rand index of the classes and clusters of each space; null where there are too many to look for. */
  readonly agreement: { readonly x: number; readonly z: number } | null;
}

/** Silhouettes of some anchors among all rows. */
export interface SilhouetteEvidence {
  readonly x: Float64Array;
  readonly z: Float64Array;
  /** Those of the latent once its rows are shuffled. */
  readonly shuffled: Float64Array;
}

/** Silhouettes are taken of as many anchors as make this many pairs with all rows, but of some at least. */
const SILHOUETTE_PAIRS = 2e7;
const LEAST_ANCHORS = 200;

/** Beyond this many classes their pairs are not held. */
const PAIRED_CLASSES = 1_000;

/** As many clusters are looked for as there are classes, up to this many. */
const SOUGHT_CLASSES = 100;

/**
 * Looks at the classes of the rows in both spaces; null without any, with one only, or when every row is a class of its own.
 *
 * Cost: 2e7 pairs for the silhouettes (or 200 n), and n C multiplications per dimension for C centroids, and for each of 4 runs of k-means.
 */
export async function gatherClasses(
  { spaces }: SweptEvidence,
  options: StudyOptions,
): Promise<ClassEvidence | null> {
  // Geodesics are known from some rows alone, and have no centroids.
  if (!options.classes || spaces.x.table || spaces.z.table) return null;
  const own = classing(await options.classes);
  const count = own.sizes.length;
  if (!scored(count, own.classes.length)) return null;
  const random = options.rng.split("classes");
  const shuffled = classing(shuffledClasses({ rows: own.classes }, random.split("shuffle")));
  const anchors = silhouetteAnchors(spaces.x.rows);
  const index = shared(sampleWithoutReplacement(random.split("anchors"), spaces.x.rows, anchors));
  const { once } = options;
  const [x] = await once(spaces.x, "silhouettes", () => silhouettesIn(spaces.x, index, [own], options));
  const [z, chance] = await silhouettesIn(spaces.z, index, [own, shuffled], options);
  const separations = count <= PAIRED_CLASSES && {
    x: await once(spaces.x, "separation", () => separationIn(spaces.x, own, options)),
    z: await separationIn(spaces.z, own, options),
    shuffled: await separationIn(spaces.z, shuffled, options),
  };
  const sought = (space: Space) => agreementIn(space, own, random.split("agreement"), options);
  const agreement = count <= SOUGHT_CLASSES && {
    x: await once(spaces.x, "agreement", () => sought(spaces.x)),
    z: await sought(spaces.z),
  };
  const silhouettes = { x: x!, z: z!, shuffled: chance! };
  return { ...own, silhouettes, separations: separations || null, agreement: agreement || null };
}

/** Whether so many classes of so many rows say anything. */
export function scored(count: number, rows: number): boolean {
  return count > 1 && count < rows;
}

function silhouetteAnchors(rows: number): number {
  return Math.min(rows, Math.max(LEAST_ANCHORS, Math.floor(SILHOUETTE_PAIRS / rows)));
}

function classing(classes: Int32Array): Classing {
  const sizes = new Int32Array(classes.reduce((most, c) => Math.max(most, c), 0) + 1);
  for (const c of classes) sizes[c]!++;
  return { classes: shared(classes), sizes };
}

function shared(values: Int32Array): Int32Array {
  if (values.buffer instanceof SharedArrayBuffer) return values;
  const copy = sharedInt32(values.length);
  copy.set(values);
  return copy;
}

/** Anchors of a task: few enough that tiles fit, many enough that the rows are not laid out too often. */
const TASK_ANCHORS = 256;

async function silhouettesIn(
  space: Space,
  index: Int32Array,
  classings: readonly Classing[],
  { engine, watch }: CompareOptions,
): Promise<Float64Array[]> {
  const layout = { kind: "anchors", rows: space.rows, slots: index.length, index } as const;
  const setup: SilhouetteSetup = { space, layout, model: tileModel(), classings };
  const step = Math.min(TASK_ANCHORS, Math.max(16, Math.ceil(index.length / 4)));
  const tasks = ranges(index.length, step);
  const { results } = await runBlocks<readonly [number, number], Float64Array[], null>({
    ...watch,
    engine,
    kernel: kernelUrl("./silhouette.kernel.js", import.meta.url),
    setup,
    tasks,
    stage: "classes",
  });
  return classings.map((_, at) => {
    const all = new Float64Array(index.length);
    results.forEach((part, t) => {
      all.set(part[at]!, tasks[t]![0]);
    });
    return all;
  });
}
