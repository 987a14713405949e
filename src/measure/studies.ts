import { type ClassEvidence, gatherClasses } from "./classes.ts";
import { type ColumnEvidence, gatherColumns } from "./columns.ts";
import type { CompareOptions, SweptEvidence } from "./compare.ts";
import { type GroupEvidence, gatherGroups } from "./groups.ts";
import { gatherLandmarks, type LandmarkEvidence } from "./landmarks.ts";
import { gatherMoments, type MomentEvidence } from "./moments.ts";

/** Evidence that needs other looks at the two spaces than the sweep over pairs. Null where no score asks for it. */
export interface Studies {
  /** Whole columns of anchors: all ranks, all densities. */
  readonly columns: ColumnEvidence | null;
  /** All pairs of some rows. */
  readonly landmarks: LandmarkEvidence | null;
  /** Second moments within and between the spaces. */
  readonly moments: MomentEvidence | null;
  /** Classes of rows. */
  readonly classes: ClassEvidence | null;
  /** Random groups of one space, looked at in the other. */
  readonly groups: GroupEvidence | null;
}

/** Makes the studies that are asked for, one after the other. What the sweep found is at hand. */
export async function study(swept: SweptEvidence, options: CompareOptions): Promise<Studies> {
  const { wants } = options;
  return {
    columns: wants.has("columns") ? await gatherColumns(swept, options) : null,
    landmarks: wants.has("landmarks") ? await gatherLandmarks(swept, options) : null,
    moments: wants.has("moments") ? await gatherMoments(swept, options) : null,
    classes: wants.has("classes") ? await gatherClasses(swept, options) : null,
    groups: wants.has("groups") ? await gatherGroups(swept, options) : null,
  };
}
