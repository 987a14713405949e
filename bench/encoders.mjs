/**
 * Encoders against transformers.js 4 and Pillow.
 *
 * Texts: 128 of 5 to 40 words through a BERT of the shape of all-MiniLM-L6-v2 with random weights, taking turns with the pipeline of transformers.js, seconds of CPU (this machine may be busy with other work).
 * Pictures: 640 x 480 to the middle 224 x 224, mean and largest difference from Pillow in levels of 0 to 255, ours and those of the image processor of transformers.js.
 *
 *     node bench/encoders.mjs [--runs 3]
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { CLIPImageProcessor, env, pipeline, RawImage } from "@huggingface/transformers";
import { readPixels } from "../dist/data/node-encoder-images.js";
import { openEncoder } from "../dist/index.js";
import { uniform, writeBert } from "./children/bert.mjs";
import { CHILDREN, flag, machineLine, PYTHON, writeResults } from "./harness.mjs";

const folder = mkdtempSync(join(os.tmpdir(), "isometer-bench-"));
env.allowRemoteModels = false;

async function texts(runs) {
  writeBert(folder);
  const random = uniform(2);
  const word = () => `w${Math.floor(random() * 30_000)}`;
  const all = Array.from({ length: 128 }, () =>
    Array.from({ length: 5 + Math.floor(random() * 35) }, word).join(" "),
  );
  const encoder = await openEncoder(folder, { threads: 1, normalize: true });
  const peer = await pipeline("feature-extraction", folder, {
    dtype: "fp32",
    session_options: { intraOpNumThreads: 1 },
  });
  const ours = async () => (await encoder.encode(all)).vectors.data;
  const theirs = (batch) => async () => {
    const data = new Float32Array(all.length * encoder.dims);
    for (let i = 0; i < all.length; i += batch) {
      data.set(
        (await peer(all.slice(i, i + batch), { pooling: "mean", normalize: true })).data,
        i * encoder.dims,
      );
    }
    return data;
  };
  const ways = {
    isometer: ours,
    "transformers.js, 32 at once": theirs(32),
    "transformers.js, one by one": theirs(1),
  };
  const truth = await ours();
  const rows = Object.keys(ways).map((name) => ({ name, cpuSeconds: [], largestDifference: 0 }));
  for (let run = 0; run < runs; run++) {
    for (const row of rows) {
      const before = process.cpuUsage();
      const data = await ways[row.name]();
      const { user, system } = process.cpuUsage(before);
      row.cpuSeconds.push((user + system) / 1e6);
      for (const [i, x] of data.entries())
        row.largestDifference = Math.max(row.largestDifference, Math.abs(x - truth[i]));
    }
  }
  let alone = 0;
  for (const [i, text] of all.entries()) {
    const { data } = (await encoder.encode([text])).vectors;
    if (data.some((x, j) => x !== truth[i * encoder.dims + j])) alone++;
  }
  return { rows, textsThatDifferAlone: alone };
}

async function pictures() {
  execFileSync(PYTHON, [join(CHILDREN, "pillow.py"), folder]);
  const path = join(folder, "picture.png");
  const [side, size] = [224, 224 * 224 * 3];
  const plan = {
    height: side,
    width: side,
    channels: 3,
    resize: side,
    scale: 1,
    mean: [0, 0, 0],
    std: [1, 1, 1],
    layout: "hwc",
  };
  const rows = [];
  for (const [kernel, resample] of [
    ["cubic", 3],
    ["linear", 2],
  ]) {
    const pillow = readFileSync(join(folder, `${kernel}.raw`));
    const own = new Float32Array(size);
    await readPixels([path], { ...plan, kernel }, own);
    const crop = { height: side, width: side };
    const processor = new CLIPImageProcessor({
      ...{ do_resize: true, size: { shortest_edge: side }, resample, do_center_crop: true, crop_size: crop },
      ...{ do_rescale: false, do_normalize: false, image_mean: [0, 0, 0], image_std: [1, 1, 1] },
    });
    const planes = (await processor(await RawImage.read(path))).pixel_values.data;
    const peer = own.map((_, p) => planes[(p % 3) * side * side + Math.floor(p / 3)]);
    for (const [name, pixels] of [
      ["isometer", own],
      ["transformers.js", peer],
    ]) {
      const apart = pixels.map((v, p) => Math.abs(v - pillow[p]));
      rows.push({
        name,
        kernel,
        mean: apart.reduce((a, b) => a + b, 0) / size,
        largest: apart.reduce((a, b) => Math.max(a, b)),
      });
    }
  }
  return rows;
}

try {
  console.log(machineLine());
  const result = {
    machine: machineLine(),
    texts: await texts(Number(flag("runs", "3"))),
    pictures: await pictures(),
  };
  for (const { name, cpuSeconds, largestDifference } of result.texts.rows) {
    console.log(
      name.padEnd(28),
      cpuSeconds.map((s) => s.toFixed(2)).join(" "),
      "CPU s, at most",
      largestDifference.toPrecision(2),
      "apart",
    );
  }
  console.log(`texts that differ when alone: ${result.texts.textsThatDifferAlone} of 128`);
  for (const { name, kernel, mean, largest } of result.pictures) {
    console.log(name.padEnd(28), kernel.padEnd(8), mean.toFixed(3), "levels from Pillow, at most", largest);
  }
  writeResults("encoders", result);
} finally {
  rmSync(folder, { recursive: true });
}
