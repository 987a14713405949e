/**
 * What the explorer waits for: neighbours, distances and the trust of a selection at 1,000,000 x 128 float32 and a latent of two dimensions, over HTTP.
 *
 *     node bench/views.mjs [--rows 1000000] [--cols 128] [--runs 12]
 *
 * p50 and p95 of wall time, and p50 of processor time over all threads of the server: on a machine that does other work, the latter divided by the threads is what
 * the former comes near when idle. "pass" adds all values of the original up once, in one thread of JavaScript: what any scan is held against.
 */

import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { startServer } from "../dist/app/server/listen.js";
import { rng } from "../dist/base/index.js";
import { npyHeader } from "./children/neighbors-files.mjs";
import { flag, machineLine } from "./harness.mjs";

const [ROWS, COLS, RUNS] = ["rows", "cols", "runs"].map((name, i) =>
  Number(flag(name, String([1_000_000, 128, 12][i]))),
);
const BLOCK = 10_000;

/** Normals along eight directions of different size and faint ones along the others; the latent is the first two, and some noise. */
function writeData(folder) {
  const source = rng(0).split("views");
  const files = ["data.npy", "codes.npy"].map((name) => openSync(join(folder, name), "w"));
  [COLS, 2].forEach((cols, i) => {
    writeSync(files[i], npyHeader(ROWS, cols));
  });
  // Drawing 128 million normals takes longer than all that is measured: noise repeats with a period that no row shares.
  const noise = Float32Array.from({ length: 1_000_003 }, () => source.normal());
  let at = 0;
  for (let start = 0; start < ROWS; start += BLOCK) {
    const count = Math.min(BLOCK, ROWS - start);
    const data = new Float32Array(count * COLS);
    const codes = new Float32Array(count * 2);
    for (let i = 0; i < count; i++) {
      for (let k = 0; k < COLS; k++) {
        data[i * COLS + k] = noise[at] * (k < 8 ? 4 / (k + 1) : 0.2);
        at = (at + 1) % noise.length;
      }
      for (let k = 0; k < 2; k++) codes[2 * i + k] = data[i * COLS + k] + 0.1 * source.normal();
    }
    writeSync(files[0], Buffer.from(data.buffer));
    writeSync(files[1], Buffer.from(codes.buffer));
  }
  for (const file of files) closeSync(file);
}

const sorted = (values) => values.toSorted((a, b) => a - b);
const at = (values, share) => sorted(values)[Math.min(values.length - 1, Math.floor(share * values.length))];

async function measured(name, work) {
  const wall = [];
  const cpu = [];
  for (let run = 0; run <= RUNS; run++) {
    const used = process.cpuUsage();
    const started = performance.now();
    await work(run);
    const { user, system } = process.cpuUsage(used);
    // The first run compiles and lays out.
    if (run === 0) continue;
    wall.push(performance.now() - started);
    cpu.push((user + system) / 1000);
  }
  const [p50, p95, work50] = [at(wall, 0.5), at(wall, 0.95), at(cpu, 0.5)].map((ms) =>
    ms.toFixed(0).padStart(7),
  );
  process.stdout.write(`${name.padEnd(34)}${p50}${p95}${work50}\n`);
}

const folder = mkdtempSync(join(os.tmpdir(), "isometer-views-"));
try {
  writeData(folder);
  const server = await startServer({ folder, jobs: [], version: "bench", port: 0, tell: () => {} });
  const ask = async (path, body) => {
    const init = body && {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    };
    const answer = await fetch(new URL(path, server.url), init);
    if (!answer.ok) throw new Error(await answer.text());
    return Buffer.from(await answer.arrayBuffer());
  };
  const started = performance.now();
  const { id } = JSON.parse(await ask("/api/views", { original: "data.npy", latent: ["codes.npy"] }));
  process.stdout.write(
    `${machineLine()}\n${ROWS} x ${COLS}, read in ${Math.round(performance.now() - started)} ms\n`,
  );
  process.stdout.write(`${"milliseconds".padEnd(34)}    p50    p95    cpu\n`);
  const bytes = readFileSync(join(folder, "data.npy"));
  const values = new Float32Array(
    bytes.buffer,
    bytes.byteOffset + bytes.length - 4 * ROWS * COLS,
    ROWS * COLS,
  );
  await measured("pass", () => {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += values[i];
    return sum;
  });
  const row = (run) => (run * 7919) % ROWS;
  await measured("neighbors, k 15", (run) => ask(`/api/views/${id}/neighbors?latent=0&row=${row(run)}&k=15`));
  await measured("distances", (run) => ask(`/api/views/${id}/distances?row=${row(run)}`));
  for (const count of [1000, 100_000]) {
    await measured(`selection of ${count}`, (run) => {
      const rows = Array.from({ length: count }, (_, i) => (row(run) + 3 * i) % ROWS);
      return ask(`/api/views/${id}/selection`, { latent: 0, rows });
    });
  }
  await measured("20,000 pairs", (run) => ask(`/api/views/${id}/pairs?latent=0&count=20000&seed=${run}`));
  await server.close();
} finally {
  rmSync(folder, { recursive: true });
}
