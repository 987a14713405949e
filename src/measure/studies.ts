import { type ClassEvidence, gatherClasses } from "./classes.ts";
import { type ColumnEvidence, gatherColumns } from "./columns.ts";
import type { CompareOptions, SweptEvidence } from "./compare.ts";
import { type GroupEvidence, gatherGroups } from "./groups.ts";
import { gatherOrders, type OrderEvidence } from "./landmark-orders.ts";
import { gatherLandmarks, type LandmarkEvidence } from "./landmarks.ts";
import { gatherLocalShapes, type ShapeEvidence } from "./local-shapes.ts";
import { gatherMoments, type MomentEvidence } from "./moments.ts";
import { type Once, openOnce } from "./once.ts";
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
  /** Shapes of small neighbourhoods. */
  readonly shapes: ShapeEvidence | null;
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
  shapes: null,
  groups: null,
};

/** How studies are made. */
export interface StudyOptions extends CompareOptions {
  readonly once: Once;
}

/** Studies on their way. */
export type Studying = { readonly [K in keyof Studies]: Promise<Studies[K]> };

/**
 * Makes the studies that are asked for, of each latent. What the sweep found is at hand. All at once: those that have parts on one thread keep
 * the others' threads busy.
 */
export function studyAll(swept: readonly SweptEvidence[], options: CompareOptions): readonly Studying[] {
  const shared: StudyOptions = { ...options, once: openOnce() };
  const { wants } = options;
  const columns = wants.has("columns") ? gatherColumns(swept, options) : null;
  const shapes = wants.has("shapes") ? gatherLocalShapes(swept, options) : null;
  const ofLatent = <T>(all: Promise<readonly T[]> | null, l: number) =>
    later(all ? all.then((each) => each[l]!) : null);
  return swept.map((each, l) => ({
    ...study(each, shared),
    columns: ofLatent(columns, l),
    shapes: ofLatent(shapes, l),
  }));
}

/** The studies of one latent by itself. */
function study(swept: SweptEvidence, options: StudyOptions): Omit<Studying, "columns" | "shapes"> {
  const { wants } = options;
  const landmarks = wants.has("landmarks") || wants.has("orders") ? gatherLandmarks(swept, options) : null;
  return {
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
  const { columns, landmarks, orders, moments, classes, triplets, shapes, groups } = studying;
  return {
    columns: await columns,
    landmarks: await landmarks,
    orders: await orders,
    moments: await moments,
    classes: await classes,
    triplets: await triplets,
    shapes: await shapes,
    groups: await groups,
  };
}
