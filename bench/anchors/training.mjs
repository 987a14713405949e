/**
 * Models as the anchors take them: trained on every row that is given, never shown another, and chosen by nothing else.
 *
 * @typedef {import("../../dist/index.js").Matrix} Matrix
 * @typedef {{ codes: (rows: Matrix) => Promise<Matrix>, decode: (codes: Matrix) => Promise<Matrix>, epoch: number }} Model `epoch`: after which it was as it is
 */

import { findEngine } from "../../dist/engine/index.js";
import { trainEncoder } from "../../dist/index.js";
import { autoencoder } from "../../dist/learn/objectives/autoencoder.js";
import { openTraining } from "../../dist/learn/run.js";

/**
 * By `trainEncoder`, all rows trained on. It looks at the model after the last epoch, and of a recipe of two parts after the first, whose models it does not take
 * once there are those of the second: so this is the last model.
 *
 * @param {Matrix} points
 * @param {import("../../dist/index.js").TrainEncoderOptions & { epochs: number, without?: string[] }} options `without`: terms of the recipe that are switched off
 * @returns {Promise<Model>}
 */
export async function trained(points, { without, ...options }) {
  if (without) return trainedWithout(points, without, options);
  const model = await trainEncoder(points, { ...options, holdout: 0, lookEvery: options.epochs });
  return { codes: model.transform, decode: model.inverseTransform, epoch: model.best.epoch };
}

/** The recipe without some of its terms, all else being equal: the last model. */
async function trainedWithout(points, without, options) {
  const at = Int32Array.from({ length: points.rows }, (_, i) => i);
  const model = { objective: autoencoder, hasDecoder: true, nComponents: 2 };
  const run = await openTraining({ ...options, ...model, points, at, engine: await findEngine() });
  const { training, state } = run.prepared;
  training.phases = training.phases.map(({ penalties, shares = {}, ...phase }) => ({
    ...phase,
    penalties: penalties.filter(({ name }) => !without.includes(name)),
    shares: Object.fromEntries(Object.entries(shares).filter(([name]) => !without.includes(name))),
  }));
  const look = async () => ({ score: 0, shown: {} });
  const steps = run.steps(state, { every: options.epochs, patience: null, look });
  for await (const _ of steps);
  const last = run.snapshot(state.values);
  return { codes: last.codes, decode: last.decode, epoch: options.epochs };
}
