import { readFile, stat } from "node:fs/promises";
import { IsometerError } from "../base/index.ts";
import { shown } from "./array-checks.ts";

/** No file of JSON that is read whole is larger. */
const MOST_BYTES = 2 ** 28;

/** A file of JSON, parsed. @throws missing-file, too-large, bad-format */
export async function readJson(path: string): Promise<unknown> {
  let size: number;
  try {
    ({ size } = await stat(path));
  } catch (cause) {
    throw new IsometerError("missing-file", `there is no file ${shown(path)}`, { got: path, cause });
  }
  if (size > MOST_BYTES) {
    throw new IsometerError(
      "too-large",
      `${shown(path)} has ${size} bytes, JSON is read up to ${MOST_BYTES}`,
      {
        got: String(size),
      },
    );
  }
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw new IsometerError("bad-format", `${shown(path)} is no JSON`, { got: path, cause });
  }
}
