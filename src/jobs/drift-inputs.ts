import type { Warning, Watch } from "../base/index.ts";
import type { Source } from "../data/source.ts";
import type { DriftResult, InputRecord, Unmatched } from "../report/index.ts";
import { AUDIT_DEFAULTS } from "./audit-options.ts";
import type { DriftValues } from "./drift.ts";
import { type InputRead, readInputs } from "./read-inputs.ts";
import { type RowNumbers, rowNumber } from "./row-numbers.ts";

/** Two versions of a space, row i of both being one item. */
export interface DriftInputs {
  readonly old: InputRead;
  readonly now: InputRead;
  readonly records: readonly InputRecord[];
  readonly joined: DriftResult["joined"];
  /** Id of each row, where rows have ids. */
  readonly ids: readonly string[] | null;
  readonly numbers: RowNumbers;
  readonly unmatched: DriftResult["unmatched"];
  readonly warnings: readonly Warning[];
  close(): Promise<void>;
}

/** Ids of one side that are named. */
const NAMED = 10;

/** Opens, joins, reads and checks both spaces as an audit does, and notes the ids that one of them lacks. */
export async function readDriftInputs(
  watch: Watch,
  [old, now]: readonly [string, string],
  options: DriftValues,
): Promise<DriftInputs> {
  const { metric, rows, id, ids, vector } = options;
  const values = { ...AUDIT_DEFAULTS, metric, latentMetric: metric, rows, id, ids, vector };
  let sides: readonly (readonly string[] | undefined)[] = [];
  const read = await readInputs(watch, { original: old, latent: [now] }, values, async (sources) => {
    sides = await idsOf(sources);
  });
  const [before, after] = sides;
  const joined = before && after;
  const inputs = [read.original, read.latents[0]!];
  return {
    old: inputs[0]!,
    now: inputs[1]!,
    records: inputs.map(({ record }, i) => ({ ...record, role: i === 0 ? "old" : "new" })),
    joined: joined ? "id" : "order",
    ids: read.ids,
    numbers: read.numbers,
    unmatched: { old: alone(joined && before, after), new: alone(joined && after, before) },
    // What has no partner is listed by itself.
    warnings: inputs
      .flatMap(({ warnings }) => warnings.flat())
      .filter(({ code }) => code !== "rows-unmatched"),
    close: read.close,
  };
}

async function idsOf(sources: readonly Source[]): Promise<readonly (readonly string[] | undefined)[]> {
  if (sources.some((source) => source.ids === undefined)) return [];
  return Promise.all(sources.map((source) => source.ids!()));
}

/** The ids that the other side lacks. */
function alone(own: readonly string[] | undefined, other: readonly string[] | undefined): Unmatched {
  if (!own || !other) return { count: 0, first: [] };
  const there = new Set(other);
  const missing = own.filter((id) => !there.has(id));
  return { count: missing.length, first: missing.slice(0, NAMED) };
}

/** What a row is called where it stands among others: its id, or its number in the file of OLD. */
export function nameOfRow({ ids, numbers }: Pick<DriftInputs, "ids" | "numbers">, row: number): string {
  return ids ? ids[row]! : String(rowNumber(numbers, row));
}
