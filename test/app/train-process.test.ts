import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rng } from "../../src/base/index.ts";
import { readCheckpointFile } from "../../src/data/index.ts";
import { trainSchema } from "../../src/jobs/schema.ts";

/* The built command line as a process that is killed: `npm test` builds it first. */

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const MAIN = join(ROOT, "dist/app/cli/main.js");
const DIGITS = join(ROOT, "examples/digits.npy");
const env = { PATH: process.env.PATH, HOME: process.env.HOME, ISOMETER_THREADS: "1" };
/** A look, and a checkpoint, after each epoch of some steps. */
const ARGS = [
  MAIN,
  "train",
  DIGITS,
  "--rows",
  "0:600",
  "--epochs",
  "60",
  "--hidden",
  "64",
  "--batch-size",
  "64",
];
const EACH = [...ARGS, "--look-every", "1", "--isometry", "stress"];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "isometer-kill-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const ended = (child: ChildProcess) =>
  new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.on("exit", (code, signal) => resolve({ code, signal }));
  });

/** Sends a signal as soon as so many looks were told and some milliseconds went by. */
async function stopped(args: readonly string[], looks: number, wait: number, signal: NodeJS.Signals) {
  const child = spawn(process.execPath, args, { cwd: folder, env, stdio: ["ignore", "ignore", "pipe"] });
  let [seen, isSent] = [0, false];
  child.stderr!.on("data", (chunk: Buffer) => {
    seen += chunk.toString().split("isometer:").length - 1;
    if (seen <= looks || isSent) return;
    isSent = true;
    setTimeout(() => child.kill(signal), wait);
  });
  return ended(child);
}

describe("a training as a process", () => {
  test("killed at any moment it leaves a checkpoint that can be read, and from which it becomes what it would have been", async () => {
    const whole = spawnSync(process.execPath, [...EACH, "--out", "whole"], { cwd: folder, env });
    expect(whole.status).toBe(0);
    const random = rng(7);
    let resume: string[] = [];
    let last = 0;
    for (let kill = 0; kill < 3; kill++) {
      const args = [...EACH, "--out", "killed", ...resume];
      const { code, signal } = await stopped(args, 2 + random.integer(4), random.integer(60), "SIGKILL");
      expect([code, signal]).toEqual([null, "SIGKILL"]);
      const { values, best, metadata } = await readCheckpointFile(
        join(folder, "killed/checkpoint.safetensors"),
      );
      const { step } = JSON.parse(metadata["isometer.training"]!) as { step: number };
      expect(step).toBeGreaterThan(last);
      expect([values.data.every(Number.isFinite), best!.data.every(Number.isFinite)]).toEqual([true, true]);
      last = step;
      resume = ["--resume"];
    }
    const { status } = spawnSync(process.execPath, [...EACH, "--out", "killed", "--resume"], {
      cwd: folder,
      env,
    });
    expect(status).toBe(0);
    for (const file of ["encoder.onnx", "decoder.onnx", "codes.npy", "checkpoint.safetensors"])
      expect(
        readFileSync(join(folder, "killed", file)).equals(readFileSync(join(folder, "whole", file))),
        file,
      ).toBe(true);
    // What was half-written is gone.
    expect(readdirSync(join(folder, "killed")).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  test("Ctrl-C ends it with 130 after it has written its best model", async () => {
    expect(await stopped([...EACH, "--out", "stopped"], 3, 0, "SIGINT")).toEqual({ code: 130, signal: null });
    const report = readFileSync(join(folder, "stopped/report.json"), "utf8");
    const result = trainSchema.parse(JSON.parse(report));
    expect(result.stopped).toBe("interrupted");
    expect(existsSync(join(folder, "stopped/encoder.onnx"))).toBe(true);
  });

  test("stopped before the first step it leaves nothing that looks like a training (control)", async () => {
    const child = spawn(process.execPath, [...EACH, "--out", "nothing"], {
      cwd: folder,
      env,
      stdio: "ignore",
    });
    setTimeout(() => child.kill("SIGKILL"), 30);
    expect(await ended(child)).toEqual({ code: null, signal: "SIGKILL" });
    expect(existsSync(join(folder, "nothing/checkpoint.safetensors"))).toBe(false);
  });
});
