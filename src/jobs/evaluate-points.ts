import { IsometerError } from "../base/index.ts";
import type { PointsRecord } from "../report/index.ts";
import type { Evaluation } from "../spaces/evaluate/index.ts";
import { RETRIEVAL_MEASURES } from "../spaces/evaluate/measures.ts";
import type { JobContext } from "./define.ts";
import type { EvaluateValues } from "./evaluate-options.ts";

/** Refuses before the work what could not be written after it. @throws bad-option, file-exists */
export async function checkQueryTable(ctx: JobContext, { points, force }: EvaluateValues): Promise<void> {
  if (points === undefined) {
    if (!force) return;
    throw new IsometerError("bad-option", "--force is for --points, which is not given", {
      hint: "Leave --force out.",
    });
  }
  const { columnsWriter } = await import("../data/index.ts");
  columnsWriter(points);
  if (force || !(await ctx.exists(points))) return;
  throw new IsometerError("file-exists", `${points} exists already`, {
    got: points,
    hint: "Choose another --points, or overwrite it with --force.",
  });
}

/** Writes the measures of each query as a table, one system after the other. */
export async function writeQueryTable(
  path: string,
  systems: readonly { readonly name: string; readonly evaluation: Evaluation }[],
): Promise<PointsRecord> {
  const { writeColumns } = await import("../data/index.ts");
  const rows = systems.flatMap(({ name, evaluation }) => evaluation.queries.map((own) => ({ name, ...own })));
  const columns = {
    system: rows.map(({ name }) => name),
    query: rows.map(({ query }) => query),
    relevant: Int32Array.from(rows, ({ relevant }) => relevant),
    judged: Int32Array.from(rows, ({ judged }) => judged),
    ...Object.fromEntries(
      RETRIEVAL_MEASURES.map((measure) => [
        measure,
        Float64Array.from(rows, ({ scores }) => scores[measure]),
      ]),
    ),
  };
  await writeColumns(path, columns);
  return { path, rows: rows.length, columns: Object.keys(columns) };
}
