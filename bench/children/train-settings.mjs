/** What train.mjs trains: each setting as our side opens it, and as files that PyTorch's side reads. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { rng, sharedFloat32 } from "../../dist/base/index.js";
import { findEngine } from "../../dist/engine/index.js";
import { openBatches } from "../../dist/learn/batches.js";
import { autoencoder } from "../../dist/learn/objectives/autoencoder.js";
import { BETA, vae } from "../../dist/learn/objectives/vae.js";
import { openTraining } from "../../dist/learn/run.js";

const SEED = 0;
const THREADS = 2;

const large = { make: pictures, rows: 5120, batch: 256, hidden: [512, 256], nComponents: 16 };
const small = { make: roll, rows: 2000, batch: 500, hidden: [256, 256], nComponents: 2 };
const relaxed = { penalty: "relaxedDistortion" };

/** `steps`: of one run, whole epochs of `rows`. */
export const SETTINGS = {
  large: { ...large, steps: 200 },
  small: { ...small, steps: 400 },
  "small-relaxed": { ...small, ...relaxed, steps: 400 },
  "large-relaxed": { ...large, ...relaxed, steps: 100 },
  "conv-vae": {
    make: pictures,
    rows: 2560,
    batch: 128,
    hidden: [],
    nComponents: 16,
    channels: [32, 64],
    imageShape: [1, 28, 28],
    steps: 60,
  },
};

/** The training of a setting, in epochs of which `runs` runs are made. */
export async function openSetting(name, runs) {
  const { make, rows, batch, hidden, nComponents, penalty, channels, imageShape, steps } = SETTINGS[name];
  const points = make(rows);
  const epochs = (steps * batch) / rows;
  const run = await openTraining({
    engine: await findEngine({ threads: THREADS }),
    points,
    at: Int32Array.from({ length: rows }, (_, i) => i),
    nComponents,
    hasDecoder: true,
    objective: autoencoder,
    hidden,
    activation: "elu",
    epochs: epochs * runs,
    batchSize: batch,
    schedule: { kind: "constant" },
    standardize: "none",
    seed: SEED,
    ...(penalty && { isometry: [{ name: penalty, weight: 1 }] }),
    ...(imageShape && {
      network: "conv",
      channels,
      imageShape,
      objective: vae({ variance: "unit" }),
      encoded: 2 * nComponents,
      numbers: { [BETA]: 1 },
    }),
  });
  return { run, points, epochs, steps };
}

/** Writes the rows, the rows of each batch, and the parameters that training begins with. */
export async function writeSetting(name, runs, folder) {
  const { run, points, steps } = await openSetting(name, runs);
  const { batch, hidden, nComponents, penalty, channels } = SETTINGS[name];
  const { training, state } = run.prepared;
  const order = new Int32Array(steps * runs * batch);
  const batches = openBatches(rng(SEED).split("batches"), points.rows, batch, null);
  for (let t = 0; t < steps * runs; t++) batches.rowsOf(t, order.subarray(t * batch, (t + 1) * batch));
  writeFileSync(join(folder, "rows.f32"), points.data);
  writeFileSync(join(folder, "order.i32"), order);
  writeFileSync(join(folder, "start.f32"), state.values.slice(0, training.layout.modelSize));
  const { parameters } = training.layout;
  const setting = {
    steps,
    batch,
    cols: points.cols,
    hidden,
    codes: nComponents,
    penalty,
    channels,
    parameters,
  };
  writeFileSync(join(folder, "setting.json"), JSON.stringify(setting));
}

/** Three round spots of random place, size and height in 28 x 28 pixels. */
function pictures(rows) {
  const source = rng(SEED).split("pictures");
  const data = sharedFloat32(rows * 784);
  for (let i = 0; i < rows; i++)
    for (let spot = 0; spot < 3; spot++) {
      const [x, y] = [4 + 20 * source.uniform(), 4 + 20 * source.uniform()];
      const [width, height] = [2 + 4 * source.uniform(), 0.5 + source.uniform()];
      for (let p = 0; p < 784; p++) {
        const square = (Math.floor(p / 28) - y) ** 2 + ((p % 28) - x) ** 2;
        data[i * 784 + p] += height * Math.exp(-square / (2 * width * width));
      }
    }
  return standard(data, rows, 784);
}

/** A Swiss roll with a hole, as T3's: a strip of 3 pi by 10 around a rectangle that is left out. */
function roll(rows) {
  const source = rng(SEED).split("roll");
  const data = sharedFloat32(rows * 3);
  for (let i = 0; i < rows; ) {
    const [u, v] = [source.uniform(), source.uniform()];
    if (Math.abs(u - 0.5) < 0.15 && Math.abs(v - 0.5) < 0.2) continue;
    const angle = Math.PI * (1.5 + 3 * u);
    data.set([angle * Math.cos(angle), 10 * v, angle * Math.sin(angle)], 3 * i++);
  }
  return standard(data, rows, 3);
}

/** Centred, and divided by one scale. */
function standard(data, rows, cols) {
  const mean = new Float64Array(cols);
  for (let i = 0; i < data.length; i++) mean[i % cols] += data[i] / rows;
  let squares = 0;
  for (let i = 0; i < data.length; i++) {
    data[i] -= mean[i % cols];
    squares += data[i] ** 2 / data.length;
  }
  for (let i = 0; i < data.length; i++) data[i] /= Math.sqrt(squares);
  return { data, rows, cols };
}
