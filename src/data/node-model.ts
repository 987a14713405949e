import { closeSync, fstatSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import { dirname, isAbsolute, relative, resolve, sep } from "node:path";
import { IsometerError } from "../base/index.ts";
import { openFile } from "./node-bytes.ts";

/** The bytes of a model, and how to read tensors that lie beside it. */
export interface ModelFile {
  readonly bytes: Uint8Array;
  /** `length` bytes from `offset` on of a file in the model's folder. */
  external(location: string, offset: number, length: number): Uint8Array;
}

/** A model without its tensors is small; protobuf itself ends at 2 GiB. */
const MOST_BYTES = 2 ** 31 - 1;

/**
 * Opens an ONNX file. Tensors that lie in other files are read from the folder of the model and nowhere else: no path that leads out of it, and no link that does.
 *
 * @throws missing-file, not-a-file, empty-input, too-large; `external` also bad-format (a path that leaves the folder), truncated
 */
export async function openModel(path: string): Promise<ModelFile> {
  const { handle, size, where } = await openFile(path);
  try {
    if (size > MOST_BYTES) {
      throw new IsometerError("too-large", `${where} is larger than an ONNX file can be`, {
        hint: "Larger models keep their tensors in files of their own (external data).",
      });
    }
    const folder = realpathSync(dirname(resolve(path)));
    return { bytes: await handle.readFile(), external: openBeside(folder) };
  } finally {
    await handle.close();
  }
}

function openBeside(folder: string): ModelFile["external"] {
  return (location, offset, length) => readBeside(folder, location, offset, length);
}

function readBeside(folder: string, location: string, offset: number, length: number): Uint8Array {
  const file = openSync(within(folder, location), "r");
  try {
    const size = fstatSync(file).size;
    if (offset + length > size) {
      throw new IsometerError("truncated", `${location} ends at byte ${size}`, {
        needed: `${length} bytes from byte ${offset} on`,
        hint: "Copy the file that belongs to the model beside it.",
      });
    }
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const got = readSync(file, bytes, done, length - done, offset + done);
      if (got === 0) throw new IsometerError("truncated", `${location} became shorter while it was read`);
      done += got;
    }
    return bytes;
  } finally {
    closeSync(file);
  }
}

/** The true path of a file in a folder. */
function within(folder: string, location: string): string {
  const outside = () =>
    new IsometerError("bad-format", `the model's tensors lie in ${location}, outside of its folder`, {
      hint: "Nothing outside of the folder of a model is read: put the file beside it.",
    });
  const isInside = (path: string) => {
    const way = relative(folder, path);
    return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
  };
  const path = resolve(folder, location);
  // Before it is touched, and once more where links lead.
  if (isAbsolute(location) || !isInside(path)) throw outside();
  let real: string;
  try {
    real = realpathSync(path);
  } catch (cause) {
    throw new IsometerError("missing-file", `there is no file ${location} beside the model`, {
      hint: "Copy the file that belongs to the model beside it.",
      cause,
    });
  }
  if (!isInside(real)) throw outside();
  // A pipe would wait for a writer.
  if (!statSync(real).isFile()) {
    throw new IsometerError("not-a-file", `${location} beside the model is not a regular file`);
  }
  return real;
}
