import { stat } from "node:fs/promises";
import { join } from "node:path";
import { IsometerError } from "../base/index.ts";
import { shown } from "./array-checks.ts";
import { openBytes } from "./node-bytes.ts";
import { readTextColumns } from "./node-judgements.ts";
import { exists } from "./node-open.ts";
import { textLines } from "./node-text.ts";

/** Grades of documents by query: relevance judgements (qrels). */
export interface QrelsFile {
  /** The file that was read. */
  readonly path: string;
  readonly format: "trec" | "table";
  readonly judgements: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Judgements in it. */
  readonly count: number;
  /** Lines that say again what another said. */
  readonly repeated: number;
}

/** Names of the columns of query, document and grade, as they are usual: our own, BEIR's, ir_datasets', TREC's. */
const COLUMNS = [
  ["query", "doc", "score"],
  ["query", "doc", "grade"],
  ["query-id", "corpus-id", "score"],
  ["query_id", "corpus_id", "score"],
  ["query_id", "doc_id", "relevance"],
  ["query_id", "doc_id", "score"],
  ["qid", "docno", "label"],
  ["qid", "docid", "rel"],
] as const;

/** Where a folder as BEIR has it keeps judgements. */
const BEIR = ["qrels/test.tsv", "test.tsv", "qrels/dev.tsv", "dev.tsv"];

/**
 * Reads relevance judgements: TREC's four columns (query, anything, document, grade); a table (csv, tsv, jsonl, parquet) with columns of query, document and grade, named as is usual or behind the file
 * ("judged.csv:question,page,grade"), or with just these three; a folder as BEIR has it.
 *
 * @throws missing-file, bad-format, bad-value (a grade that is no number), duplicate-id (two grades for one document), ambiguous-column
 */
export async function readQrels(spec: string): Promise<QrelsFile> {
  const path = await fileOf(spec);
  const judgements = new Map<string, Map<string, number>>();
  let [count, repeated] = [0, 0];
  const add = (query: string, document: string, grade: string, place: string) => {
    const value = Number(grade);
    if (grade.trim() === "" || !Number.isFinite(value)) {
      throw new IsometerError(
        "bad-value",
        `${shown(path)}: ${place} has the grade ${JSON.stringify(grade)}`,
        {
          got: grade,
          needed: "a number, 0 where the document is not relevant",
        },
      );
    }
    const own = judgements.get(query) ?? new Map<string, number>();
    judgements.set(query, own);
    const before = own.get(document);
    if (before === undefined) count++;
    else if (before === value) repeated++;
    else throw twoGrades(path, query, document, before, value);
    own.set(document, value);
  };
  const first = await firstLine(path);
  const isTrec = first !== null && /^\s*\S+\s+\S+\s+\S+\s+[-+]?\d+(\.\d+)?\s*$/.test(first);
  if (isTrec) {
    await readTrec(path, 4, (fields, line) => add(fields[0]!, fields[2]!, fields[3]!, line));
  } else {
    const [queries, documents, grades] = await columnsOf(path);
    queries!.forEach((query, i) => {
      add(query, documents![i]!, grades![i]!, `row ${i}`);
    });
  }
  return { path, format: isTrec ? "trec" : "table", judgements, count, repeated };
}

/** The file itself, or that of judgements in a folder. */
async function fileOf(spec: string): Promise<string> {
  const isFolder = (await stat(spec).catch(() => undefined))?.isDirectory();
  if (!isFolder) return spec;
  for (const name of BEIR) if (await exists(join(spec, name))) return join(spec, name);
  throw new IsometerError("missing-file", `the folder ${shown(spec)} holds no judgements`, {
    got: shown(spec),
    needed: `one of ${BEIR.join(", ")}`,
    hint: "Name the file itself.",
  });
}

async function columnsOf(spec: string): Promise<readonly (readonly string[])[]> {
  let first: unknown;
  for (const names of COLUMNS) {
    try {
      return (await readTextColumns(spec, names, "qrels")).values;
    } catch (error) {
      first ??= error;
      if ((error as IsometerError).code !== "ambiguous-column") throw error;
    }
  }
  throw first;
}

/** The first line that is not empty; null where the file is no text or names columns behind it. */
async function firstLine(path: string): Promise<string | null> {
  if (!(await exists(path))) return null;
  for await (const line of textLines(path)) if (line.trim() !== "") return line.includes("\0") ? null : line;
  return null;
}

/** What is told each line: its fields, and how messages call it. */
type OnLine = (fields: readonly string[], line: string) => void;

/** Reads lines of so many fields with white space between. @throws bad-format */
async function readTrec(path: string, wanted: number, onLine: OnLine): Promise<void> {
  let number = 0;
  for await (const lines of lineBlocks(path)) {
    for (const text of lines) {
      number++;
      const fields = text.trim().split(/\s+/);
      if (fields[0] === "") continue;
      if (fields.length !== wanted) throw otherFields(path, number, text, fields.length, wanted);
      onLine(fields, `line ${number}`);
    }
  }
}

/** Bytes that are read at a time. */
const PIECE = 2 ** 20;

/** The lines of a text file, gzip too, many at a time: runs have millions. */
async function* lineBlocks(path: string): AsyncGenerator<readonly string[]> {
  const input = await openBytes(path, "content");
  try {
    const stream = await input.openAt(0);
    try {
      const [piece, decoder] = [Buffer.alloc(PIECE), new TextDecoder()];
      let rest = "";
      for (let got = PIECE; got === PIECE; ) {
        got = await stream.read(piece);
        const lines = (rest + decoder.decode(piece.subarray(0, got), { stream: true })).split("\n");
        rest = lines.pop()!;
        yield lines;
      }
      yield [rest + decoder.decode()];
    } finally {
      await stream.close();
    }
  } finally {
    await input.close();
  }
}

function otherFields(path: string, line: number, text: string, got: number, wanted: number): IsometerError {
  return new IsometerError("bad-format", `${shown(path)}: line ${line} has ${got} fields, not ${wanted}`, {
    got: shown(text),
    needed:
      wanted === 4
        ? "query, anything, document, grade, with white space between"
        : "query, Q0, document, rank, score, name of the run, with white space between",
  });
}

function twoGrades(path: string, query: string, document: string, one: number, other: number): IsometerError {
  return new IsometerError(
    "duplicate-id",
    `${shown(path)} judges document ${shown(document)} for query ${shown(query)} twice`,
    {
      got: `${one} and ${other}`,
      hint: "Keep one of the two lines.",
    },
  );
}

/** Whether a file is a run as TREC has them: six columns, query, Q0, document, rank, score, name of the run. */
export async function isRunFile(path: string): Promise<boolean> {
  if (!(await stat(path).catch(() => undefined))?.isFile()) return false;
  if (/\.(run|trec|res)(\.gz)?$/i.test(path)) return true;
  if (/\.(npy|npz|parquet|arrow|feather|safetensors|fvecs|bvecs|ivecs)$/i.test(path)) return false;
  const first = await firstLine(path);
  return first !== null && /^\s*\S+\s+Q0\s+\S+\s+\d+\s+[-+.\deE]+\s+\S+\s*$/i.test(first);
}

/**
 * Reads a run. Documents are ordered as trec_eval orders them: by score as float32, of equal scores by name, both falling; the column of ranks is not looked at.
 *
 * @returns documents of each query, best first
 * @throws missing-file, bad-format, bad-value (a score that is no number), duplicate-id
 */
export async function readRun(path: string): Promise<Map<string, string[]>> {
  const scores = new Map<string, Map<string, number>>();
  await readTrec(path, 6, ([query, , document, , text], line) => {
    const value = Number(text);
    if (!Number.isFinite(value)) {
      throw new IsometerError("bad-value", `${shown(path)}: ${line} has the score ${JSON.stringify(text)}`, {
        needed: "a number",
      });
    }
    const own = scores.get(query!) ?? new Map<string, number>();
    if (own.size === 0) scores.set(query!, own);
    if (own.has(document!)) {
      throw new IsometerError(
        "duplicate-id",
        `${shown(path)}: ${line} has document ${shown(document!)} again for query ${shown(query!)}`,
      );
    }
    own.set(document!, Math.fround(value));
  });
  const order = ([a, x]: [string, number], [b, y]: [string, number]) => y - x || (a < b ? 1 : -1);
  return new Map(
    Array.from(scores, ([query, own]) => [query, [...own].sort(order).map(([document]) => document)]),
  );
}
