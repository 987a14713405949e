import { IsometerError, type Watch } from "../base/index.ts";
import type { FoundCluster, LooseMember, PointsRecord } from "../report/index.ts";
import type { Clustering, InOriginal } from "../spaces/cluster/index.ts";
import type { JobContext } from "./define.ts";
import type { InputsRead } from "./read-inputs.ts";
import { defined } from "./result.ts";
import { rowNumber } from "./row-numbers.ts";

/** What rows are called. */
export type RowNames = Pick<InputsRead, "ids" | "numbers" | "labels">;

const nameOf = ({ ids, numbers }: RowNames, row: number) =>
  ids ? ids[row]! : String(rowNumber(numbers, row));

/** Rows that are named as typical of a cluster. */
const EXAMPLES = 5;

/** Of each cluster the rows that are most typical of it: the densest, or the furthest from other means. */
export function examplesOf(
  clustering: Clustering,
  margins: Float64Array | null,
  names: RowNames,
): readonly string[][] {
  const { labels } = clustering;
  const typical =
    clustering.method === "hdbscan"
      ? (i: number) => clustering.probabilities[i]! - clustering.outlierScores[i]!
      : (i: number) => margins?.[i] ?? 0;
  return clustering.clusters.map(({ id }) =>
    [...labels.keys()]
      .filter((i) => labels[i] === id)
      .sort((a, b) => typical(b) - typical(a) || a - b)
      .slice(0, EXAMPLES)
      .map((i) => nameOf(names, i)),
  );
}

/** What the original says of a cluster, rows by name. */
export function namedInOriginal(
  { clusters, shares, margins }: InOriginal,
  id: number,
  words: (cluster: InOriginal["clusters"][number]) => string,
  names: RowNames,
): NonNullable<FoundCluster["inOriginal"]> {
  const { id: _, worst, ...own } = clusters[id]!;
  const named = worst.map(
    (i): LooseMember => ({
      name: nameOf(names, i),
      row: rowNumber(names.numbers, i),
      share: shares[i]!,
      margin: Number.isNaN(margins[i]!) ? null : margins[i]!,
    }),
  );
  return { ...own, words: words(clusters[id]!), worst: named };
}

/** Refuses before the work what could not be written after it. @throws bad-option, file-exists */
export async function checkOut(
  ctx: JobContext,
  { out, force }: { readonly out: string | undefined; readonly force: boolean },
): Promise<void> {
  if (out === undefined) return;
  (await import("../data/index.ts")).columnsWriter(out);
  if (force || !(await ctx.exists(out))) return;
  throw new IsometerError("file-exists", `${out} exists already`, {
    got: out,
    hint: "Choose another --out, or overwrite it with --force.",
  });
}

/** Writes the cluster of each row, and what is known of it there, as a table. */
export async function writeMembers(
  out: string | undefined,
  clustering: Clustering,
  inOriginal: InOriginal | null,
  names: RowNames,
  { signal }: Watch,
): Promise<PointsRecord | null> {
  if (out === undefined) return null;
  const { writeColumns } = await import("../data/index.ts");
  const { labels } = clustering;
  const columns = {
    row: Int32Array.from(labels, (_, i) => rowNumber(names.numbers, i)),
    ...(names.ids && { id: Array.from(labels, (_, i) => names.ids![i]!) }),
    ...(names.labels && { label: Array.from(labels, (_, i) => names.labels![i]!) }),
    cluster: labels,
    ...(clustering.method === "hdbscan" && {
      probability: clustering.probabilities,
      outlierScore: clustering.outlierScores,
    }),
    ...(inOriginal && { share: inOriginal.shares, margin: inOriginal.margins }),
  };
  await writeColumns(out, columns, defined({ signal }));
  return { path: out, rows: labels.length, columns: Object.keys(columns) };
}
