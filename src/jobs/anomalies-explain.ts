import { type Matrix, row, type Watch } from "../base/index.ts";
import type { EngineOptions } from "../engine/index.ts";
import type { Strange } from "../report/index.ts";
import type { Anomalies, Detector, Seen } from "../spaces/anomalies/index.ts";
import type { RowsRead } from "./read-rows.ts";

/** Rows that were scored, and all that is known of them. */
export interface Looked {
  readonly points: RowsRead;
  readonly found: Anomalies;
  /** What an autoencoder says of them; null without one. */
  readonly seen: Seen | null;
  /** How lengths are scaled near them; null without originals. */
  readonly latentScale: Float64Array | null;
}

/** Rows that are explained. */
const EXPLAINED = 10;

/** The rows of the largest scores, and why they have them. */
export async function strangestRows(
  detector: Detector,
  { points: { matrix, numberOf }, found, seen, latentScale }: Looked,
  means: EngineOptions & Watch,
): Promise<Strange[]> {
  const { explainRow } = await import("../spaces/anomalies/index.ts");
  const { scores, pValues, discoveries } = found;
  const named = new Set(discoveries.rows);
  const order = Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]! || a - b);
  const strangest: Strange[] = [];
  for (const at of order.slice(0, EXPLAINED)) {
    const point: Matrix = { data: row(matrix, at).slice(), rows: 1, cols: matrix.cols };
    const told = await explainRow(detector, point, { ...means, ...(seen && seenOf(seen, matrix, at)) });
    const members = told.members.map(({ name, score, p, surprise, dimensions }) => ({
      name,
      score,
      p,
      surprise,
      dimensions: dimensions.map(({ dimension, share }) => ({ dimension, share })),
    }));
    // Of an ensemble the member that finds the row the least usual, of those that can say why.
    const surest = members
      .filter((own) => own.dimensions.length > 0)
      .sort((a, b) => b.surprise - a.surprise)[0];
    const dimensions = told.dimensions.map(({ dimension, share }) => ({ dimension, share }));
    strangest.push({
      name: String(numberOf(at)),
      row: numberOf(at),
      score: scores[at]!,
      pValue: pValues[at]!,
      isDiscovery: named.has(at),
      neighbors: told.neighbors?.map((own) => own.row) ?? null,
      dimensions: dimensions.length > 0 ? dimensions : (surest?.dimensions ?? []),
      members,
      latentScale: latentScale?.[at] ?? null,
    });
  }
  return strangest;
}

/** What is known of one row. */
function seenOf({ given, back }: Seen, points: Matrix, at: number) {
  const own = Object.entries(given).map(([name, column]) => [name, [column[at]!]]);
  const residual = back && { values: row(points, at), usual: row(back, at) };
  return { given: Object.fromEntries(own), ...(residual && { madeOf: { residual } }) };
}
