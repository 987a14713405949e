import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Files left in the temporary folder by an audit, run with these changes to the environment. */
function traces(env: Record<string, string>): string[] {
  const folder = mkdtempSync(join(tmpdir(), "isometer-telemetry-"));
  const args = [
    "dist/app/cli/main.js",
    "audit",
    "examples/digits.npy",
    "examples/digits-pca.npy",
    "--json",
    "-",
  ];
  const { ORT_DISABLE_TELEMETRY: _, ...rest } = process.env;
  const run = spawnSync(process.execPath, args, { cwd: root, env: { ...rest, TMPDIR: folder, ...env } });
  expect(run.status).toBe(0);
  return readdirSync(folder);
}

describe("telemetry of ONNX Runtime", () => {
  it("is off: an audit leaves nothing in the temporary folder", () => {
    expect(traces({})).toEqual([]);
  });
});
