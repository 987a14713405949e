import { div, sub } from "../../graph/index.ts";
import { like, meanAll, square, sumAll } from "../algebra.ts";
import { logDeterminants, metricAt } from "./metric.ts";
import type { Penalty } from "./penalty.ts";

export const areaUniform: Penalty = {
  on: "decoder",
  about: "the decoder stretches areas (volumes) by one factor everywhere; angles are free",
  formula:
    "variance over the batch of ln det G, G = J'J of the decoder, divisor B - 1; least 0, where volumes are stretched by one factor",
  scale: "free",
  cost: "d derivatives forward of the decoder, and theirs; B d^2 D for G, B d^3 for its determinant",
  source:
    "Nazari, Damrich & Hamprecht 2023 (GAE, the determinant regulariser). Theirs is for two dimensions; ours for any, by elimination. A pivot counts as at least 1e-6 of its diagonal element: a decoder that loses a dimension has a large number here, where theirs has none.",
  twin: "logVolumeVariance",
  numbers: {},
  build({ map, at }) {
    const volumes = logDeterminants(metricAt(map, at));
    const rows = at.shape[0] as number;
    return div(sumAll(square(sub(volumes, meanAll(volumes)))), like(volumes, Math.max(1, rows - 1)));
  },
};
