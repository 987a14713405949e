import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommandLine } from "../../src/app/cli/run.ts";
import { matrix, rowsFromMatrix } from "../../src/base/index.ts";
import { writeRows } from "../../src/data/index.ts";
import { morphSchema } from "../../src/jobs/schema-morph.ts";
import { testHost } from "../app/host.ts";

const folder = mkdtempSync(join(tmpdir(), "isometer-morph-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string) => join(folder, name);
const example = (name: string) => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
const digits = [example("digits-latent.npy"), "--decoder", example("digits-decoder.onnx")];

beforeAll(async () => {
  // A ring of 60 places: the straight way between opposite ones leads through the middle, where nobody is.
  const places = Array.from({ length: 60 }, (_, i) => (2 * Math.PI * i) / 60);
  const data = Float32Array.from(places.flatMap((angle) => [Math.cos(angle), Math.sin(angle)]));
  await writeRows(file("ring.npy"), rowsFromMatrix(matrix(data, 60, 2)), {});
});

async function run(...args: string[]) {
  const host = testHost();
  const status = await runCommandLine(["morph", ...args, "--threads", "1"], host);
  return { status, ...host.written };
}

async function result(...args: string[]) {
  const { status, out, err } = await run(...args, "--json", "-");
  expect({ status, err }).toEqual({ status: 0, err: "" });
  return morphSchema.parse(JSON.parse(out));
}

describe("isometer morph", () => {
  it("without a decoder goes by real items: around a ring, not through its middle", async () => {
    const { frames, report, straight, options, length } = await result(
      file("ring.npy"),
      "--from",
      "0",
      "--to",
      "28",
      "--frames",
      "15",
    );
    expect(options.path).toBe("data");
    const near = frames.map(({ nearest }) => nearest);
    expect([near[0], near.at(-1)]).toEqual([0, 28]);
    expect(near.every((row, i) => i === 0 || row > near[i - 1]!)).toBe(true);
    expect(report.offData.mean).toBeLessThan(0.3 * straight.offData.mean!);
    expect(length).toBeGreaterThan(2.8);
    expect(straight.bend).toBeCloseTo(1, 6);
  });

  it("with a decoder changes more evenly than the straight way, and ends where it should", async () => {
    const { stepRatio, straight, frames, options } = await result(
      ...digits,
      "--from",
      "0",
      "--to",
      "100",
      "--density",
      "0",
    );
    expect(options).toMatchObject({ path: "geodesic", density: 0, frames: 9 });
    expect(stepRatio).toBeLessThan(0.5 * straight.stepRatio!);
    expect([frames[0]!.at, frames.at(-1)!.at]).toEqual([0, 1]);
    expect([frames[0]!.nearest, frames.at(-1)!.nearest]).toEqual([0, 100]);
  });

  it.each([
    [0, 12],
    [3, 40],
    [100, 1200],
    [7, 8],
  ])("pays its toll evenly, nearer to real items than the straight way: %i to %i", async (from, to) => {
    const { stepRatio, straight, report, options } = await result(
      ...digits,
      "--from",
      String(from),
      "--to",
      String(to),
    );
    expect(options).toMatchObject({ path: "geodesic", density: 1 });
    expect(stepRatio).toBeLessThan(1.2);
    expect(straight.stepRatio!).toBeGreaterThan(4);
    expect(report.offData.meanByLength).toBeLessThan(straight.offData.meanByLength!);
    expect(report.offCodes!.mean).toBeLessThan(straight.offCodes!.mean!);
  });

  it("draws a film strip, and frames that move", async () => {
    const ends = ["--from", "0", "--to", "12", "--frames", "5", "--scale", "4"];
    const { pictures } = await result(...digits, ...ends, "--out", file("strip.png"));
    expect(pictures).toEqual([file("strip.png")]);
    // Five frames of 8 x 8, four times as large, 2 pixels between; the straight way below.
    expect(await sharp(file("strip.png")).metadata()).toMatchObject({
      format: "png",
      width: 5 * 32 + 8,
      height: 2 * 32 + 2,
    });
    for (const ending of ["gif", "webp"]) {
      await result(...digits, ...ends, "--path", "straight", "--out", file(`moves.${ending}`));
      // There and back again.
      expect(await sharp(file(`moves.${ending}`), { animated: true }).metadata()).toMatchObject({
        pages: 8,
        width: 32,
        pageHeight: 32,
      });
    }
    const first = await sharp(file("strip.png"))
      .extract({ left: 0, top: 0, width: 32, height: 32 })
      .raw()
      .toBuffer();
    const last = await sharp(file("strip.png"))
      .extract({ left: 136, top: 0, width: 32, height: 32 })
      .raw()
      .toBuffer();
    const below = await sharp(file("strip.png"))
      .extract({ left: 0, top: 34, width: 32, height: 32 })
      .raw()
      .toBuffer();
    expect(first.equals(below)).toBe(true);
    expect(first.equals(last)).toBe(false);
  });

  it("says what it found in words", async () => {
    const { out } = await run(...digits, "--from", "0", "--to", "12", "--path", "straight");
    expect(out.replace(/\s+/g, " ")).toContain("From row 0 to row 12, the straight path changes unevenly.");
    expect(out).toContain("most like row");
    expect(out).toContain("--path geodesic");
  });

  it.each([
    [["--from", "0"], "--to is missing"],
    [["--from", "0", "--to", "60"], "there are 60"],
    [["--from", "0", "--to", "5", "--path", "geodesic"], "a geodesic needs a decoder"],
    [["--from", "0", "--to", "5", "--out", "strip.png"], "vectors without a decoder are none"],
    [["--from", "0", "--to", "5", "--out", "strip.jpg"], "no ending of a picture"],
  ])("says what is wrong: %o", async (args, message) => {
    const { status, err } = await run(file("ring.npy"), ...args);
    expect(status).toBe(2);
    expect(err.replace(/\s+/g, " ")).toContain(message);
  });
});
