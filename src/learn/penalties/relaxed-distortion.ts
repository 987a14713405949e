import { div } from "../../graph/index.ts";
import { meanAll, rowSums, square } from "../algebra.ts";
import { pulled, pushed } from "../directional.ts";
import { traceDirections } from "./metric.ts";
import type { Penalty } from "./penalty.ts";

export const relaxedDistortion: Penalty = {
  on: "decoder",
  about: "the decoder stretches all directions everywhere by one factor",
  formula:
    "E tr G^2 / (E tr G)^2, G = J'J of the decoder; least 1/d, where G is the same multiple of the identity everywhere",
  scale: "free",
  cost: "one derivative forward and one backward of the decoder, and theirs",
  source:
    "Lee et al. 2022 (IRAE), by one random direction v for each row (Hutchinson): E |J'J v|^2 / (E |J v|^2)^2. Their v is normal; ours is on the sphere of radius sqrt(d), which has the same mean and less noise: at the minimum there is none.",
  twin: "relaxedDistortion",
  numbers: {},
  build({ map, inputs, at, feeds }) {
    const v = traceDirections(feeds, "relaxedDistortion.v", at.shape[0] as number, inputs);
    const { moved } = pushed(map, at, v);
    const back = pulled(map, at, moved);
    const trace = meanAll(rowSums(square(moved)));
    return div(meanAll(rowSums(square(back))), square(trace));
  },
};
