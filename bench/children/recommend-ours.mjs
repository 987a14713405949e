/** Isometer: a recommender fitted to a split, each time with the next seed. Arguments: SPLIT SCORES als-W|knn|popularity, W being the strength of item distances. Only the fit is timed. */

import { readFileSync } from "node:fs";
import {
  alsRecommender,
  evaluateRecommender,
  fitAls,
  itemAgreement,
  itemKnn,
  popularityRecommender,
} from "../../dist/spaces/recommend/index.js";
import { keepScores, readSplit } from "./recommend-split.mjs";
import { serve } from "./serve.mjs";

const [path, scores, kind] = process.argv.slice(2);
const { settings, split } = readSplit(path);
const { nFactors, alpha, regularization, iterations, nNeighbors, shrinkage, k } = settings;
const { train } = split;
const itemDistances = Number(kind.replace("als-", ""));
const FITTERS = {
  als: (seed) =>
    fitAls(train, { nFactors, alpha, regularization, iterations, tolerance: 0, itemDistances, seed }),
  knn: () => itemKnn(train, { nNeighbors, shrinkage }),
  popularity: () => popularityRecommender(train),
};
const fits = [];

await serve({
  version: JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version,
  run: async () => fits.push(await FITTERS[kind.split("-")[0]](fits.length)),
  finish: () => {
    const models = fits.filter((fit) => fit.kind === "als");
    const recommenders = models.length > 0 ? models.map((model) => alsRecommender(model)) : fits;
    const kept = models[0] && itemAgreement(train, models[0].items);
    return {
      ...keepScores(
        scores,
        recommenders.map((recommender) => evaluateRecommender(recommender, split, { k })),
      ),
      ...(kept && { "distances, cosine": kept.cosine.value, "distances, Euclidean": kept.euclidean.value }),
    };
  },
});
