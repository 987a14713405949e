import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { IsometerError, nearestName, type RowRange, type Rows } from "../base/index.ts";
import { checkRange, shown } from "./array-checks.ts";
import { openArrow } from "./node-arrow.ts";
import { writeArrow } from "./node-arrow-write.ts";
import { openBytes, readStart } from "./node-bytes.ts";
import { openCsv } from "./node-csv.ts";
import { openFvecs, writeFvecs } from "./node-fvecs.ts";
import { openIdx, writeIdx } from "./node-idx.ts";
import { openImages } from "./node-images.ts";
import { openJsonl } from "./node-jsonl.ts";
import { openNpy, writeNpy } from "./node-npy.ts";
import { openNpz, writeNpz } from "./node-npz.ts";
import { openParquet } from "./node-parquet.ts";
import { openSafetensors, writeSafetensors } from "./node-safetensors.ts";
import { type TableOptions, writeCsv, writeJsonl, writeParquet } from "./node-table-write.ts";
import type { Format, OpenOptions, Source } from "./source.ts";

/** An opened input; `within` tells what a range was cut from. */
export interface OpenedSource extends Source {
  readonly within?: { readonly rows: number; readonly range: RowRange };
}

const OPENERS: Record<Format, (path: string, options: OpenOptions) => Promise<Source>> = {
  npy: openNpy,
  npz: openNpz,
  csv: openCsv,
  tsv: openCsv,
  parquet: openParquet,
  jsonl: openJsonl,
  arrow: openArrow,
  safetensors: openSafetensors,
  fvecs: openFvecs,
  bvecs: openFvecs,
  ivecs: openFvecs,
  idx: openIdx,
  images: openImages,
};

const EXTENSIONS: Record<string, Format> = {
  npy: "npy",
  npz: "npz",
  csv: "csv",
  tsv: "tsv",
  parquet: "parquet",
  pq: "parquet",
  jsonl: "jsonl",
  ndjson: "jsonl",
  arrow: "arrow",
  feather: "arrow",
  ipc: "arrow",
  safetensors: "safetensors",
  fvecs: "fvecs",
  bvecs: "bvecs",
  ivecs: "ivecs",
  idx: "idx",
};

/** Formats that are read from gzip too. */
const GZIP: readonly Format[] = ["npy", "csv", "tsv", "jsonl", "fvecs", "bvecs", "ivecs", "idx"];

const READ =
  "npy, npz, csv, tsv, parquet, jsonl, arrow, safetensors, fvecs, bvecs, ivecs, IDX, or a folder of images";

/**
 * Opens any input: a file of a known format (by its first bytes, then by its extension), a folder of images, or
 * several of these with commas between (`a.gz,b.gz`: rows appended). A file whose own name holds a comma is
 * that file. `options.range` counts over all files; its end may be Infinity.
 *
 * @throws missing-file (with the nearest name), bad-format, bad-range, and what the formats throw
 */
export async function openSource(input: string, options: OpenOptions = {}): Promise<OpenedSource> {
  const sources: Source[] = [];
  try {
    for (const path of await splitInputs(input)) {
      sources.push(await OPENERS[await detectFormat(path)](path, options));
    }
    const whole = sources.length === 1 ? sources[0]! : appended(input, sources);
    return options.range === undefined ? whole : sliced(whole, options.range);
  } catch (error) {
    await Promise.all(sources.map((source) => source.close()));
    throw error;
  }
}

/** Writes rows in the format of the extension. @throws bad-option for an unknown one, and what the writers throw */
export async function writeRows(path: string, rows: Rows, options: TableOptions = {}): Promise<void> {
  const format = EXTENSIONS[/\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase() ?? ""];
  const { columns, signal } = options;
  const plain = signal === undefined ? {} : { signal };
  const tables = {
    csv: writeCsv,
    tsv: writeCsv,
    parquet: writeParquet,
    jsonl: writeJsonl,
    arrow: writeArrow,
  };
  if (format !== undefined && format in tables) {
    return tables[format as keyof typeof tables](path, rows, options);
  }
  if (format === "npz") {
    const extra = Object.entries(columns ?? {}).map(([name, values]) => {
      const text = Array.isArray(values) && typeof values[0] === "string";
      return [name, text ? (values as readonly string[]) : Float64Array.from(values as ArrayLike<number>)];
    });
    return writeNpz(path, rows, { ...plain, extra: Object.fromEntries(extra) });
  }
  if (columns !== undefined && Object.keys(columns).length > 0) {
    throw new IsometerError(
      "bad-option",
      `${shown(path)}: this format has no room for columns beside the vectors`,
      {
        needed: "csv, tsv, parquet, jsonl, arrow or npz",
        hint: "Write a table, or leave the columns out.",
      },
    );
  }
  if (format === "npy") return writeNpy(path, rows, plain);
  if (format === "safetensors") return writeSafetensors(path, rows, plain);
  if (format === "idx") return writeIdx(path, rows, plain);
  if (format === "fvecs" || format === "bvecs" || format === "ivecs") {
    return writeFvecs(path, rows, { ...plain, format });
  }
  throw new IsometerError("bad-option", `${shown(path)}: no format has this extension`, {
    needed: [...new Set(Object.values(EXTENSIONS))].join(", "),
    hint: "For example: out.npy or out.parquet.",
  });
}

/** "0:2000", ":100", "5:" as a range of rows; an open end is Infinity. @throws bad-range */
export function parseRange(text: string): RowRange {
  const parts = /^\s*(\d*)\s*:\s*(\d*)\s*$/.exec(text);
  const start = Number(parts?.[1] || 0);
  const end = parts?.[2] ? Number(parts[2]) : Number.POSITIVE_INFINITY;
  if (parts !== null && start < end && Number.isSafeInteger(start)) return { start, end };
  throw new IsometerError("bad-range", `"${shown(text)}" is not a range of rows`, {
    needed: "START:END, with START below END",
    got: text,
    hint: "For example 0:2000 (the first 2,000), :100, or 5: (all but the first five).",
  });
}

/** Does a file or folder of this name exist? */
export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** The files of an input. Names that exist win over commas, the longest first. @throws missing-file */
export async function splitInputs(input: string): Promise<string[]> {
  if (await exists(input)) return [input];
  const parts = input.split(",");
  const paths: string[] = [];
  for (let i = 0; i < parts.length; ) {
    let found = 0;
    for (let end = parts.length; end > i && found === 0; end--) {
      const name = parts.slice(i, end).join(",");
      for (const path of [name, name.trim()]) {
        if (found > 0 || path === "" || !(await exists(path))) continue;
        paths.push(path);
        found = end - i;
      }
    }
    if (found === 0) throw await missingFile(parts[i]!.trim());
    i += found;
  }
  return paths;
}

/** The error for a path that does not exist: with the nearest name in its folder. */
export async function missingFile(path: string): Promise<IsometerError> {
  const folder = dirname(path);
  const names = await readdir(folder).catch(() => undefined);
  if (names === undefined) {
    return new IsometerError("missing-file", `there is no file ${shown(path)}: its folder does not exist`, {
      got: path,
      hint: "Check the path.",
    });
  }
  const near = nearestName(basename(path), names);
  const suggestion = near && shown(path === basename(path) ? near : join(folder, near));
  return new IsometerError("missing-file", `there is no file ${path === "" ? '""' : shown(path)}`, {
    got: path,
    hint: suggestion === undefined ? "Check the path." : `Did you mean ${suggestion}?`,
  });
}

/** The format of a file or folder. @throws missing-file, not-a-file, empty-input, bad-format */
export async function detectFormat(path: string): Promise<Format> {
  if ((await stat(path).catch(() => undefined))?.isDirectory()) return "images";
  const input = await openBytes(path, "content");
  try {
    const { where } = input;
    const head = await readStart(input, 512);
    const extension = /\.([a-z0-9]+)(?:\.gz)?$/i.exec(path)?.[1]?.toLowerCase() ?? "";
    const format = strongMagic(head) ?? byExtension(head, extension) ?? weakMagic(head);
    if (format === undefined) throw unknownFormat(where, head);
    // Only a compressed input cannot seek.
    if (input.seekable || GZIP.includes(format)) return format;
    throw new IsometerError("bad-format", `${where}: ${format} is not read from gzip`, {
      hint: "Decompress it first (gunzip).",
    });
  } finally {
    await input.close();
  }
}

/** Formats whose first bytes are unlike any other: they win over the extension. */
function strongMagic(head: Uint8Array): Format | undefined {
  const text = Buffer.from(head).toString("latin1");
  if (text.startsWith("\x93NUMPY")) return "npy";
  if (text.startsWith("PK\x03\x04") || text.startsWith("PK\x05\x06")) return "npz";
  if (text.startsWith("PAR1")) return "parquet";
  if (text.startsWith("ARROW1")) return "arrow";
  return undefined;
}

/** The format an extension promises, unless text was promised and the bytes are none. */
function byExtension(head: Uint8Array, extension: string): Format | undefined {
  const format = EXTENSIONS[extension];
  const text = format === "csv" || format === "tsv" || format === "jsonl";
  if (format !== undefined && !(text && weakMagic(head) !== undefined && !isText(head))) return format;
  return undefined;
}

function weakMagic(head: Uint8Array): Format | undefined {
  const [a, b, type, rank] = head;
  if (a === 0 && b === 0 && [8, 9, 11, 12, 13, 14].includes(type!) && rank! >= 1 && rank! <= 8) return "idx";
  if (a === 0xff && b === 0xff && type === 0xff && rank === 0xff) return "arrow";
  if (head[8] === 0x7b && head[5] === 0 && head[6] === 0 && head[7] === 0) return "safetensors";
  if (!isText(head)) return undefined;
  return /^\ufeff?\s*[{[]/.test(new TextDecoder().decode(head)) ? "jsonl" : "csv";
}

function isText(head: Uint8Array): boolean {
  return head.every((byte) => byte >= 32 || (byte >= 9 && byte <= 13));
}

function unknownFormat(where: string, head: Uint8Array): IsometerError {
  const text = Buffer.from(head).toString("latin1");
  const known: [starts: string[], what: string, hint: string][] = [
    [["\x89HDF"], "an HDF5 file", "Save the array with numpy.save."],
    [["\x80\x02", "\x80\x03", "\x80\x04", "\x80\x05"], "a Python pickle", "Save the array with numpy.save."],
    [
      ["\x89PNG", "\xff\xd8\xff", "GIF8", "RIFF", "BM"],
      "a single picture",
      "Name the folder of all pictures.",
    ],
    [
      ["7z", "Rar!", "BZh", "\xfd7zXZ", "\x28\xb5\x2f\xfd"],
      "compressed by another tool than gzip",
      "Decompress it first.",
    ],
    [["SQLite"], "a SQLite database", "Export the table as CSV or Parquet."],
  ];
  const match = known.find(([starts]) => starts.some((start) => text.startsWith(start)));
  return new IsometerError("bad-format", `${where} is ${match?.[1] ?? "of no known format"}`, {
    needed: READ,
    hint: match?.[2] ?? `Known formats: ${READ}.`,
  });
}

/** Several sources as one. @throws bad-format unless all have the same columns */
function appended(path: string, sources: readonly Source[]): Source {
  const first = sources[0]!;
  for (const other of sources) {
    if (other.cols === first.cols) continue;
    throw new IsometerError(
      "bad-format",
      `${shown(first.path)} has ${first.cols} columns, ${shown(other.path)} has ${other.cols}`,
      { needed: `${first.cols} columns in every file`, hint: "Only files of one width can be one input." },
    );
  }
  const starts = sources.map((_, i) => sources.slice(0, i).reduce((sum, s) => sum + s.rows, 0));
  const rows = sources.reduce((sum, source) => sum + source.rows, 0);
  const joined = async (read: (source: Source) => Promise<readonly string[]>) =>
    (await Promise.all(sources.map(read))).flat();
  const { format, cols } = first;
  const sameShape = sources.every((s) => String(s.shape.slice(1)) === String(first.shape.slice(1)));
  return {
    path,
    format,
    dtype: [...new Set(sources.map((source) => source.dtype))].join(", "),
    shape: sameShape ? [rows, ...first.shape.slice(1)] : [rows, cols],
    rows,
    cols,
    columns: first.columns.filter((name) => sources.every((source) => source.columns.includes(name))),
    warnings: sources.flatMap((source) => source.warnings),
    ...(sources.every((source) => source.ids) ? { ids: () => joined((source) => source.ids!()) } : {}),
    ...(sources.every((source) => source.column)
      ? { column: (name: string) => joined((source) => source.column!(name)) }
      : {}),
    async *blocks(range = { start: 0, end: rows }) {
      checkRange(shown(path), range, rows);
      for (const [i, source] of sources.entries()) {
        const offset = starts[i]!;
        const start = Math.max(0, range.start - offset);
        const end = Math.min(source.rows, range.end - offset);
        if (start >= end) continue;
        for await (const block of source.blocks({ start, end })) {
          yield { start: offset + block.start, matrix: block.matrix };
        }
      }
    },
    close: async () => {
      await Promise.all(sources.map((source) => source.close()));
    },
  };
}

/** A range of a source as a source; rows count from 0 again. @throws bad-range */
function sliced(source: Source, wanted: RowRange): OpenedSource {
  const range = {
    start: wanted.start,
    end: wanted.end === Number.POSITIVE_INFINITY ? source.rows : wanted.end,
  };
  checkRange(shown(source.path), range, source.rows);
  const rows = range.end - range.start;
  if (rows === 0) {
    throw new IsometerError(
      "bad-range",
      `${shown(source.path)} has ${source.rows} rows: none in ${range.start}:`,
      {
        needed: `a start below ${source.rows}`,
        hint: `Choose rows within 0:${source.rows}.`,
      },
    );
  }
  const cut = async (values: Promise<readonly string[]>) => (await values).slice(range.start, range.end);
  return {
    ...source,
    shape: [rows, ...source.shape.slice(1)],
    rows,
    within: { rows: source.rows, range },
    ...(source.stored
      ? {
          stored: {
            ...source.stored,
            offset: source.stored.offset + 4 * source.cols * range.start,
          },
        }
      : {}),
    ...(source.ids ? { ids: () => cut(source.ids!()) } : {}),
    ...(source.column ? { column: (name: string) => cut(source.column!(name)) } : {}),
    async *blocks(part = { start: 0, end: rows }) {
      checkRange(shown(source.path), part, rows);
      const inner = { start: range.start + part.start, end: range.start + part.end };
      for await (const { start, matrix } of source.blocks(inner)) {
        yield { start: start - range.start, matrix };
      }
    },
  };
}
