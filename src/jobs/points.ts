import { IsometerError, type Warning, type Watch } from "../base/index.ts";
import type { Audit, PointColumns } from "../measure/index.ts";
import { count, type PointsRecord } from "../report/index.ts";
import type { AuditValues } from "./audit-options.ts";
import type { JobContext } from "./define.ts";
import { defined } from "./result.ts";
import { type RowNumbers, rowNumber } from "./row-numbers.ts";

/** Refuses before the work what could not be written after it. @throws bad-option, file-exists */
export async function checkPoints(
  ctx: JobContext,
  { points, force }: AuditValues,
  latents: number,
): Promise<void> {
  if (points === undefined) {
    if (!force) return;
    throw new IsometerError("bad-option", "--force is for --points, which is not given", {
      hint: "Leave --force out.",
    });
  }
  if (latents > 1) {
    throw new IsometerError("bad-option", `--points is a table about one latent, got ${latents}`, {
      hint: "Give one latent, or leave --points out.",
    });
  }
  const { columnsWriter } = await import("../data/index.ts");
  columnsWriter(points);
  if (!force && (await ctx.exists(points))) {
    throw new IsometerError("file-exists", `${points} exists already`, {
      got: points,
      hint: "Choose another --points, or overwrite it with --force.",
    });
  }
}

/** What is known of the rows that are compared. */
export interface PointNames {
  readonly numbers: RowNumbers;
  readonly ids: readonly string[] | null;
  readonly labels: readonly string[] | null;
  /** Rows that were held out. */
  readonly holdout: Int32Array | null;
}

/** Writes what is known of single rows as a table: row numbers in the file of the original, ids and labels, then `PointColumns`. */
export async function writePoints(
  path: string,
  points: PointColumns,
  names: PointNames,
  { signal, onProgress }: Watch,
): Promise<PointsRecord> {
  const { writeColumns } = await import("../data/index.ts");
  onProgress?.({ stage: "writing points", done: 0, total: 1 });
  const columns = columnsOf(points, names);
  await writeColumns(path, columns, defined({ signal }));
  return { path, rows: points.row.length, columns: Object.keys(columns) };
}

function columnsOf(
  { row, ...known }: PointColumns,
  { numbers, ids, labels, holdout }: PointNames,
): Record<string, readonly string[] | ArrayLike<number>> {
  const out = holdout && new Set(holdout);
  const of = (all: readonly string[] | null) => all && Array.from(row, (r) => all[r]!);
  const columns = {
    row: Int32Array.from(row, (r) => rowNumber(numbers, r)),
    id: of(ids),
    label: of(labels),
    heldOut: out && Int32Array.from(row, (r) => Number(out.has(r))),
    ...known,
  };
  const there = Object.entries(columns).filter(([, values]) => values !== null);
  return Object.fromEntries(there) as Record<string, readonly string[] | ArrayLike<number>>;
}

/** A table of anchors is no table of all rows: said where it is written. */
export function pointsWarnings({ options: { sample }, rows }: Audit, path: string | undefined): Warning[] {
  if (path === undefined || sample === "exact") return [];
  const message = `${path} holds the ${count(sample)} anchors, not all ${count(rows)} rows: --exact writes all, --sample N more`;
  return [{ code: "points-sampled", message }];
}
