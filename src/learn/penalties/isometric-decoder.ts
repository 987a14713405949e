import { add, mul } from "../../graph/index.ts";
import { like } from "../algebra.ts";
import { pulled, pushed } from "../directional.ts";
import { offOne, unitDirections } from "./metric.ts";
import type { Penalty } from "./penalty.ts";

export const isometricDecoder: Penalty = {
  on: "decoder",
  about: "the decoder keeps lengths, and the encoder undoes it by orthogonal projection",
  formula:
    "E (|J u| - 1)^2 + pseudoInverse E (|K'u| - 1)^2, u random of length 1 for each row, J of the decoder at codes, K of the encoder at data; least 0, where J has orthonormal columns and K orthonormal rows",
  scale: "absolute",
  cost: "one derivative forward of the decoder and one backward of the encoder, and theirs",
  source:
    "Gropp, Atzmon & Lipman 2020 (I-AE: their isometry and pseudo-inverse terms, there with two weights, here one weight and `pseudoInverse`, the weight of the second beside the first). Without an encoder there is the first alone.",
  numbers: { pseudoInverse: 1 },
  build({ map, inputs, at, feeds, inverse }, { pseudoInverse }) {
    const u = unitDirections(feeds, "isometricDecoder.u", at.shape[0] as number, inputs);
    const isometry = offOne(pushed(map, at, u).moved);
    if (!inverse) return isometry;
    const w = unitDirections(feeds, "isometricDecoder.w", inverse.at.shape[0] as number, inputs);
    const projection = offOne(pulled(inverse.map, inverse.at, w));
    return add(isometry, mul(projection, like(projection, pseudoInverse!)));
  },
};
