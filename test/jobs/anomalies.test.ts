import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommandLine } from "../../src/app/cli/run.ts";
import { type Matrix, rng, rowsFromMatrix, stackRows } from "../../src/base/index.ts";
import { writeRows } from "../../src/data/index.ts";
import { anomaliesSchema } from "../../src/jobs/schema-anomalies.ts";
import { fitDetector, scoreRows } from "../../src/spaces/anomalies/index.ts";
import { testHost } from "../app/host.ts";
import { gaussian, mapMatrix } from "../matrices.ts";

const folder = mkdtempSync(join(tmpdir(), "isometer-anomalies-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string) => join(folder, name);

const normal = gaussian(rng(1), 1200, 5);
/** 300 normal rows, then 20 that are far out along column 2. */
const strange = mapMatrix(gaussian(rng(2), 20, 5), (value, col) => (col === 2 ? value + 9 : value));
const points: Matrix = stackRows([gaussian(rng(3), 300, 5), strange]);

beforeAll(async () => {
  await writeRows(file("normal.npy"), rowsFromMatrix(normal), {});
  await writeRows(file("points.npy"), rowsFromMatrix(points), {});
  writeFileSync(
    file("labels.txt"),
    `${Array.from({ length: 320 }, (_, i) => (i < 300 ? 0 : 1)).join("\n")}\n`,
  );
  writeFileSync(file("odd.txt"), `${Array.from({ length: 320 }, () => "broken").join("\n")}\n`);
  writeFileSync(file("other.json"), "{}");
});

async function run(...args: string[]) {
  const host = testHost();
  const status = await runCommandLine(["anomalies", ...args, "--threads", "1"], host);
  return { status, ...host.written };
}

async function result(...args: string[]) {
  const { status, out, err } = await run(...args, "--json", "-");
  expect({ status, err }).toEqual({ status: 0, err: "" });
  return anomaliesSchema.parse(JSON.parse(out));
}

const files = () => [file("normal.npy"), file("points.npy")] as const;

describe("isometer anomalies", () => {
  it.each(["knn", "lof", "mahalanobis", "ensemble"])(
    "finds what is strange and says why: %s",
    async (method) => {
      const { strangest, discoveries, flagged, threshold, evaluation, calibration } = await result(
        ...files(),
        "--labels",
        file("labels.txt"),
        "--method",
        method,
      );
      expect(evaluation!.rocAuc.value).toBeGreaterThan(0.99);
      expect(strangest.every(({ row, isDiscovery }) => row >= 300 && isDiscovery)).toBe(true);
      expect(strangest[0]!.dimensions[0]!.dimension).toBe(2);
      expect(discoveries).toBeGreaterThanOrEqual(20);
      expect(discoveries).toBeLessThan(30);
      // 20 strange ones, and about a twentieth of 300.
      expect(flagged).toBeGreaterThan(22);
      expect(flagged).toBeLessThan(60);
      expect(threshold.falsePositiveRate).toBeLessThanOrEqual(0.05);
      expect(calibration).toEqual({ kind: "split", rows: 600 });
    },
  );

  it("finds nothing where there is nothing", async () => {
    const { discoveries, evaluation } = await result(
      file("normal.npy"),
      file("points.npy"),
      "--rows",
      ":300",
    );
    expect(discoveries).toBe(0);
    expect(evaluation).toBeNull();
    const { out } = await run(file("normal.npy"), file("points.npy"), "--rows", ":300");
    expect(out).toContain("No anomaly among 300 rows");
  });

  it("writes a line per row, numbered as in the file, and the detector, which scores the same again", async () => {
    const [out, detector] = [file("scores.csv"), file("detector.json")];
    const first = await result(...files(), "--rows", "100:", "--out", out, "--detector", detector);
    const lines = readFileSync(out, "utf8").trim().split("\n");
    expect(lines[0]).toBe("row,score,pValue,adjusted,isFlagged,isDiscovery");
    expect(lines).toHaveLength(221);
    expect(lines[1]!.split(",")[0]).toBe("100");
    const scores = await scoreRows(await fitDetector(normal, { threads: 1 }), points);
    expect(Number(lines[1]!.split(",")[1])).toBeCloseTo(scores[100]!, 12);
    const again = await result(detector, file("points.npy"), "--rows", "100:");
    expect(again.strangest).toEqual(first.strangest);
    expect(again.threshold).toEqual(first.threshold);
    expect(existsSync(detector)).toBe(true);
    const { status, err } = await run(...files(), "--out", out);
    expect([status, err]).toEqual([2, expect.stringContaining("exists already")]);
  });

  it.each([
    [["other.json", "points.npy"], "no saved detector"],
    [["absent.json", "points.npy"], "there is no file"],
    [["normal.npy", "points.npy", "--labels", "odd.txt"], 'holds "broken"'],
    [["normal.npy", "points.npy", "--out", "scores.xyz"], "no format with named columns"],
  ])("says what is wrong: %o", async (args, message) => {
    const { status, err } = await run(...args.map((arg) => (arg.startsWith("--") ? arg : file(arg))));
    expect(status).toBe(2);
    expect(err.replace(/\s+/g, " ")).toContain(message);
  });
});
