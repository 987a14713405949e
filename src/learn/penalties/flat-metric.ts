import { div, mul, sub } from "../../graph/index.ts";
import { like, meanAll, rowSums, square, sumAll } from "../algebra.ts";
import { pulled, pushed } from "../directional.ts";
import { identity, metricAt, traceDirections } from "./metric.ts";
import type { MapSite, Penalty } from "./penalty.ts";

/** Up to so many dimensions the metric is taken as it is: that costs about what a random direction does, forward and back. */
const FEW_DIMENSIONS = 4;

export const flatMetric: Penalty = {
  on: "decoder",
  about: "the metric of the decoder is one multiple of the identity everywhere",
  formula:
    "E |G - c^2 I|_F^2, G = J'J of the decoder, c^2 = E tr G / d over the batch; least 0. It is c^4 (d^2 relaxedDistortion - d): larger codes make it smaller",
  scale: "absolute",
  cost: "to 4 dimensions d derivatives forward of the decoder, beyond one forward and one backward, and theirs",
  source:
    "Chen et al. 2020 (FMVAE, the regulariser of the metric tensor). To 4 dimensions exact; beyond by one random direction v for each row, E |G v - c^2 v|^2 (Hutchinson). The batch says c^2, which moves with the weights.",
  numbers: {},
  build: (site) => (site.inputs <= FEW_DIMENSIONS ? exact(site) : estimated(site)),
};

function exact({ map, inputs, at }: MapSite) {
  const metric = metricAt(map, at);
  const unit = identity(metric, inputs);
  const rows = like(metric, at.shape[0] as number);
  const scale = div(sumAll(mul(metric, unit)), mul(rows, like(metric, inputs)));
  return div(sumAll(square(sub(metric, mul(unit, scale)))), rows);
}

function estimated({ map, inputs, at, feeds }: MapSite) {
  const v = traceDirections(feeds, "flatMetric.v", at.shape[0] as number, inputs);
  const { moved } = pushed(map, at, v);
  const scale = div(meanAll(rowSums(square(moved))), like(moved, inputs));
  return meanAll(rowSums(square(sub(pulled(map, at, moved), mul(v, scale)))));
}
