import type { FileHandle } from "node:fs/promises";
import { IsometerError, type Rows } from "../base/index.ts";
import { chooseArray, type NamedArray, namedArray, shapeText, shown } from "./array-checks.ts";
import { encodeLittleEndian } from "./dtype.ts";
import { arraySource } from "./node-array.ts";
import { closeOnError, openFile } from "./node-bytes.ts";
import { readNpyHeader, readTextArray } from "./node-npy.ts";
import { atomicWrite, encodedRows, type WriteOptions } from "./node-write.ts";
import { openZipMember, readZipDirectory, type ZipEntry } from "./node-zip.ts";
import { writeZip, type ZipMember } from "./node-zip-write.ts";
import { npyHeaderBytes, numericType } from "./npy-header.ts";
import type { Contents, OpenOptions, Source } from "./source.ts";

interface Archive {
  readonly where: string;
  readonly handle: FileHandle;
  readonly size: number;
}

interface Member extends NamedArray {
  readonly entry: ZipEntry;
}

/**
 * Opens an array of an .npz file: a zip archive (stored or deflated) of .npy files, as numpy.savez writes it.
 *
 * The array is the one named by `vector`, the only one, or the only numeric one of rank 2 or more. `id` and
 * `Source.column` name one-dimensional arrays beside it, numbers or strings.
 *
 * @throws missing-file, not-a-file, empty-input, truncated, bad-format, unsupported-dtype, too-large, unknown-column,
 *   ambiguous-column; while reading also bad-value (float64 beyond float32), bad-format (a wrong check sum)
 */
export async function openNpz(path: string, options: OpenOptions = {}): Promise<Source> {
  const archive = await openFile(path);
  return closeOnError(archive.handle, async () => {
    const members = await listMembers(archive, options.vector === undefined);
    const chosen = chooseArray(archive.where, "array", members, options.vector);
    if (members.filter((member) => member.name === chosen.name).length > 1) {
      throw new IsometerError(
        "bad-format",
        `${archive.where} holds two arrays named "${shown(chosen.name)}"`,
        {
          hint: "Write the archive again with one array per name.",
        },
      );
    }
    const input = await openMember(archive, chosen.entry);
    const header = await readNpyHeader(input);
    const dtype = numericType(input.where, header.type);
    const column = (name: string) => readColumn(archive, members, name, header.shape[0]!);
    const { id } = options;
    if (id !== undefined) namedArray(archive.where, "array", members, id);
    return arraySource(
      input,
      { ...header, dtype, exact: false },
      {
        path,
        format: "npz",
        columns: members.map((member) => member.name),
        vector: [chosen.name],
        column,
        ...(id === undefined ? {} : { ids: () => column(id) }),
      },
    );
  });
}

/** The arrays of an .npz file with their shapes. @throws as `openNpz`, but nothing is chosen */
export async function npzContents(path: string): Promise<Pick<Contents, "columns">> {
  const archive = await openFile(path);
  try {
    const members = await listMembers(archive, true);
    return { columns: members.map(({ name, shape }) => ({ name, type: shapeText(shape ?? []) })) };
  } finally {
    await archive.handle.close();
  }
}

/** An array beside the vectors: one value per row. */
export type ExtraArray =
  | Float32Array
  | Float64Array
  | Int32Array
  | Uint8Array
  | BigInt64Array
  | readonly string[];

/** How to write .npz. */
export interface NpzOptions extends WriteOptions {
  /** One-dimensional arrays to keep beside "vectors", by name: ids, labels. */
  readonly extra?: Readonly<Record<string, ExtraArray>>;
  /** Deflate the members (slow, smaller); default false. */
  readonly compress?: boolean;
}

/**
 * Writes rows as the array "vectors" of an .npz file, with `extra` arrays beside it. Streams; whole or not at all.
 *
 * @throws bad-option (the place cannot be written, a name that cannot be), truncated, aborted
 */
export async function writeNpz(path: string, rows: Rows, options: NpzOptions = {}): Promise<void> {
  const members = [vectorsMember(rows, options)];
  for (const [name, values] of Object.entries(options.extra ?? {})) {
    if (name === "vectors" || !/^[\p{L}\p{N}_. -]{1,200}$/u.test(name)) {
      throw new IsometerError("bad-option", `an array of ${shown(path)} cannot be named "${shown(name)}"`, {
        needed: 'letters, digits, "_", ".", "-" or spaces; not "vectors"',
        got: name,
        hint: "Choose another name.",
      });
    }
    members.push(extraMember(name, values));
  }
  await atomicWrite(path, (file) => writeZip(file, members, options.compress ?? false));
}

/** The arrays of an archive; `shapes`: read the header of each, to be able to choose among them. */
async function listMembers(archive: Archive, shapes: boolean): Promise<Member[]> {
  const entries = await readZipDirectory(archive.where, archive.handle, archive.size);
  const members: Member[] = [];
  for (const entry of entries) {
    if (!entry.name.endsWith(".npy")) continue;
    const name = entry.name.slice(0, -4);
    if (!shapes) {
      members.push({ name, entry, numeric: true });
      continue;
    }
    const header = await readNpyHeader(await openMember(archive, entry));
    members.push({ name, entry, shape: header.shape, numeric: header.type.kind === "number" });
  }
  return members;
}

function openMember(archive: Archive, entry: ZipEntry): ReturnType<typeof openZipMember> {
  return openZipMember(
    `${archive.where}: array "${shown(entry.name.replace(/\.npy$/, ""))}"`,
    archive,
    entry,
  );
}

async function readColumn(
  archive: Archive,
  members: readonly Member[],
  name: string,
  rows: number,
): Promise<readonly string[]> {
  const input = await openMember(archive, namedArray(archive.where, "array", members, name).entry);
  const values = await readTextArray(input, await readNpyHeader(input));
  if (values.length === rows) return values;
  throw new IsometerError(
    "row-count-mismatch",
    `${input.where} has ${values.length} values for ${rows} rows`,
    {
      needed: `${rows} values`,
      got: `${values.length} values`,
      hint: "Name an array with one value per row.",
    },
  );
}

function vectorsMember(rows: Rows, options: WriteOptions): ZipMember {
  const wide = options.dtype === "float64";
  const header = npyHeaderBytes(wide ? "<f8" : "<f4", [rows.rows, rows.cols]);
  const size = header.length + rows.rows * rows.cols * (wide ? 8 : 4);
  return { name: "vectors.npy", size, pieces: joined(header, encodedRows(rows, options)) };
}

function extraMember(name: string, values: ExtraArray): ZipMember {
  const { descr, bytes } = Array.isArray(values)
    ? unicodeBytes(values as readonly string[])
    : {
        descr: numberDescr(values as Exclude<ExtraArray, readonly string[]>),
        bytes: encodeLittleEndian(values as Float64Array),
      };
  const header = npyHeaderBytes(descr, [values.length]);
  return { name: `${name}.npy`, size: header.length + bytes.length, pieces: joined(header, [bytes]) };
}

function numberDescr(values: Exclude<ExtraArray, readonly string[]>): string {
  if (values instanceof Float32Array) return "<f4";
  if (values instanceof Float64Array) return "<f8";
  if (values instanceof Int32Array) return "<i4";
  return values instanceof Uint8Array ? "|u1" : "<i8";
}

/** NumPy's U type: UTF-32, every string padded with zeros to the longest. */
function unicodeBytes(strings: readonly string[]): { descr: string; bytes: Uint8Array } {
  const points = strings.map((text) => Array.from(text, (character) => character.codePointAt(0)!));
  const width = points.reduce((longest, each) => Math.max(longest, each.length), 1);
  const words = new Uint32Array(width * strings.length);
  for (const [i, each] of points.entries()) words.set(each, i * width);
  return { descr: `<U${width}`, bytes: encodeLittleEndian(words) };
}

async function* joined(
  header: Uint8Array,
  rest: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield header;
  yield* rest;
}
