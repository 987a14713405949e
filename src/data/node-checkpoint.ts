import { createHash } from "node:crypto";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { collectRows, IsometerError, type Matrix, type Points } from "../base/index.ts";
import { shown } from "./array-checks.ts";
import { openSafetensors, safetensorsContents, safetensorsMetadata } from "./node-safetensors.ts";
import { readStoredRows } from "./node-spool.ts";

/** What the file of a checkpoint holds. */
export interface CheckpointTensors {
  readonly values: Matrix;
  /** Null: no model was looked at yet. */
  readonly best: Matrix | null;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Reads the file of a checkpoint. @throws missing-file, not-a-file, and what opening .safetensors throws */
export async function readCheckpointFile(path: string): Promise<CheckpointTensors> {
  const { columns } = await safetensorsContents(path);
  const tensor = async (vector: string) => {
    const source = await openSafetensors(path, { vector });
    try {
      return await collectRows(source);
    } finally {
      await source.close();
    }
  };
  const hasBest = columns.some(({ name }) => name === "best");
  return {
    values: await tensor("values"),
    best: hasBest ? await tensor("best") : null,
    metadata: await safetensorsMetadata(path),
  };
}

/** What writers leave beside a file when they are killed. */
const TEMPORARY = /\.[0-9a-f]{8}-[0-9a-f-]{27}\.tmp$/;

/** Makes the folder of a run, and clears away what a killed one left half-written. @throws bad-option where there can be none */
export async function openRunFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
    for (const name of await readdir(path))
      if (TEMPORARY.test(name)) await rm(join(path, name), { force: true });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new IsometerError("bad-option", `${shown(path)} cannot be a folder to write to: ${code}`, {
      hint: "Choose another --out.",
      cause,
    });
  }
}

/** Rows that a fingerprint is of, at most. */
const SAMPLED = 1000;

/** What tells one set of rows from another: their numbers, and SHA-256 of up to 1,000 of them, evenly spread. "1797x64:9f0c..." */
export function fingerprintOf(points: Points): string {
  const { rows, cols } = points;
  const count = Math.min(rows, SAMPLED);
  const hash = createHash("sha256");
  for (let i = 0; i < count; i++) {
    const row = Math.floor((i * rows) / count);
    const values =
      "stored" in points ? readStoredRows(points, [row]) : points.data.slice(row * cols, (row + 1) * cols);
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return `${rows}x${cols}:${hash.digest("hex").slice(0, 32)}`;
}
