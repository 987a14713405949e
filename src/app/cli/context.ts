import { readFileSync } from "node:fs";
import { lstat } from "node:fs/promises";
import { isAbsolute, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Watch } from "../../base/index.ts";
import type { Documents, JobContext, Lines } from "../../jobs/define.ts";

/** The folder of the package: the same distance from src/app/cli and dist/app/cli. */
const PACKAGE = new URL("../../../", import.meta.url);

/** Version of this package, from its package.json. */
export function packageVersion(): string {
  const manifest: { version: string } = JSON.parse(readFileSync(new URL("package.json", PACKAGE), "utf8"));
  return manifest.version;
}

/** What the command line hands to a job. */
export function jobContext(
  watch: Watch,
  version: string,
  documents: Documents,
  tell: (text: string) => void,
  lines?: Lines,
): JobContext {
  const clock = () => performance.now();
  return { watch, version, clock, example, exists, documents, tell, ...(lines && { lines }) };
}

/** Room for what documents need. The date is the only word of the outside world in them. */
export function documentsOf(targets: Readonly<Record<string, string>>): Documents {
  const date = new Date().toISOString().slice(0, 10);
  return { wanted: new Set(Object.keys(targets)), evidence: new Map(), date };
}

/** Path of a bundled file: relative when it lies below the working folder, as people would type it. */
function example(file: string): string {
  const path = fileURLToPath(new URL(`examples/${file}`, PACKAGE));
  const below = relative(process.cwd(), path);
  return below.startsWith("..") || isAbsolute(below) ? path : below;
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
