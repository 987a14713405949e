/**
 * Runs contestants side by side, each in its own process, and tells what they took and how good the answer was.
 *
 * A contestant is a child process that loads its data, says that it is ready, and then does the work once for
 * each line "run" that it is sent (children/serve.mjs, children/serve.py). So runs can take turns, which is fair on a
 * noisy machine, the clock is read beside the work, and peak memory belongs to one contestant alone.
 *
 * @typedef {{ name: string, command: string[], needs?: string[], env?: Record<string, string>, runs?: number, warmUps?: number }} Contestant
 *   `needs`: files that must exist; otherwise the contestant is reported as absent.
 *   `runs`: how many runs count (default: the number for all); the `warmUps` (default 1) before them do not.
 * @typedef {{ name: string, absent?: string, failed?: string, version?: string, first?: number, seconds?: number[],
 *   readyBytes?: number, peakBytes?: number, quality?: Record<string, number | string> }} Outcome
 *   `first`: seconds of the very first call; `readyBytes`: peak memory once the data were loaded.
 */

import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const BENCH = dirname(fileURLToPath(import.meta.url));
export const ROOT = dirname(BENCH);
export const CHILDREN = join(BENCH, "children");
export const CLI = join(ROOT, "dist/app/cli/main.js");
/** The peers' Python: the one that bench/peers/setup.sh makes, or another with the same packages. */
export const PYTHON = process.env.ISOMETER_BENCH_PYTHON ?? join(BENCH, "peers/.venv/bin/python");
const SETUP_HINT = "install the peers with: sh bench/peers/setup.sh";
/** Idle time between runs, so that threads of the last contestant stop spinning. */
const PAUSE_MS = 300;

/**
 * Fashion-MNIST's test set (10,000 x 784) and its 2-D UMAP, in the folder that --data names. Where they are absent it says so and ends the process: exit 3
 * with `gate`, else 0.
 */
export function fashionUmap(bench, gate) {
  const data = resolve(ROOT, flag("data", process.env.ISOMETER_DATA ?? "../shared/data"));
  const original = join(data, "images/fashion-mnist/t10k-images-idx3-ubyte.gz");
  const latent = join(data, "latents/fashion-mnist-t10k-umap.npy");
  const missing = [original, latent].find((path) => !existsSync(path));
  if (missing) {
    console.log(
      `${bench}: not measured, the data are absent (no ${missing}). Give their folder with --data.`,
    );
    process.exit(gate ? 3 : 0);
  }
  return { original, latent };
}

/** `isometer audit` from the command line with its defaults: start, reading and report included. Needs GNU time. */
export function auditCommand(original, latent) {
  const command = ["-f", "%M", process.execPath, CLI, "audit", original, latent, "--json", "-"];
  const started = performance.now();
  const child = spawnSync("/usr/bin/time", command, { encoding: "utf8", maxBuffer: 2 ** 28 });
  const seconds = (performance.now() - started) / 1000;
  if (child.status !== 0) throw new Error(child.stderr ?? String(child.error));
  const peakBytes = Number(child.stderr.trim().split("\n").at(-1)) * 1024;
  return { seconds, peakBytes, result: JSON.parse(child.stdout) };
}

/** One child process that answers one line of JSON per line that it is sent. */
class Child {
  /** @param {Contestant} contestant */
  constructor({ command, env }) {
    this.errors = "";
    this.process = spawn(command[0], command.slice(1), {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...env },
      cwd: ROOT,
    });
    this.process.stderr.on("data", (chunk) => {
      this.errors = (this.errors + chunk).slice(-4000);
    });
    this.process.stdin.on("error", () => {});
    this.ended = new Promise((resolve) => {
      this.process.once("error", (error) => resolve(error.message));
      this.process.once("close", (code) => resolve(`exit ${code}`));
    });
    this.lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
  }

  /** The next answer: the next line that is a JSON object with `isometerBench`; other output is passed over. */
  async answer() {
    for (;;) {
      const { value, done } = await this.lines.next();
      if (done)
        throw new Error(`${await this.ended}: ${this.errors.trim().split("\n").slice(-6).join(" | ")}`);
      if (value.startsWith('{"isometerBench"')) return JSON.parse(value).isometerBench;
    }
  }

  /** @param {string} word */
  async ask(word) {
    this.process.stdin.write(`${word}\n`);
    return this.answer();
  }

  stop() {
    this.process.stdin.end();
    this.process.kill();
  }
}

/**
 * Runs all contestants, taking turns, and returns what came of each, in the order given.
 *
 * @param {Contestant[]} contestants
 * @param {{ runs: number, log?: (line: string) => void }} options
 * @returns {Promise<Outcome[]>}
 */
export async function compare(contestants, { runs, log = () => {} }) {
  const entries = contestants.map((contestant) => ({
    contestant,
    wanted: contestant.runs ?? runs,
    warmUps: contestant.warmUps ?? 1,
    child: /** @type {Child | undefined} */ (undefined),
    times: /** @type {number[]} */ ([]),
    outcome: /** @type {Outcome} */ ({ name: contestant.name }),
  }));
  for (const entry of entries) await start(entry, log);
  const rounds = Math.max(...entries.map((entry) => entry.wanted + entry.warmUps));
  for (let round = 0; round < rounds; round++) {
    for (const entry of entries) {
      if (entry.child && round < entry.wanted + entry.warmUps) await turn(entry, log);
    }
  }
  for (const entry of entries) await finish(entry);
  return entries.map((entry) => entry.outcome);
}

async function start(entry, log) {
  const missing = (entry.contestant.needs ?? []).find((path) => !existsSync(path));
  if (missing) {
    entry.outcome.absent = `no ${relative(ROOT, missing)}`;
    log(`${entry.contestant.name}: absent (${entry.outcome.absent})`);
    return;
  }
  entry.child = new Child(entry.contestant);
  await guarded(entry, log, async () => {
    const { version, peakBytes } = await entry.child.answer();
    entry.outcome.version = version;
    entry.outcome.readyBytes = peakBytes;
    log(`${entry.contestant.name} ${version}: ready`);
  });
}

async function turn(entry, log) {
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  await guarded(entry, log, async () => {
    const { seconds } = await entry.child.ask("run");
    entry.times.push(seconds);
    const warm = entry.times.length <= entry.warmUps ? " (warm-up)" : "";
    log(`${entry.contestant.name}: ${seconds.toFixed(3)} s${warm}`);
  });
}

async function finish(entry) {
  if (!entry.child) return;
  await guarded(
    entry,
    () => {},
    async () => {
      const { peakBytes, quality } = await entry.child.ask("finish");
      Object.assign(entry.outcome, { peakBytes, quality });
    },
  );
  entry.child?.stop();
  entry.outcome.first = entry.times[0];
  entry.outcome.seconds = entry.times.slice(entry.warmUps);
}

/** A contestant that fails is out; the others go on, and the table says so. */
async function guarded(entry, log, work) {
  try {
    await work();
  } catch (error) {
    entry.outcome.failed = error.message;
    log(`${entry.contestant.name}: failed: ${error.message}`);
    entry.child.stop();
    entry.child = undefined;
  }
}

/** @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Prints outcomes as a table: times, times relative to ours (the first row) by median and by best run, memory, quality.
 *
 * @param {string} title
 * @param {Outcome[]} outcomes
 */
export function printTable(title, outcomes) {
  const ours = outcomes[0].seconds?.length ? outcomes[0].seconds : [Number.NaN];
  const measures = [...new Set(outcomes.flatMap((o) => Object.keys(o.quality ?? {})))];
  const rows = outcomes.map((o) => {
    const name = o.version ? `${o.name} ${o.version}` : o.name;
    if (o.absent) return [name, `absent: ${o.absent}`];
    if (o.failed) return [name, `failed: ${o.failed}`];
    const middle = median(o.seconds);
    return [
      name,
      `${middle.toFixed(3)} s`,
      `${Math.min(...o.seconds).toFixed(3)} .. ${Math.max(...o.seconds).toFixed(3)}`,
      String(o.seconds.length),
      `${o.first.toFixed(3)} s`,
      times(middle / median(ours)),
      times(Math.min(...o.seconds) / Math.min(...ours)),
      `${Math.round(o.peakBytes / 1e6)} MB`,
      ...measures.map((m) => formatQuality(o.quality?.[m])),
    ];
  });
  const head = [
    "",
    "median",
    "min .. max",
    "runs",
    "first call",
    "median / ours",
    "best / ours",
    "peak memory",
    ...measures,
  ];
  const widths = head.map((h, c) =>
    Math.max(h.length, ...rows.filter((r) => r.length > 2).map((r) => r[c].length)),
  );
  widths[0] = Math.max(...rows.map((r) => r[0].length));
  console.log(`\n${title}\n`);
  for (const row of [head, ...rows]) {
    const cells = row.map((cell, c) =>
      c === 0 || row.length === 2 ? cell.padEnd(widths[c]) : cell.padStart(widths[c]),
    );
    console.log(`  ${cells.join("  ").trimEnd()}`);
  }
  if (outcomes.some((o) => o.absent?.includes("peers"))) console.log(`\n  ${SETUP_HINT}`);
}

function times(value) {
  return Number.isNaN(value) ? "-" : `${value.toFixed(2)} x`;
}

function formatQuality(value) {
  if (value === undefined) return "-";
  if (typeof value === "string") return value;
  return value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential(1) : value.toFixed(6);
}

/**
 * Says whether a target is met. A target about an absent or failed contestant is not met and not missed.
 *
 * @param {string} what
 * @param {number} value NaN when it could not be measured
 * @param {"at least" | "at most"} direction
 * @param {number} bound
 * @returns {boolean | undefined}
 */
export function target(what, value, direction, bound) {
  const met = Number.isNaN(value) ? undefined : direction === "at least" ? value >= bound : value <= bound;
  const verdict = met === undefined ? "not measured" : met ? "met" : "MISSED";
  const shown = Number.isNaN(value) ? "" : ` ${value.toPrecision(3)}`;
  console.log(`  ${verdict}: ${what}${shown} (wanted: ${direction} ${bound})`);
  return met;
}

/** `seconds` or `peakBytes` of `b` divided by that of `a`; NaN where one is absent. */
export function ratio(a, b, field) {
  const of = (o) =>
    field === "seconds" ? (o?.seconds?.length ? median(o.seconds) : Number.NaN) : (o?.[field] ?? Number.NaN);
  return of(b) / of(a);
}

/** Writes everything measured, with the machine, to bench/results/NAME.json (not kept in git). */
export function writeResults(name, report) {
  const folder = join(BENCH, "results");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.json`);
  writeFileSync(
    path,
    `${JSON.stringify({ benchmark: name, date: new Date().toISOString(), machine: machine(), ...report }, null, 1)}\n`,
  );
  console.log(`\n  written: ${relative(process.cwd(), path)}`);
}

/** The processor, cores, memory and Node of this machine. */
export function machine() {
  const version = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).version;
  return {
    cpu: os.cpus()[0]?.model,
    cores: os.availableParallelism(),
    memoryGB: Math.round(os.totalmem() / 1e9),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    isometer: version,
    load: os.loadavg()[0],
  };
}

/** "AMD EPYC, 2 cores, Node v20.20.2, load .1": the line above every table. */
export function machineLine() {
  const m = machine();
  return `${m.cpu}, ${m.cores} cores, Node ${m.node}, load average ${m.load.toFixed(2)} before the start`;
}

/** Flags of the form --name or --name value, from the command line. */
export function flag(name, otherwise) {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : (process.argv[at + 1] ?? "");
}
