import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Gives the tests of one run a temporary folder of their own, and takes it away after the last. */
export default function temporary(): () => void {
  const folder = mkdtempSync(join(tmpdir(), "isometer-tests-"));
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
