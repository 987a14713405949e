import { correlation } from "./correlation.ts";
import { distance } from "./distance.ts";
import { geodesic } from "./geodesic.ts";
import { graphLaplacian } from "./graph-laplacian.ts";
import { gromovMonge } from "./gromov-monge.ts";
import { localIsometry } from "./local-isometry.ts";
import type { Penalty } from "./penalty.ts";
import { relaxedDistortion } from "./relaxed-distortion.ts";
import { stress } from "./stress.ts";
import { topological } from "./topological.ts";

/** Every penalty by its name, in the order of the help. */
export const PENALTIES = {
  distance,
  stress,
  geodesic,
  localIsometry,
  gromovMonge,
  correlation,
  topological,
  graphLaplacian,
  relaxedDistortion,
} satisfies Record<string, Penalty>;

export type PenaltyName = keyof typeof PENALTIES;
