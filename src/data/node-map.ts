import { collectRows, type Matrix } from "../base/index.ts";
import { openFile, plainInput, readStart } from "./node-bytes.ts";
import { openSafetensors, safetensorsMetadata } from "./node-safetensors.ts";

/** What a map by neighbours keeps in its file. */
export interface MapFile {
  readonly rows: Matrix;
  readonly codes: Matrix;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads the file of a map by neighbours, whatever its name; null where it is no .safetensors file, as an ONNX model is none.
 *
 * @throws missing-file, not-a-file, and what opening .safetensors throws: unknown-column where a tensor is missing
 */
export async function readMapFile(path: string): Promise<MapFile | null> {
  if (!(await looksLikeSafetensors(path))) return null;
  const tensor = async (vector: string) => {
    const source = await openSafetensors(path, { vector });
    try {
      return await collectRows(source);
    } finally {
      await source.close();
    }
  };
  const metadata = await safetensorsMetadata(path);
  return { rows: await tensor("rows"), codes: await tensor("codes"), metadata };
}

/** A length that fits into the file, and then the brace of its header: no protobuf starts like this. */
async function looksLikeSafetensors(path: string): Promise<boolean> {
  const { handle, size, where } = await openFile(path);
  try {
    const first = await readStart(plainInput(where, handle, 0, size), 9);
    if (first.length < 9) return false;
    const length = new DataView(first.buffer, first.byteOffset).getBigUint64(0, true);
    return length < BigInt(size) && first[8] === "{".charCodeAt(0);
  } finally {
    await handle.close();
  }
}
