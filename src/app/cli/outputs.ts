import { access, constants, stat, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { IsometerError } from "../../base/index.ts";
import type { Job, JobResult } from "../../jobs/define.ts";

/** A result as JSON text. Numbers that are not finite become null. */
export function jsonText(result: JobResult): string {
  return `${JSON.stringify(result, null, 2)}\n`;
}

/**
 * Checks before the work that its texts can be written: an hour must not end in a missing folder,
 * an input must not be overwritten, and no two texts may go to the same place.
 */
export async function checkTargets(
  targets: Readonly<Record<string, string>>,
  inputs: readonly string[],
): Promise<void> {
  const taken = new Map<string, string>();
  for (const [name, target] of Object.entries(targets)) {
    const place = target === "-" ? "-" : resolve(target);
    const other = taken.get(place);
    if (other) {
      throw new IsometerError(
        "bad-option",
        `--${other} and --${name} both go to ${target === "-" ? "stdout" : target}`,
        {
          hint: "Name a file for one of them.",
        },
      );
    }
    taken.set(place, name);
    if (target !== "-") await checkFile(name, target, inputs);
  }
}

async function checkFile(name: string, target: string, inputs: readonly string[]): Promise<void> {
  const path = resolve(target);
  const sources = inputs.flatMap((input) => [input, ...input.split(",")]);
  if (sources.some((source) => resolve(source) === path)) {
    throw new IsometerError("file-exists", `--${name} would overwrite the input ${target}`, {
      got: target,
      hint: "Name another file.",
    });
  }
  const [file, folder] = await Promise.all([kindOf(path), kindOf(dirname(path))]);
  if (file === "folder") {
    throw new IsometerError("not-a-file", `--${name} ${target} is a folder`, { hint: "Name a file in it." });
  }
  if (folder !== "folder") {
    throw new IsometerError("missing-file", `--${name} ${target}: its folder does not exist`, {
      hint: `Make it first: mkdir -p ${dirname(target)}`,
    });
  }
  const refused = await refusal(file === "file" ? path : dirname(path));
  if (refused !== undefined) {
    throw new IsometerError("bad-value", `--${name} ${target} cannot be written (${refused})`, {
      hint: "Choose another place, or - for stdout.",
    });
  }
}

/** Why the system would not let us write there ("EACCES"), or undefined. */
async function refusal(path: string): Promise<string | undefined> {
  return access(path, constants.W_OK).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error.code,
  );
}

async function kindOf(path: string): Promise<"folder" | "file" | "nothing"> {
  try {
    return (await stat(path)).isDirectory() ? "folder" : "file";
  } catch {
    return "nothing";
  }
}

/** Files that the run itself will write, by the name of their option. */
export function writtenFiles({ options: specs }: Job, options: Readonly<Record<string, unknown>>) {
  const written = Object.entries(options).filter(
    ([name, value]) => specs[name]?.writes && value !== undefined,
  );
  return Object.fromEntries(written) as Record<string, string>;
}

/** Writes a text to its file. @throws bad-value when the system refuses */
export async function writeTarget(name: string, target: string, text: string): Promise<void> {
  try {
    await writeFile(target, text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new IsometerError("bad-value", `cannot write ${target}: ${reason}`, {
      hint: `Choose another file with --${name}, or - for stdout.`,
      cause,
    });
  }
}
