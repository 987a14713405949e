import type { LimitsResult } from "./limits-result.ts";
import { count, duration } from "./numbers.ts";
import { engineText } from "./terminal.ts";

/** How it was done, in parts that stay whole. */
export function limitsHow({
  rows,
  searched,
  queries,
  fitted,
  cells,
  options,
  engine,
  seconds,
  ...own
}: LimitsResult): string[] {
  return [
    searched < rows ? `${count(searched)} of ${count(rows)} rows` : `${count(rows)} rows`,
    `${count(queries.choosing + queries.reporting)} queries`,
    `fitted to ${count(fitted)} others`,
    `${count(cells.length)} ways tried`,
    `chance ${own.null.toPrecision(2)}`,
    options.metric,
    `seed ${options.seed}`,
    engineText(engine),
    duration(seconds),
  ];
}
