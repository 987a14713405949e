/**
 * Trainings of an anchor, each a line of bench/anchors/runs/NAME.jsonl, kept in git: what has been trained with the same settings and seed is read from there, so that a
 * bench that was interrupted goes on where it stopped. To train anew, delete the line.
 *
 * Flags of all of them:
 *     --seeds 0,1     which seeds, where a row has them
 *     --epochs N      other than the protocol's: for a try
 *     --only a,b      rows whose names begin so
 *     --folder F      data of make-data.py
 *     --gate          exit 3 where a target is missed or was not measured
 *
 * @typedef {Record<string, number>} Values
 * @typedef {{ name: string, seeds: number[], settings: Record<string, unknown> }} Row `settings`: all that its figures follow from, apart from data and seed
 */

import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { readMatrix } from "../../dist/index.js";
import { BENCH, flag, machine, machineLine } from "../harness.mjs";

export const folder = resolve(flag("folder", join(tmpdir(), "isometer-anchors")));
export const gate = process.argv.includes("--gate");
const only = flag("only", "").split(",");
const asked = flag("seeds", "");
const epochs = flag("epochs", "");

/** A file of make-data.py. */
export const read = (name) => readMatrix(join(folder, `${name}.npy`));

/** Ends the process where there are no data: exit 3 with --gate. */
export function needData(anchor, name) {
  if (existsSync(join(folder, `${name}.npy`))) return;
  console.log(`${anchor}: not measured, ${folder} has no data. Make them with make-data.py.`);
  process.exit(gate ? 3 : 0);
}

/**
 * Trains what has not been trained, seed by seed, and gives the figures of each row.
 *
 * @param {string} anchor
 * @param {Row[]} rows
 * @param {(row: Row, seed: number) => Promise<Values>} work
 * @returns {Promise<Map<string, Values[]>>} by name of row, in the order of seeds
 */
export async function runAll(anchor, rows, work) {
  console.log(`${anchor}: ${machineLine()}`);
  const folder = join(BENCH, "anchors", "runs");
  const path = join(folder, `${anchor}.jsonl`);
  mkdirSync(folder, { recursive: true });
  const done = new Map(linesOf(path).map((line) => [keyOf(line), line.values]));
  const wanted = rows.filter(({ name }) => only.some((start) => name.startsWith(start))).map(asAsked);
  for (const { row, seed } of inTurns(wanted)) {
    const line = { row: row.name, seed, settings: row.settings };
    if (done.has(keyOf(line))) continue;
    const start = performance.now();
    const values = await work(row, seed);
    const seconds = Math.round((performance.now() - start) / 1000);
    appendFileSync(
      path,
      `${JSON.stringify({ ...line, values, seconds, date: new Date().toISOString(), machine: machine() })}\n`,
    );
    done.set(keyOf(line), values);
    console.error(`  ${row.name}, seed ${seed}: ${shown(values)} (${seconds} s)`);
  }
  return new Map(
    wanted.map((row) => {
      const found = row.seeds.map((seed) => done.get(keyOf({ row: row.name, seed, settings: row.settings })));
      return [row.name, found];
    }),
  );
}

const linesOf = (path) =>
  existsSync(path)
    ? readFileSync(path, "utf8")
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line))
    : [];

const keyOf = ({ row, seed, settings }) => JSON.stringify([row, seed, settings]);

/** A row with the seeds and the epochs of the command line. */
function asAsked(row) {
  const seeds =
    asked === "" ? row.seeds : row.seeds.filter((seed) => asked.split(",").map(Number).includes(seed));
  const settings = epochs === "" ? row.settings : { ...row.settings, epochs: Number(epochs) };
  return { ...row, seeds, settings };
}

/** The first seed of every row, then the second, so that a table is whole early. */
function inTurns(rows) {
  const most = Math.max(0, ...rows.map(({ seeds }) => seeds.length));
  return Array.from({ length: most }, (_, turn) =>
    rows.filter(({ seeds }) => turn < seeds.length).map((row) => ({ row, seed: row.seeds[turn] })),
  ).flat();
}

const shown = (values) =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${Number(value.toPrecision(5))}`)
    .join(", ");

/** Least, mean and largest of each measure. */
export function spread(runs) {
  const over = (of) =>
    Object.fromEntries(Object.keys(runs[0]).map((key) => [key, of(runs.map((values) => values[key]))]));
  return {
    least: over((values) => Math.min(...values)),
    mean: over((values) => values.reduce((sum, value) => sum + value, 0) / values.length),
    largest: over((values) => Math.max(...values)),
  };
}

/** Lines of a table for one row: its mean and its extremes, or its only figures. */
export function linesFor(name, runs) {
  if (runs.length === 0) return [];
  if (runs.length === 1) return [{ name: `${name}, one seed`, values: runs[0] }];
  const { least, mean, largest } = spread(runs);
  return [
    { name: `${name}, mean of ${runs.length}`, values: mean },
    { name: "    least", values: least },
    { name: "    largest", values: largest },
  ];
}

const given = (number) => (Number.isFinite(number) ? String(Number(number.toPrecision(6))) : "not measured");

/** Prints whether a target is met. A value that was not measured meets none. */
export function judge(what, value, direction, bound) {
  const isMet = direction === "at least" ? value >= bound : value <= bound;
  console.log(`  ${isMet ? "ok" : "MISSED"}: ${what} ${given(value)}, wanted ${direction} ${given(bound)}`);
  return isMet;
}

/** Prints whether a control fails a bound, as it must. */
export function judgeControl(what, value, direction, bound) {
  const fails = direction === "at least" ? value < bound : value > bound;
  console.log(
    `  ${fails ? "ok, fails" : "DOES NOT FAIL"}: ${what} ${given(value)}, bound ${direction} ${given(bound)}`,
  );
  return fails;
}

/** Ends the bench. */
export function finish(verdicts) {
  process.exit(gate && !verdicts.every(Boolean) ? 3 : 0);
}
