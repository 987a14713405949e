import { meanAll, rowSums, square } from "../algebra.ts";
import { pulled } from "../directional.ts";
import { traceDirections } from "./metric.ts";
import type { Penalty } from "./penalty.ts";

export const contractive: Penalty = {
  on: "encoder",
  about: "codes move little where data do: noise across the data is forgotten (no isometry by itself)",
  formula:
    "E |K|_F^2, K = dz/dx of the encoder; d c^2 for a projection times c, and least 0, where the encoder is constant: it needs a reconstruction against it",
  scale: "absolute",
  cost: "one derivative backward of the encoder, and its own",
  source:
    "Rifai et al. 2011 (contractive autoencoder, in closed form for one sigmoid layer). Ours is for any encoder, by one random direction u for each row (Hutchinson): E |K'u|^2, |u|^2 = d.",
  numbers: {},
  build({ map, outputs, at, feeds }) {
    const u = traceDirections(feeds, "contractive.u", at.shape[0] as number, outputs);
    return meanAll(rowSums(square(pulled(map, at, u))));
  },
};
