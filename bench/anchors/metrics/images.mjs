/** T4: a map of MNIST's or Fashion-MNIST's test images, by our own audit: 10,000 rows, so every one of the 49,995,000 pairs and no interval. */

import { audit } from "../../../dist/index.js";
import { meanSquaredError } from "./pairs.mjs";

/** @typedef {import("../../../dist/index.js").Matrix} Matrix */

const NEIGHBORS = 15;

/**
 * `stress`: of all distances at the best scale; `spearman`: of all distances; `recall`: of the 15 nearest neighbours.
 *
 * @param {Matrix} images n x 784, test rows
 * @param {Matrix} codes n x d
 */
export async function measureImages(images, codes) {
  const { scores } = await audit(images, codes, {
    exact: true,
    nNeighbors: NEIGHBORS,
    scores: ["stress", "distanceSpearman", "neighborRecall"],
  });
  return {
    stress: scores.stress.value,
    spearman: scores.distanceSpearman.value,
    recall: scores.neighborRecall.value,
  };
}

/** Mean squared error of decoded test rows, over all pixels, in squared units of the pixels: 0 to 1 where images are divided by 255. */
export const reconstruction = meanSquaredError;
