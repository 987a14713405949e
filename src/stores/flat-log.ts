import { type FileHandle, mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { IsometerError } from "../base/index.ts";
import { checkSchema } from "./items.ts";
import type { StoreSchema } from "./store.ts";

/** Where a flat store stands. What its files hold beyond is not there: a writer was stopped before it could say so. */
export interface Manifest {
  readonly format: "isometer/store/1";
  readonly schema: StoreSchema;
  /** Part of the names of the files: compacting writes new ones. */
  readonly generation: number;
  /** Vectors written, those replaced or removed since included. */
  readonly rows: number;
  /** Bytes of the log. */
  readonly logBytes: number;
}

const MANIFEST = "store.json";
const FORMAT = "isometer/store/1";

export const vectorsPath = (folder: string, { generation }: Manifest): string =>
  join(folder, `vectors-${generation}.f32`);
export const logPath = (folder: string, { generation }: Manifest): string =>
  join(folder, `items-${generation}.jsonl`);

/** Makes an empty store in a folder. @throws file-exists, store-failed */
export async function createFiles(folder: string, schema: StoreSchema): Promise<void> {
  checkSchema(schema);
  await guarded(folder, async () => {
    await mkdir(folder, { recursive: true });
    if ((await readdir(folder)).length > 0) {
      throw new IsometerError("file-exists", `${folder} is not empty`, {
        got: folder,
        hint: "Name a folder that is empty or not there, or open the store that it holds.",
      });
    }
    const manifest: Manifest = { format: FORMAT, schema, generation: 0, rows: 0, logBytes: 0 };
    await writeWhole(vectorsPath(folder, manifest), []);
    await writeWhole(logPath(folder, manifest), []);
    await writeManifest(folder, manifest);
  });
}

/** @throws missing-file, bad-format, truncated */
export async function readManifest(folder: string): Promise<Manifest> {
  let text: string;
  try {
    text = await readFile(join(folder, MANIFEST), "utf8");
  } catch (cause) {
    throw new IsometerError("missing-file", `${folder} holds no store`, {
      got: folder,
      hint: `A flat store is a folder with a file ${MANIFEST}.`,
      cause,
    });
  }
  const manifest = parsed(text);
  if (!manifest) throw new IsometerError("bad-format", `${join(folder, MANIFEST)} is no manifest of a store`);
  checkSchema(manifest.schema);
  await guarded(folder, () => checkSizes(folder, manifest));
  return manifest;
}

function parsed(text: string): Manifest | null {
  try {
    const value = JSON.parse(text) as Manifest;
    const whole = [value.generation, value.rows, value.logBytes].every(
      (n) => Number.isSafeInteger(n) && n >= 0,
    );
    return value.format === FORMAT && whole && typeof value.schema === "object" ? value : null;
  } catch {
    return null;
  }
}

/** Files are as long as the manifest says, or longer: known before memory is taken. */
async function checkSizes(folder: string, manifest: Manifest): Promise<void> {
  const wanted = [
    [vectorsPath(folder, manifest), 4 * manifest.rows * manifest.schema.dims],
    [logPath(folder, manifest), manifest.logBytes],
  ] as const;
  for (const [path, bytes] of wanted) {
    const file = await open(path, "r");
    try {
      const { size } = await file.stat();
      if (size < bytes)
        throw new IsometerError("truncated", `${path} has ${size} bytes, the store needs ${bytes}`);
    } finally {
      await file.close();
    }
  }
}

/**
 * Appends vectors and lines, and only then says that they are there: whoever is stopped before leaves the store as it was.
 *
 * @param isAnnounced false: whoever calls will say so
 * @throws store-failed
 */
export function appendFiles(
  folder: string,
  manifest: Manifest,
  vectors: Float32Array,
  lines: string,
  isAnnounced = true,
): Promise<Manifest> {
  const bytes = Buffer.from(lines, "utf8");
  return guarded(folder, async () => {
    const at = 4 * manifest.rows * manifest.schema.dims;
    if (vectors.length > 0) await writeAt(vectorsPath(folder, manifest), bytesOf(vectors), at);
    await writeAt(logPath(folder, manifest), bytes, manifest.logBytes);
    const next: Manifest = {
      ...manifest,
      rows: manifest.rows + vectors.length / manifest.schema.dims,
      logBytes: manifest.logBytes + bytes.length,
    };
    if (isAnnounced) await writeManifest(folder, next);
    return next;
  });
}

const bytesOf = (values: Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

/** Writes from a place on, and nothing stays behind it. */
async function writeAt(path: string, bytes: Uint8Array, position: number): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.truncate(position);
    await writeAll(file, bytes, position);
    await file.sync();
  } catch (error) {
    await file.truncate(position).catch(() => {});
    throw error;
  } finally {
    await file.close();
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const part = bytes.subarray(done, done + 2 ** 30);
    done += (await file.write(part, 0, part.length, position + done)).bytesWritten;
  }
}

async function writeWhole(path: string, parts: Iterable<Uint8Array>): Promise<void> {
  const file = await open(path, "w");
  try {
    let position = 0;
    for (const part of parts) {
      await writeAll(file, part, position);
      position += part.length;
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const path = join(folder, MANIFEST);
  await writeWhole(`${path}.tmp`, [Buffer.from(`${JSON.stringify(manifest)}\n`)]);
  await rename(`${path}.tmp`, path);
}

/** Makes the files of the next generation. */
export async function nextGeneration(folder: string, manifest: Manifest): Promise<Manifest> {
  const next: Manifest = { ...manifest, generation: manifest.generation + 1, rows: 0, logBytes: 0 };
  await writeWhole(vectorsPath(folder, next), []);
  await writeWhole(logPath(folder, next), []);
  return next;
}

/** Removes files of other generations. */
export async function clearFiles(folder: string, { generation }: Manifest): Promise<void> {
  for (const name of await readdir(folder)) {
    const match = /^(?:vectors-(\d+)\.f32|items-(\d+)\.jsonl)$/.exec(name);
    if (match && Number(match[1] ?? match[2]) !== generation) await rm(join(folder, name), { force: true });
  }
}

/** Vectors by row number, in the order asked for. @throws store-failed, truncated */
export function readVectors(
  folder: string,
  manifest: Manifest,
  rows: ArrayLike<number>,
): Promise<Float32Array> {
  const { dims } = manifest.schema;
  const out = new Float32Array(rows.length * dims);
  const bytes = bytesOf(out);
  return guarded(folder, async () => {
    const file = await open(vectorsPath(folder, manifest), "r");
    try {
      for (let at = 0; at < rows.length; ) {
        // Rows that follow each other are one read.
        let end = at + 1;
        while (end < rows.length && rows[end] === rows[end - 1]! + 1) end++;
        await readInto(file, bytes.subarray(4 * dims * at, 4 * dims * end), 4 * dims * rows[at]!);
        at = end;
      }
      return out;
    } finally {
      await file.close();
    }
  });
}

async function readInto(file: FileHandle, out: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < out.length; ) {
    const part = Math.min(out.length - done, 2 ** 30);
    const { bytesRead } = await file.read(out, done, part, position + done);
    if (bytesRead === 0) throw new IsometerError("truncated", "the vectors of the store became shorter");
    done += bytesRead;
  }
}

/** The lines of the log, parsed. @throws bad-format, store-failed */
export async function readLog(folder: string, manifest: Manifest): Promise<readonly unknown[]> {
  const path = logPath(folder, manifest);
  const bytes = await guarded(folder, async () => {
    const file = await open(path, "r");
    try {
      const out = new Uint8Array(manifest.logBytes);
      await readInto(file, out, 0);
      return out;
    } finally {
      await file.close();
    }
  });
  try {
    const lines = Buffer.from(bytes.buffer).toString("utf8").split("\n").slice(0, -1);
    return lines.map((line) => JSON.parse(line) as unknown);
  } catch (cause) {
    throw new IsometerError("bad-format", `${path} is no log of a store`, { cause });
  }
}

/** Faults of the file system, in words. */
export async function guarded<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw failed(folder, error);
  }
}

function failed(folder: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (error instanceof IsometerError || typeof code !== "string") return error;
  const isFull = ["ENOSPC", "EDQUOT", "EFBIG"].includes(code);
  const why = isFull ? `there is no room left (${code})` : code;
  return new IsometerError("store-failed", `the store ${folder} cannot be read or written: ${why}`, {
    got: code,
    hint: isFull
      ? "Nothing that was stored is lost. Free some space, and write the rest again: ids that are there already are replaced."
      : "Check that the folder is there and may be written to.",
    cause: error,
  });
}
