import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Host } from "../../src/app/cli/host.ts";
import { runCommandLine } from "../../src/app/cli/run.ts";
import { rng, row, rowsFromMatrix } from "../../src/base/index.ts";
import { writeRows } from "../../src/data/index.ts";
import { readMatrix } from "../../src/index.ts";
import { anomaliesSchema } from "../../src/jobs/schema-anomalies.ts";
import { conformalPValues, fitDetector, scoreRows } from "../../src/spaces/anomalies/index.ts";
import { testHost } from "../app/host.ts";
import { gaussian, mapMatrix } from "../matrices.ts";

const folder = mkdtempSync(join(tmpdir(), "isometer-anomalies-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string) => join(folder, name);
const example = (name: string) => `examples/${name}`;
const models = ["--encoder", example("digits-encoder.onnx"), "--decoder", example("digits-decoder.onnx")];

const normal = gaussian(rng(1), 1200, 3);
const points = gaussian(rng(2), 600, 3);
const far = [9, 9, 9];

async function run(args: readonly string[], change: Partial<Host> = {}) {
  const host = { ...testHost(), ...change };
  const status = await runCommandLine(["anomalies", ...args, "--threads", "1"], host);
  return { status, ...(host as ReturnType<typeof testHost>).written };
}

/** Runs with some text on standard input, cut into chunks of so many bytes. */
async function stream(text: string, args: readonly string[], change: Partial<Host> = {}, chunk = 1000) {
  const bytes = Buffer.from(text);
  const chunks = Array.from({ length: Math.ceil(bytes.length / chunk) }, (_, i) =>
    bytes.subarray(i * chunk, (i + 1) * chunk),
  );
  const found = await run([...args, "--stream"], { stdin: () => Readable.from(chunks), ...change });
  const said = found.out.split("\n").filter(Boolean);
  return { ...found, said: said.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

beforeAll(async () => {
  await writeRows(file("normal.npy"), rowsFromMatrix(normal), {});
  // Codes are the rows, but twenty times as large where the first column is: there others lie, all of them strange.
  const isPulled = (at: number) => normal.data[at - (at % 3)]! > 0.5;
  const codes = normal.data.map((value, at) => (isPulled(at) ? 20 * value : value));
  await writeRows(file("codes.npy"), rowsFromMatrix({ ...normal, data: codes }), {});
  const odd = mapMatrix(points, (value, k) => (k === 0 ? 60 + value : value));
  await writeRows(file("odd.npy"), rowsFromMatrix(odd), {});
  const { status } = await run([file("normal.npy"), file("normal.npy"), "--detector", file("detector.json")]);
  expect(status).toBe(0);
});

describe("isometer anomalies --stream", () => {
  it("answers every line with the score and p-value that the row has in a file, across chunks", async () => {
    const lines = Array.from({ length: 600 }, (_, i) => {
      const vector = Array.from(row(points, i));
      return JSON.stringify(i % 2 === 0 ? vector : { id: `é${i}`, vector });
    });
    const { status, said, err } = await stream(
      `${[...lines, JSON.stringify(far)].join("\n")}`,
      [file("detector.json")],
      {},
      333,
    );
    expect(status).toBe(0);
    const detector = await fitDetector(normal, { threads: 1 });
    const scores = await scoreRows(detector, points, { threads: 1 });
    const pValues = conformalPValues(detector.calibration!, scores);
    expect(said).toHaveLength(601);
    for (const i of [0, 1, 255, 256, 599]) {
      const id = i % 2 === 0 ? {} : { id: `é${i}` };
      expect(said[i]).toEqual({
        line: i + 1,
        ...id,
        score: scores[i],
        pValue: pValues[i],
        isFlagged: expect.any(Boolean),
      });
      expect(said[i]!.isFlagged).toBe(pValues[i]! <= 0.05);
    }
    expect(said[600]).toMatchObject({ isFlagged: true });
    expect(err).toContain("of 601 rows that came");
  });

  it("fits to normal rows first, where there is no detector yet", async () => {
    const { said } = await stream(`${JSON.stringify(far)}\n`, [file("normal.npy")]);
    expect(said).toEqual([
      { line: 1, score: expect.any(Number), pValue: expect.any(Number), isFlagged: true },
    ]);
  });

  const broken = [
    JSON.stringify(far),
    "",
    "no json",
    "[1,2]",
    '{"id":3}',
    '{"id":4,"vector":[1,2,"3"]}',
    "[1,2,1e99]",
    "null",
    "[0,0,0]",
  ];

  it("says of a bad line what is wrong with it, and goes on", async () => {
    const { status, said, err } = await stream(broken.join("\r\n"), [file("detector.json")]);
    expect(status).toBe(0);
    const errors = said.filter((one) => "error" in one);
    expect(said.map((one) => one.line)).toEqual([1, 3, 4, 5, 6, 7, 8, 9]);
    expect(errors.map(({ line }) => line)).toEqual([3, 4, 5, 6, 7, 8]);
    expect(errors[0]).toEqual({ line: 3, error: "bad-value", message: "line 3: it is no JSON" });
    expect(errors[3]).toMatchObject({ id: 4, message: 'line 6: number 2 of its vector is "3"' });
    expect(said.at(-1)).toMatchObject({ line: 9, isFlagged: false });
    expect(err).toContain("6 lines of 9 held no row");
  });

  it("stops there with --strict, what came before answered", async () => {
    const { status, said, err } = await stream(broken.join("\n"), [file("detector.json"), "--strict"]);
    expect([status, said.length]).toEqual([2, 1]);
    expect(err).toContain("line 3: it is no JSON");
  });

  it("writes no faster than it is read", async () => {
    const log: string[] = [];
    let go = () => {};
    const stdout = {
      write: () => {
        log.push("write");
        setTimeout(() => go(), 20);
        return false;
      },
      once: (_: "drain", listener: () => void) => {
        go = () => {
          log.push("drain");
          listener();
        };
      },
    };
    const text = `${JSON.stringify(far)}\n`.repeat(400);
    const { status } = await stream(text, [file("detector.json")], { stdout }, text.length);
    expect(status).toBe(0);
    // 400 lines at once are answered in two parts.
    expect(log).toEqual(["write", "drain", "write", "drain"]);
  });

  it("ends when asked to, with what had come answered", async () => {
    const controller = new AbortController();
    const never = new Readable({ read() {} });
    never.push(`${JSON.stringify(far)}\n`);
    const host = testHost({ signal: controller.signal });
    const stdout = {
      write: (text: string) => {
        host.stdout.write(text);
        setTimeout(() => controller.abort(), 10);
        return true;
      },
    };
    const status = await runCommandLine(["anomalies", file("detector.json"), "--stream", "--threads", "1"], {
      ...host,
      stdin: () => never,
      stdout,
    });
    expect(status).toBe(130);
    expect(host.written.out).toContain('"isFlagged":true');
    expect(never.destroyed).toBe(true);
  });

  it("refuses what it cannot do", async () => {
    const refused = async (text: string, args: readonly string[], change: Partial<Host> = {}) => {
      const { status, err } = await run([...args], change);
      expect([status, err.replace(/\s+/g, " ")]).toEqual([2, expect.stringContaining(text)]);
    };
    await refused("there is none here", [file("detector.json"), "--stream"]);
    const stdin = () => Readable.from([]);
    await refused("does not go with --out", [file("detector.json"), "--stream", "--out", file("x.csv")], {
      stdin,
    });
    await refused("is one more", [file("detector.json"), file("normal.npy"), "--stream"], { stdin });
    await refused("goes with --stream", [file("detector.json"), file("normal.npy"), "--strict"]);
  });
});

describe("isometer anomalies with a decoder", () => {
  const json = async (...args: string[]) => {
    const { status, out, err } = await run([...args, "--json", "-"]);
    expect({ status, err }).toEqual({ status: 0, err: "" });
    return anomaliesSchema.parse(JSON.parse(out));
  };

  it("joins the ensemble by what does not come back, and says in which pixels; the detector wants its models again", async () => {
    const digits = await readMatrix(example("digits.npy"));
    const blots = mapMatrix({ ...digits, data: digits.data.slice(0, 30 * 64), rows: 30 }, (value, k) =>
      k === 0 || k === 56 ? 16 : value,
    );
    await writeRows(file("blots.npy"), rowsFromMatrix(blots), {});
    const result = await json(
      example("digits.npy"),
      file("blots.npy"),
      ...models,
      "--detector",
      file("digits.json"),
    );
    expect(result.options).toMatchObject({
      method: "ensemble",
      members: ["knn 1", "knn 5", "knn 20", "mahalanobis", "residual", "decoderStretch"],
    });
    expect(result.flagged).toBe(30);
    for (const { members } of result.strangest) {
      const { dimensions } = members.find(({ name }) => name === "residual")!;
      expect(
        dimensions
          .slice(0, 2)
          .map(({ dimension }) => dimension)
          .sort((a, b) => a - b),
      ).toEqual([0, 56]);
    }
    const again = await json(file("digits.json"), file("blots.npy"), ...models);
    expect(again.strangest).toEqual(result.strangest);
    const { status, err } = await run([file("digits.json"), file("blots.npy")]);
    expect([status, err]).toEqual([2, expect.stringContaining("--encoder and --decoder")]);
    const line = JSON.stringify(Array.from(row(blots, 0)));
    const { said } = await stream(`${line}\n`, [file("digits.json"), ...models]);
    expect(said[0]).toMatchObject({ line: 1, isFlagged: true });
    const first = result.strangest.find((own) => own.row === 0);
    if (first) expect(said[0]!.score).toBe(first.score);
  });

  it("looks at codes by the decoder alone", async () => {
    const latent = example("digits-latent.npy");
    const { options, flagged, rows } = await json(
      latent,
      latent,
      "--decoder",
      models[3]!,
      "--method",
      "geometry",
    );
    expect(options.members).toEqual(["decoderStretch"]);
    // Of the normal rows themselves about a twentieth.
    expect(flagged / rows).toBeGreaterThan(0.02);
    expect(flagged / rows).toBeLessThan(0.08);
  });

  it.each([
    [["--encoder", models[1]!], "--encoder needs --decoder"],
    [["--method", "geometry"], "needs --decoder"],
    [["--method", "knn", ...models], "does not look at --decoder"],
  ])("says what is missing: %o", async (args, message) => {
    const { status, err } = await run([example("digits.npy"), example("digits.npy"), ...args]);
    expect([status, err.replace(/\s+/g, " ")]).toEqual([2, expect.stringContaining(message)]);
  });
});

describe("isometer anomalies --original", () => {
  const warned = async (points: string, ...args: string[]) => {
    const { out } = await run([file("codes.npy"), file(points), ...args, "--json", "-"]);
    const { warnings, strangest } = anomaliesSchema.parse(JSON.parse(out));
    return { codes: warnings.map(({ code }) => code), scale: strangest[0]!.latentScale };
  };

  it("warns where flagged rows lie in a distorted part of the latent space, and not elsewhere", async () => {
    const { codes, scale } = await warned("odd.npy", "--original", file("normal.npy"));
    expect(codes).toContain("latent-distorted");
    expect(scale).toBeGreaterThan(2);
    expect(await warned("odd.npy")).toEqual({ codes: [], scale: null });
    const { out } = await run([
      file("normal.npy"),
      file("odd.npy"),
      "--original",
      file("normal.npy"),
      "--json",
      "-",
    ]);
    expect(anomaliesSchema.parse(JSON.parse(out)).warnings).toEqual([]);
  });

  it("goes with normal rows", async () => {
    const { status, err } = await run([
      file("detector.json"),
      file("odd.npy"),
      "--original",
      file("normal.npy"),
    ]);
    expect([status, err]).toEqual([2, expect.stringContaining("is a detector")]);
  });
});
