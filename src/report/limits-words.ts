import type { LimitAnswer, LimitCell, MeasuredShare } from "../spaces/limits/index.ts";
import type { LimitsResult } from "./limits-result.ts";
import { count, plural, times } from "./numbers.ts";

/** "0.957 (0.951 to 0.963)". */
export function shareWords({ value, interval: [low, high] }: MeasuredShare): string {
  return `${value.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
}

/** "96 dimensions at 8 bits". */
export function cellWords({ dims, bits }: Pick<LimitCell, "dims" | "bits">): string {
  return `${plural(dims, "dimension")} at ${plural(bits, "bit")}`;
}

/** What was done to dimensions. With all of them PCA is a rotation, and truncation nothing. */
export function methodWords({ method, dims }: Pick<LimitCell, "method" | "dims">, cols: number): string {
  if (method === "pca") return dims < cols ? "PCA" : "rotated";
  return dims < cols ? "truncated" : "as is";
}

/** "96 dimensions at 8 bits (PCA)". */
function wayWords(cell: LimitCell, { cols }: Pick<LimitsResult, "cols">): string {
  return `${cellWords(cell)} (${methodWords(cell, cols)})`;
}

/** The answer in a sentence or two. */
export function limitsHeadline(result: LimitsResult): string {
  const { cells, chosen, originalBytes, options } = result;
  const { target, nNeighbors: k } = options;
  if (!chosen) {
    const best = bestOf(cells.filter(({ bytes }) => bytes < originalBytes));
    const none = `No way that was tried keeps ${target} of the ${k} nearest for sure in fewer than ${plural(originalBytes, "byte")} a row.`;
    return best ? `${none} The best, ${wayWords(best, result)}, keeps ${shareWords(best.recall)}.` : none;
  }
  const cell = cells[chosen.cell]!;
  return `${plural(cell.bytes, "byte")} a row instead of ${count(originalBytes)}, ${times(cell.compression)} fewer: ${wayWords(cell, result)} keep ${shareWords(cell.recall)} of the ${k} nearest.`;
}

/** What else is to be known of the answer. */
export function limitsNotes(result: LimitsResult): string[] {
  const { chosen, rescored, cells, options, queries } = result;
  const { target, nNeighbors: k } = options;
  const notes: string[] = [];
  const perfect = cells.find(({ choosing }) => choosing.recall.value === 1)?.choosing.recall.interval[0] ?? 1;
  if (perfect < target) {
    notes.push(
      `${plural(queries.choosing, "query", "queries")} cannot show ${target} for sure: even if all is found the interval begins at ${perfect.toFixed(3)}. Hold out more (--holdout), or give more rows.`,
    );
  }
  if (chosen && !chosen.confirmed) {
    notes.push(
      `The ${queries.reporting} queries that did not choose it are not above ${target} for sure: take the next step of the frontier, or hold out more queries.`,
    );
  }
  if (rescored && rescored.cell !== chosen?.cell) notes.push(rescoredWords(result, rescored, k));
  if (chosen)
    notes.push(...whyNoFewer(result, cells[chosen.cell]!), ...otherMethod(result, cells[chosen.cell]!));
  return notes;
}

function rescoredWords(result: LimitsResult, { cell, confirmed }: LimitAnswer, k: number): string {
  const { cells, options, queries } = result;
  const own = cells[cell]!;
  const unsure = confirmed
    ? ""
    : `, which the ${queries.reporting} fresh queries do not put above ${options.target} for sure`;
  return `Where originals are kept on disk for a second look at ${4 * k} candidates, ${plural(own.bytes, "byte")} in memory are enough: ${wayWords(own, result)}, ${shareWords(own.rescored)}${unsure}.`;
}

/** What the best of fewer bytes lacks: dimensions, or bits. */
function whyNoFewer(result: LimitsResult, { bytes }: LimitCell): string[] {
  const { cells, options } = result;
  const best = bestOf(cells.filter((cell) => cell.bytes < bytes));
  if (!best) return [];
  const words = `Of fewer bytes the best is ${count(best.bytes)}: ${wayWords(best, result)}, ${shareWords(best.recall)}`;
  if (best.recall.interval[0] >= options.target) {
    return [`${words}; the queries that choose were less sure of it: ${shareWords(best.choosing.recall)}.`];
  }
  const sameMap = cells.find(
    ({ method, dims, bits }) => method === best.method && dims === best.dims && bits === 32,
  );
  if (!sameMap || best.bits === 32) return [`${words}.`];
  const lacks = sameMap.choosing.recall.value < options.target ? "dimensions" : "bits";
  return [
    `${words}; it lacks ${lacks}, for at 32 bits as many dimensions keep ${sameMap.recall.value.toFixed(3)}.`,
  ];
}

/** What the other method reaches with as many bytes. */
function otherMethod(result: LimitsResult, { method, bytes }: LimitCell): string[] {
  const best = bestOf(result.cells.filter((cell) => cell.method !== method && cell.bytes <= bytes));
  if (!best) return [];
  const name = method === "pca" ? "Without PCA" : "With PCA";
  return [
    `${name} at most ${best.recall.value.toFixed(3)} is kept in as many bytes: ${wayWords(best, result)}.`,
  ];
}

/** The cell with most recall on the queries that choose. */
function bestOf(cells: readonly LimitCell[]): LimitCell | undefined {
  return cells.reduce<LimitCell | undefined>(
    (best, next) => (best && best.choosing.recall.value >= next.choosing.recall.value ? best : next),
    undefined,
  );
}

/** What the columns mean. */
export function limitsLegend({ options: { nNeighbors: k }, queries }: LimitsResult): string {
  return (
    `The frontier: nothing of as few bytes keeps more. Recall: share of the ${k} nearest rows that are found, with its 95 % interval over ${queries.reporting} queries; ` +
    `${queries.choosing} others chose the frontier and the answer. Rescored: the same when ${4 * k} candidates are ordered again by their originals. Rotated: all dimensions, mixed at random; as is: neither mixed nor left out.`
  );
}
