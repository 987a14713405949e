import { areaUniform } from "./area-uniform.ts";
import { biLipschitz } from "./bi-lipschitz.ts";
import { contractive } from "./contractive.ts";
import { correlation } from "./correlation.ts";
import { distance } from "./distance.ts";
import { flatMetric } from "./flat-metric.ts";
import { geodesic } from "./geodesic.ts";
import { gradientPenalty } from "./gradient-penalty.ts";
import { graphLaplacian } from "./graph-laplacian.ts";
import { gromovMonge } from "./gromov-monge.ts";
import { isometricDecoder } from "./isometric-decoder.ts";
import { localIsometry } from "./local-isometry.ts";
import { orthogonal } from "./orthogonal.ts";
import type { Penalty } from "./penalty.ts";
import { relaxedDistortion } from "./relaxed-distortion.ts";
import { spectral } from "./spectral.ts";
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
  isometricDecoder,
  flatMetric,
  areaUniform,
  biLipschitz,
  orthogonal,
  contractive,
  gradientPenalty,
  spectral,
} satisfies Record<string, Penalty>;

export type PenaltyName = keyof typeof PENALTIES;
