import { IsometerError, type Matrix, type Warning } from "../base/index.ts";
import type { TextColumns } from "../data/index.ts";
import type { JudgementRecord } from "../report/index.ts";

/** A latent whose rows are items. */
export interface JudgedItems {
  /** What it is called in messages. */
  readonly name: string;
  readonly matrix: Matrix;
  /** The row of each id; null where items are named by row number. */
  readonly rowOf: ReadonlyMap<string, number> | null;
}

/** Judgements whose items every latent has, and that belong together. */
export interface Task {
  readonly name: string;
  readonly kind: "pairs" | "triplets";
  /** Row of the file, for each judgement. */
  readonly index: readonly number[];
  /** What the file calls the items of each. */
  readonly names: readonly (readonly string[])[];
  /** For each latent, for each column of items: its rows. */
  readonly rows: readonly (readonly Int32Array[])[];
  /** Of pairs. */
  readonly similarity: Float64Array;
}

interface File extends TextColumns {
  readonly kind: Task["kind"];
}

/** What is left of files of judgements once their items are looked for. */
export interface Matched {
  readonly tasks: readonly Task[];
  readonly records: readonly JudgementRecord[];
  readonly warnings: readonly Warning[];
}

/** Fewer say nothing. */
const LEAST = 3;

/**
 * Looks for the items of judgements in every latent. Judgements with an item that some latent lacks are left out of all, so that all
 * are judged by the same, and counted; groups of fewer than 3 are left out and said.
 *
 * @throws bad-value: fewer than 3 judgements are left, a similarity or a row number is none
 */
export function matchJudgements(files: readonly File[], latents: readonly JudgedItems[]): Matched {
  const warnings: Warning[] = [];
  const matched = files.map((file) => matchFile(file, latents, warnings));
  return {
    tasks: matched.flatMap(({ tasks }) => tasks),
    records: matched.map(({ record }) => record),
    warnings,
  };
}

function matchFile(
  file: File,
  latents: readonly JudgedItems[],
  warnings: Warning[],
): { tasks: Task[]; record: JudgementRecord } {
  const { kind, path, columns, values } = file;
  const items = values.slice(0, kind === "pairs" ? 2 : 3);
  const total = values[0]!.length;
  const found = latents.map((latent) => items.map((column) => rowsOf(column, latent, file)));
  const lacks = (latent: number, i: number) => found[latent]!.some((rows) => rows[i]! < 0);
  const used = rangeOf(total).filter((i) => latents.every((_, latent) => !lacks(latent, i)));
  for (const [latent, { name }] of latents.entries()) {
    const missing = rangeOf(total).filter((i) => lacks(latent, i));
    if (missing.length > 0) warnings.push(unmatched(file, name, missing, found[latent]!, items));
  }
  if (used.length < LEAST) throw tooFew(file, used.length, latents);
  const groups = values[3];
  const byGroup = new Map<string, number[]>();
  for (const i of used) {
    const name = groups?.[i] ?? kind;
    byGroup.set(name, [...(byGroup.get(name) ?? []), i]);
  }
  const tasks: Task[] = [];
  for (const [name, index] of byGroup) {
    if (index.length < LEAST) {
      const message = `${path}: group ${JSON.stringify(name)} has ${index.length} usable ${kind}, too few: left out`;
      warnings.push({ code: "rows-unmatched", message, rows: index, count: index.length });
      continue;
    }
    tasks.push({
      name,
      kind,
      index,
      names: index.map((i) => items.map((column) => column[i]!)),
      rows: found.map((latent) => latent.map((rows) => Int32Array.from(index, (i) => rows[i]!))),
      similarity: Float64Array.from(kind === "pairs" ? index : [], (i) => numberOf(values[2]![i]!, i, file)),
    });
  }
  if (tasks.length === 0) throw tooFew(file, 0, latents);
  return { tasks, record: { kind, path, columns, rows: total, used: used.length } };
}

/** The row of each item, -1 where the latent has none. */
function rowsOf(column: readonly string[], { name, matrix, rowOf }: JudgedItems, { path }: File): Int32Array {
  return Int32Array.from(column, (item, i) => {
    if (rowOf) return rowOf.get(item) ?? -1;
    if (!/^\d+$/.test(item)) {
      throw new IsometerError(
        "bad-value",
        `${path}: row ${i} names ${JSON.stringify(item)}, and the rows of ${name} have numbers alone`,
        {
          needed: "a row number, counted from 0",
          got: item,
          hint: "Say what the rows are called: --id COLUMN, or --ids FILE with one id per row.",
        },
      );
    }
    return Number(item) < matrix.rows ? Number(item) : -1;
  });
}

function numberOf(text: string, i: number, { path, columns }: File): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw new IsometerError(
    "bad-value",
    `${path}: row ${i}, column "${columns[2]}": ${JSON.stringify(text)} is no number`,
    {
      needed: "a number: more is more similar",
      got: text,
    },
  );
}

function unmatched(
  { path, kind, values }: File,
  name: string,
  missing: readonly number[],
  found: readonly Int32Array[],
  items: readonly (readonly string[])[],
): Warning {
  const unknown = new Set(
    missing.flatMap((i) => items.flatMap((column, c) => (found[c]![i]! < 0 ? [column[i]!] : []))),
  );
  const first = [...unknown].slice(0, 3).map((item) => JSON.stringify(item));
  const more = unknown.size > first.length ? ` and ${unknown.size - first.length} more` : "";
  const count = (n: number) => n.toLocaleString("en");
  return {
    code: "rows-unmatched",
    message: `${path}: ${count(missing.length)} of ${count(values[0]!.length)} ${kind} name items that ${name} has not (${first.join(", ")}${more}) and are left out`,
    rows: missing.slice(0, 5),
    count: missing.length,
  };
}

function tooFew({ path, kind }: File, left: number, latents: readonly JudgedItems[]): IsometerError {
  const [first] = latents.map(({ rowOf }) => rowOf && [...rowOf.keys()].slice(0, 3));
  const ids = first
    ? ` Ids are compared letter by letter: ${latents[0]!.name} has ${first.join(", ")} ...`
    : "";
  return new IsometerError("bad-value", `${path}: ${left} ${kind} are left whose items every latent has`, {
    needed: `at least ${LEAST}`,
    got: String(left),
    hint: `Check that the file belongs to these latents.${ids}`,
  });
}

function rangeOf(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}
