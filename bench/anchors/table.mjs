/** Prints figures of anchors: ours beside what is published. */

/** What a measure is called in a table. The order is that of the columns. */
const TITLES = {
  succeeded: "unfolded",
  kl001: "KL.01",
  kl01: "KL.1",
  kl1: "KL1",
  lKl: "L-KL",
  rre: "RRE",
  mrre: "MRRE",
  recall: "recall",
  trust: "Trust",
  cont: "Cont",
  lgd: "LGD",
  kMin: "K-min",
  kMax: "K-max",
  rmse: "RMSE",
  rmseAtBestScale: "RMSE, best scale",
  pearson: "Pearson",
  spearman: "Spearman",
  stress: "stress",
  ratio01: "ratio p1",
  ratio99: "ratio p99",
  reconstruction: "reconstruction",
};

/**
 * @param {string} title
 * @param {{ name: string, values: Record<string, number | string> }[]} rows numbers are ours; strings are digits as published, or anything to be shown as it is
 */
export function printFigures(title, rows) {
  const measures = Object.keys(TITLES).filter((key) => rows.some(({ values }) => values[key] !== undefined));
  const cells = [
    ["", ...measures.map((key) => TITLES[key])],
    ...rows.map(({ name, values }) => [name, ...measures.map((key) => shown(values[key]))]),
  ];
  const widths = cells[0].map((_, c) => Math.max(...cells.map((row) => row[c].length)));
  console.log(`\n${title}\n`);
  for (const row of cells) {
    const line = row.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]) : cell.padStart(widths[c])));
    console.log(`  ${line.join("  ").trimEnd()}`);
  }
}

function shown(value) {
  if (value === undefined) return "-";
  if (typeof value === "string") return value;
  if (value !== 0 && Math.abs(value) < 1e-3) return value.toExponential(2);
  return Number.isInteger(value) ? String(value) : value.toFixed(5);
}

/**
 * Mean of each measure over runs.
 *
 * @param {Record<string, number>[]} runs
 * @returns {Record<string, number>}
 */
export function means(runs) {
  const keys = Object.keys(runs[0]);
  return Object.fromEntries(
    keys.map((key) => [key, runs.reduce((sum, run) => sum + run[key], 0) / runs.length]),
  );
}
