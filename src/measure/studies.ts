import { type ClassEvidence, gatherClasses } from "./classes.ts";
import { type ColumnEvidence, gatherColumns } from "./columns.ts";
import type { CompareOptions, SweptEvidence } from "./compare.ts";
import { type GroupEvidence, gatherGroups } from "./groups.ts";
import { gatherOrders, type OrderEvidence } from "./landmark-orders.ts";
import { gatherLandmarks, type LandmarkEvidence } from "./landmarks.ts";
import { gatherMoments, type MomentEvidence } from "./moments.ts";
import { type Once, openOnce } from "./once.ts";

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
  /** Random groups of one space, looked at in the other. */
  readonly groups: GroupEvidence | null;
}

export const NO_STUDIES: Studies = {
  columns: null,
  landmarks: null,
  orders: null,
  moments: null,
  classes: null,
  groups: null,
};

/** How studies are made. */
export interface StudyOptions extends CompareOptions {
  readonly once: Once;
}

/** Makes the studies that are asked for, of each latent. What the sweep found is at hand. */
export async function studyAll(
  swept: readonly SweptEvidence[],
  options: CompareOptions,
): Promise<readonly Studies[]> {
  const shared: StudyOptions = { ...options, once: openOnce() };
  const columns = options.wants.has("columns") ? await gatherColumns(swept, options) : null;
  // The others hold little and have parts that run on one thread: side by side they keep all threads busy.
  return Promise.all(
    swept.map(async (each, l) => ({ columns: columns?.[l] ?? null, ...(await study(each, shared)) })),
  );
}

async function study(swept: SweptEvidence, options: StudyOptions): Promise<Omit<Studies, "columns">> {
  const { wants } = options;
  const withLandmarks = async () => {
    if (!wants.has("landmarks") && !wants.has("orders")) return { landmarks: null, orders: null };
    const landmarks = await gatherLandmarks(swept, options);
    return { landmarks, orders: wants.has("orders") ? await gatherOrders(landmarks, options) : null };
  };
  const [lengths, moments, classes, groups] = await Promise.all([
    withLandmarks(),
    wants.has("moments") ? gatherMoments(swept, options) : null,
    wants.has("classes") ? gatherClasses(swept, options) : null,
    wants.has("groups") ? gatherGroups(swept, options) : null,
  ]);
  return { ...lengths, moments, classes, groups };
}
