import { type SpawnSyncReturns, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { auditSchema, demoSchema, infoSchema, makeSchema } from "../../src/jobs/schema.ts";

/* The built command line as a process: `npm test` builds it first. */

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const MAIN = join(ROOT, "dist/app/cli/main.js");
const DIGITS = join(ROOT, "examples/digits.npy");
const PCA = join(ROOT, "examples/digits-pca.npy");
const LABELS = join(ROOT, "examples/digits-labels.npy");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "isometer-process-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const env = { PATH: process.env.PATH, HOME: process.env.HOME, ISOMETER_THREADS: "1" };

function isometer(...args: string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8", cwd: folder, env });
}

describe("an audit of the digits", () => {
  test("prints a report, no escape codes, exit 0", () => {
    const { status, stdout, stderr } = isometer("audit", DIGITS, PCA, "--labels", LABELS);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("trustworthiness");
    expect(stdout).toContain("10 classes in");
    expect(stdout).not.toContain("\u001b");
  });

  test("as JSON fits the schema, labels the worst points and repeats to the byte", () => {
    const once = isometer("audit", DIGITS, PCA, "--labels", LABELS, "--json", "-");
    expect([once.status, once.stderr]).toEqual([0, ""]);
    const result = auditSchema.parse(JSON.parse(once.stdout));
    expect(result).toMatchObject({
      rows: 1797,
      labels: { classes: 10 },
      options: { sample: "exact", seed: 0 },
    });
    expect(result.inputs.map(({ role, rows, cols }) => [role, rows, cols])).toEqual([
      ["original", 1797, 64],
      ["latent", 1797, 2],
    ]);
    // DESIGN.md and issue 2: .36807 for PCA-2 of digits.
    expect(result.scores.stress?.value).toBeCloseTo(0.36807, 4);
    expect(result.witnesses.points.every(({ label }) => /^\d$/.test(label ?? ""))).toBe(true);
    const timeless = (text: string) => text.replace(/"seconds": [\d.]+/, "");
    const again = isometer("audit", DIGITS, PCA, "--labels", LABELS, "--json", "-");
    expect(timeless(again.stdout)).toBe(timeless(once.stdout));
  });

  test("fails its gates with exit 3 after the report", () => {
    const gates = ["--fail-under", "trustworthiness=0.99", "--fail-over", "stretch=1000"];
    const { status, stdout, stderr } = isometer(
      "audit",
      DIGITS,
      PCA,
      "--baseline",
      "none",
      "--achievable",
      "none",
      ...gates,
    );
    expect(status).toBe(3);
    expect(stdout).toMatch(/FAILED trustworthiness .* is under 0.99/);
    expect(stdout).toMatch(/passed stretch .* is not over 1000/);
    expect(stderr).toMatch(/^isometer: gate failed: trustworthiness 0\.\d+ is under 0\.99\n$/);
  });

  test("by a part of the rows and a sample says so", () => {
    const { status, stdout } = isometer(
      "audit",
      DIGITS,
      PCA,
      "--rows",
      "0:500",
      "--sample",
      "100",
      "--json",
      "-",
    );
    expect(status).toBe(0);
    const result = auditSchema.parse(JSON.parse(stdout));
    expect(result).toMatchObject({ rows: 500, options: { sample: 100, rows: "0:500" } });
    expect(result.scores.trustworthiness).toMatchObject({
      exact: false,
      sampled: { kind: "anchors", m: 100 },
    });
  });
});

test("the demo ends with a comparison, and its JSON fits the schema", () => {
  const { status, stdout, stderr } = isometer("demo");
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout.slice(stdout.lastIndexOf("Comparison"))).toMatch(/PCA +t-SNE +UMAP/);
  const json = isometer("demo", "--json", "-");
  expect(demoSchema.parse(JSON.parse(json.stdout)).audits.map(({ name }) => name)).toEqual([
    "PCA",
    "t-SNE",
    "UMAP",
  ]);
});

describe("make and info", () => {
  test("make writes a space with its truth, refuses to overwrite, obeys --force", () => {
    const args = ["make", "swiss-roll", "--rows", "300", "--out", "roll.npy"];
    const made = isometer(...args, "--json", "-");
    expect([made.status, made.stderr]).toEqual([0, ""]);
    expect(makeSchema.parse(JSON.parse(made.stdout))).toMatchObject({
      out: { path: "roll.npy", rows: 300, cols: 3 },
      truth: { path: "roll.truth.npy", rows: 300, cols: 2 },
    });
    const before = readFileSync(join(folder, "roll.npy"));
    const refused = isometer(...args);
    expect([refused.status, refused.stdout]).toEqual([2, ""]);
    expect(refused.stderr).toMatch(/^isometer: roll(\.truth)?\.npy exists already\n {2}.*--force/);
    expect(isometer(...args, "--force").status).toBe(0);
    expect(readFileSync(join(folder, "roll.npy")).equals(before)).toBe(true);
    expect(isometer("audit", "roll.npy", "roll.truth.npy").status).toBe(0);
  });

  test("info lists problems and exits 0", () => {
    writeFileSync(join(folder, "bad.csv"), "x,y\n1,2\nnan,2\n1,2\n0,2\n");
    const { status, stdout } = isometer("info", "bad.csv", "--json", "-");
    expect(status).toBe(0);
    const { problems, columns } = infoSchema.parse(JSON.parse(stdout));
    expect(columns).toEqual([{ name: "x" }, { name: "y" }]);
    expect(problems.map(({ code }) => code)).toEqual(["non-finite", "duplicate-rows", "constant-columns"]);
    expect(isometer("info", "bad.csv").stdout).toContain("3 problems");
  });
});

describe("bad files are exit 2, one line and a hint, no stack", () => {
  const write = (name: string, content: string | Uint8Array) => writeFileSync(join(folder, name), content);
  beforeAll(() => {
    write("empty.npy", "");
    write("text.npy", "this is no array at all, whatever its name says");
    write("cut.npy", readFileSync(DIGITS));
    truncateSync(join(folder, "cut.npy"), 50_000);
    const dict = "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000000, 64), }".padEnd(117);
    write(
      "huge.npy",
      Buffer.concat([
        Buffer.from([0x93]),
        Buffer.from("NUMPY\u0001\u0000v\u0000", "latin1"),
        Buffer.from(`${dict}\n`),
      ]),
    );
    write("ragged.csv", "1,2,3\n4,5\n");
    write("words.csv", "a,b\n1,2\n3,four\n");
    write("one.csv", "a,b\n1,2\n");
  });

  test.each([
    ["empty.npy", PCA],
    ["text.npy", PCA],
    ["cut.npy", PCA],
    ["huge.npy", PCA],
    ["ragged.csv", PCA],
    ["words.csv", PCA],
    ["one.csv", "one.csv"],
    ["nothing-here.npy", PCA],
    [".", PCA],
    [DIGITS, LABELS.replace("labels", "nothing")],
    [DIGITS, "one.csv"],
    ["bad\nname.npy", PCA],
  ])("%s against %s", (original, latent) => {
    const { status, stdout, stderr } = isometer("audit", original, latent);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^isometer: [^\n]+\n( {2}[^\n]+\n)?$/);
    expect(stderr).not.toMatch(/ {4}at |internal error/);
  });

  test.each([
    [["--n-neighbors", "2000"]],
    [["--rows", "5:2"]],
    [["--rows", "abc"]],
    [["--sample", "99999"]],
    [["--labels", "no-such-labels.npy"]],
    [["--image-size", "0x0"]],
    [["--provider", "cude"]],
    [["--vector", "x"]],
    [["--latent-vector", "x"]],
    [["--id", "x"]],
    [["--image-size", "8x8"]],
  ])("%j", (flags) => {
    const { status, stderr } = isometer("audit", DIGITS, PCA, ...flags);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^isometer: [^\n]+\n( {2}[^\n]+\n)?$/);
  });
});

describe("a good neighbour in a shell", () => {
  const shell = (command: string) =>
    spawnSync("bash", ["-c", `set -o pipefail; ${command}`], { encoding: "utf8", cwd: folder, env });

  test.each(["audit --help", `audit '${DIGITS}' '${PCA}' --rows 0:300 --json -`])(
    "%s | head -n 1 is quiet",
    (args) => {
      const { status, stderr, stdout } = shell(`'${process.execPath}' '${MAIN}' ${args} | head -n 1`);
      expect([status, stderr]).toEqual([0, ""]);
      expect(stdout.split("\n")).toHaveLength(2);
    },
  );

  test("a reader that never reads is no error", () => {
    expect(
      shell(`'${process.execPath}' '${MAIN}' audit '${DIGITS}' '${PCA}' --rows 0:300 | true`),
    ).toMatchObject({ stderr: "" });
  });

  test("Ctrl-C stops with a message and exit 130", async () => {
    const made = isometer("make", "gaussian", "--rows", "60000", "--cols", "128", "--out", "big.npy");
    expect(made.status).toBe(0);
    const child = spawn(process.execPath, [MAIN, "audit", "big.npy", "big.npy", "--exact"], {
      cwd: folder,
      env,
    });
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    setTimeout(() => child.kill("SIGINT"), 2500);
    const status = await new Promise((resolve) => child.on("exit", resolve));
    expect(status).toBe(130);
    expect(stderr).toMatch(
      /^isometer: about [^\n]+ for 60,000 rows on \d+ threads?\n(isometer: stopping; Ctrl-C again kills\n)?isometer: stopped before the work was done\n$/,
    );
  });
});
