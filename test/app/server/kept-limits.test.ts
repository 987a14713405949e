import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCommandLine } from "../../../src/app/cli/run.ts";
import { keptLimits } from "../../../src/app/server/kept-limits.ts";
import { rng, rowsFromMatrix } from "../../../src/base/index.ts";
import { writeRows } from "../../../src/data/index.ts";
import { gaussian } from "../../matrices.ts";
import { testHost } from "../host.ts";

const folder = mkdtempSync(join(tmpdir(), "isometer-kept-limits-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string) => join(folder, name);
const COLS = 6;
const request = { original: "x.npy", latent: ["z.npy"] };

/** Sets the hour at which a file was written. */
const writtenAt = (name: string, hour: number) => utimesSync(file(name), hour * 3600, hour * 3600);

beforeAll(async () => {
  mkdirSync(file("results"));
  for (const name of ["x.npy", "z.npy"])
    await writeRows(file(name), rowsFromMatrix(gaussian(rng(1), 100, COLS)), {});
  writtenAt("z.npy", 1);
  const command = ["limits", file("x.npy"), "--dims", "3,6", "--bits", "32,8", "--threads", "1"];
  const host = testHost();
  expect(await runCommandLine([...command, "--json", file("results/limits.json")], host)).toBe(0);
  writeFileSync(file("results/other.json"), '{"schema":"isometer/limits/1"}');
  writeFileSync(file("broken.json"), "isometer/limits/1 {");
});

test("limits that lie in the folder are those of the original, by its distance, and not older than it", async () => {
  writtenAt("x.npy", 1);
  writtenAt("results/limits.json", 2);
  const kept = await keptLimits(folder, request, COLS);
  expect(kept).toMatchObject({ file: "results/limits.json", written: "1970-01-01T02:00:00.000Z" });
  expect(kept!.result).toEqual(JSON.parse(readFileSync(file("results/limits.json"), "utf8")));
  expect(await keptLimits(folder, { ...request, metric: "cosine" }, COLS)).toBeNull();
  expect(await keptLimits(folder, { ...request, original: "z.npy" }, COLS)).toBeNull();
  // A file of that name elsewhere.
  expect(await keptLimits(folder, request, COLS + 1)).toBeNull();
  writtenAt("x.npy", 3);
  expect(await keptLimits(folder, request, COLS)).toBeNull();
});

test("the latest counts, of paths from the folder or from above", async () => {
  writtenAt("x.npy", 1);
  const { inputs, ...result } = JSON.parse(readFileSync(file("results/limits.json"), "utf8"));
  const write = (name: string, path: string, hour: number, more: object = {}) => {
    writeFileSync(file(name), JSON.stringify({ ...result, ...more, inputs: [{ ...inputs[0], path }] }));
    writtenAt(name, hour);
  };
  write("from-above.json", "project/x.npy", 4);
  write("from-here.json", "x.npy", 5);
  write("elsewhere.json", "/other/max.npy", 6);
  write("some-rows.json", "x.npy", 7, { options: { ...result.options, rows: "0:50" } });
  expect((await keptLimits(folder, request, COLS))?.file).toBe("from-here.json");
  rmSync(file("from-here.json"));
  expect((await keptLimits(folder, request, COLS))?.file).toBe("from-above.json");
});
