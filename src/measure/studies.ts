import { type ClassEvidence, gatherClasses } from "./classes.ts";
import { type ColumnEvidence, gatherColumns, seesAllPairs } from "./columns.ts";
import type { CompareOptions, LastPass, Sweeping, SweptEvidence } from "./compare.ts";
import { type GroupEvidence, gatherGroups } from "./groups.ts";
import { gatherOrders, type OrderEvidence } from "./landmark-orders.ts";
import { gatherLandmarks, type LandmarkEvidence } from "./landmarks.ts";
import { gatherMoments, type MomentEvidence } from "./moments.ts";
import { type Once, openOnce } from "./once.ts";
import { type Sweep, sweep } from "./sweep.ts";
import { gatherTriplets, type TripletEvidence } from "./triplets.ts";

/** Evidence that needs other looks at the two spaces than the sweep over pairs. Null where no score asks for it. */
export interface Studies {
  /** Whole columns of anchors: all ranks, all densities. */
  readonly columns: ColumnEvidence | null;
  /** All pairs of some rows. */
  readonly landmarks: LandmarkEvidence | null;
  /** The order of their lengths. */
  readonly orders: OrderEvidence | null;
  /** Second moments within and between the spaces. */
  readonly moments: MomentEvidence | null;
  /** Classes of rows. */
  readonly classes: ClassEvidence | null;
  /** Random triplets of rows. */
  readonly triplets: TripletEvidence | null;
  /** Random groups of one space, looked at in the other. */
  readonly groups: GroupEvidence | null;
}

export const NO_STUDIES: Studies = {
  columns: null,
  landmarks: null,
  orders: null,
  moments: null,
  classes: null,
  triplets: null,
  groups: null,
};

/** How studies are made. */
export interface StudyOptions extends CompareOptions {
  readonly once: Once;
}

/** Studies on their way. */
export type Studying = { readonly [K in keyof Studies]: Promise<Studies[K]> };

/** The last pass with the columns is not bit for bit the one apart from them yet. */
const OFF = false as boolean;

/** All evidence on its way: of the sweep over pairs, and of the studies of each latent. */
export interface Underway {
  readonly swept: Promise<readonly SweptEvidence[]>;
  readonly studying: readonly Studying[];
}

/**
 * Completes the sweep and makes the studies that are asked for, of each latent. All studies at once: those that have parts on one thread keep the others'
 * threads busy. Where whole columns are seen from all rows, the last pass over pairs is made on the way; else before the studies.
 */
export async function studyAll({ first, last }: Sweeping, options: CompareOptions): Promise<Underway> {
  const shared: StudyOptions = { ...options, once: openOnce() };
  const hasColumns = options.wants.has("columns");
  const together = hasColumns && OFF && seesAllPairs(first[0]!.layout) ? last : null;
  const apart = last && !together ? last.complete(await sweepLast(first, last, options)) : null;
  const columns = hasColumns ? gatherColumns(first, options, together?.work ?? null) : null;
  const swept = together
    ? columns!.then(({ pass }) => together.complete(pass!))
    : Promise.resolve(apart ?? first);
  swept.catch(() => undefined);
  const studying = first.map((each, l) =>
    study(each, columns ? columns.then(({ evidence }) => evidence[l]!) : null, shared),
  );
  return { swept, studying };
}

function sweepLast(
  first: readonly SweptEvidence[],
  { work }: LastPass,
  { engine, watch }: CompareOptions,
): Promise<Sweep> {
  const { spaces, layout } = first[0]!;
  const zs = first.map((each) => each.spaces.z);
  return sweep({ x: spaces.x, zs, layout, engine, watch }, "pass 2 of 2", work);
}

function study(
  swept: SweptEvidence,
  columns: Promise<ColumnEvidence> | null,
  options: StudyOptions,
): Studying {
  const { wants } = options;
  const landmarks = wants.has("landmarks") || wants.has("orders") ? gatherLandmarks(swept, options) : null;
  return {
    columns: later(columns),
    landmarks: later(landmarks),
    orders: later(
      landmarks && wants.has("orders") ? landmarks.then((found) => gatherOrders(found, options)) : null,
    ),
    moments: later(wants.has("moments") ? gatherMoments(swept, options) : null),
    classes: later(wants.has("classes") ? gatherClasses(swept, options) : null),
    triplets: later(wants.has("triplets") ? gatherTriplets(swept, options) : null),
    groups: later(wants.has("groups") ? gatherGroups(swept, options) : null),
  };
}

/** A promise of what was not asked for, too. Should it fail after another that is waited for, nobody else would hear of it. */
function later<T>(made: Promise<T> | null): Promise<T | null> {
  const found = made ?? Promise.resolve(null);
  found.catch(() => undefined);
  return found;
}

/** All of them, once they are there. */
export async function studied(studying: Studying): Promise<Studies> {
  const { columns, landmarks, orders, moments, classes, triplets, groups } = studying;
  return {
    columns: await columns,
    landmarks: await landmarks,
    orders: await orders,
    moments: await moments,
    classes: await classes,
    triplets: await triplets,
    groups: await groups,
  };
}
