import { add, type Expression, mul, node, sub } from "../../graph/index.ts";
import { pulled } from "../directional.ts";
import type { Feeds } from "../feeds.ts";
import { offOne, unitDirections } from "./metric.ts";
import type { Penalty } from "./penalty.ts";

export const gradientPenalty: Penalty = {
  on: "encoder",
  about: "between the data, too, every direction of the code changes by one for a step of one",
  formula:
    "E (|K'u| - 1)^2, K = dz/dx of the encoder at mixtures of two rows of data, u random of length 1 for each; least 0, where K has orthonormal rows",
  scale: "absolute",
  cost: "one value and one derivative backward of the encoder, and theirs",
  source:
    "Gulrajani et al. 2017 (WGAN-GP, equation 3, for one output: the slope of a critic, between real and made rows). Here between two rows of data, and with d outputs the slope along a random direction u of the code; with one output u is 1 or -1 and it is theirs.",
  numbers: {},
  build({ map, outputs, at, feeds }) {
    const u = unitDirections(feeds, "gradientPenalty.u", at.shape[0] as number, outputs);
    return offOne(pulled(map, between(at, feeds), u));
  },
};

/** Places on the lines from rows to others of the batch, evenly. */
function between(rows: Expression, feeds: Feeds): Expression {
  const count = rows.shape[0] as number;
  const other = feeds.ask("gradientPenalty.other", [count], { kind: "random", law: "permutation" });
  const share = feeds.ask("gradientPenalty.share", [count, 1], { kind: "random", law: "uniform" });
  const others = node("Gather", [rows, other], { axis: { int: 0 } });
  return add(rows, mul(share, sub(others, rows)));
}
