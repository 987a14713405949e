import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/* What a hostile user would try, through the built command line. `npm test` builds it first. */

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const MAIN = join(ROOT, "dist/app/cli/main.js");
const DIGITS = join(ROOT, "examples/digits.npy");
const PCA = join(ROOT, "examples/digits-pca.npy");
/** More than a process with its libraries needs to refuse a file, and far less than any bomb below asks for. */
const MEGABYTES = 200;

const folder = mkdtempSync(join(tmpdir(), "isometer-hostile-"));
afterAll(() => rmSync(folder, { recursive: true }));

const put = (name: string, content: string | Uint8Array) => writeFileSync(join(folder, name), content);
const env = { PATH: process.env.PATH, HOME: process.env.HOME, ISOMETER_THREADS: "1" };

/** Runs the command line; on exit `peak` is its largest resident size in MB (Linux), else 0. */
function isometer(...args: string[]) {
  const peek = `data:text/javascript,${encodeURIComponent(`
    import { readFileSync, writeFileSync } from "node:fs";
    process.on("exit", () => { try {
      writeFileSync(${JSON.stringify(join(folder, "peak"))}, /VmHWM:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]);
    } catch {} });`)}`;
  put("peak", "0");
  const run = spawnSync(process.execPath, ["--import", peek, MAIN, ...args], {
    encoding: "utf8",
    cwd: folder,
    env,
    timeout: 20_000,
  });
  const peak = Number(readPeak()) / 1024;
  return { ...run, peak };
}

function readPeak(): string {
  return spawnSync("cat", [join(folder, "peak")], { encoding: "utf8" }).stdout;
}

function expectRefusal(run: ReturnType<typeof isometer>, message: RegExp): void {
  expect([run.status, run.stdout]).toEqual([2, ""]);
  expect(run.stderr).toMatch(/^isometer: [^\n]+\n {2}[^\n]+\n$/);
  expect(run.stderr).not.toMatch(/ {4}at |internal error|\p{Control}(?<!\n)/u);
  expect(run.stderr).toMatch(message);
  expect(run.peak).toBeLessThan(MEGABYTES);
}

function npy(descr: string, shape: string, body: Uint8Array = new Uint8Array(0)): Buffer {
  const dict = `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117);
  return Buffer.concat([Buffer.from("\x93NUMPY\x01\x00v\x00", "latin1"), Buffer.from(`${dict}\n`), body]);
}

const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);

describe("files that are none", () => {
  beforeAll(() => {
    mkdirSync(join(folder, "folder.npy"));
    spawnSync("mkfifo", [join(folder, "pipe.npy")]);
    put("zero.gz", "");
    put("nothing.npy.gz", gzipSync(""));
    put("object.npy", npy("'|O'", "(3, 2)", new Uint8Array(100)));
    put("complex.npy", npy("'<c8'", "(3, 2)", new Uint8Array(48)));
    put("negative.npy", npy("'<f4'", "(-3, 2)", new Uint8Array(24)));
    put("huge.npy", npy("'<f4'", "(1000000000000000, 64)", new Uint8Array(100)));
    put("huge.npy.gz", gzipSync(npy("'<f4'", "(1000000000, 64)", new Uint8Array(100))));
    put("huge.idx", Buffer.from([0, 0, 8, 3, 127, 255, 255, 255, 127, 255, 255, 255, 127, 255, 255, 255]));
    put("header.npy", Buffer.from("\x93NUMPY\x01\x00\xff\xff", "latin1"));
    put("header.safetensors", Buffer.from("\xff\xff\xff\xff\xff\xff\xff\x7f{", "latin1"));
    put("bomb.npy.gz", gzipSync(new Uint8Array(2 ** 28)));
    put("bomb.csv.gz", gzipSync(new Uint8Array(2 ** 26)));
    put("cut.npz", "PK\x03\x04garbage");
    put("bad.parquet", "PAR1xxxxPAR1");
    put("one.npy", npy("'<f4'", "(1, 2)", floats(1, 2)));
    put("two.npy", npy("'<f4'", "(2, 2)", floats(1, 2, 3, 4)));
    put("nan.npy", npy("'<f4'", "(4, 2)", floats(1, 2, Number.NaN, 4, 5, 6, 7, 8)));
    put("same.npy", npy("'<f4'", "(4, 2)", floats(1, 1, 1, 1, 1, 1, 1, 1)));
    put("\u001b[31mred.npy", "not an array");
    put("数据 ü.npy", "not an array");
  });

  test.each([
    ["pipe.npy", /not a regular file/],
    ["/dev/zero", /not a regular file/],
    ["folder.npy", /the folder folder.npy holds no images/],
    ["zero.gz", /empty \(0 bytes\)/],
    ["nothing.npy.gz", /empty|cut off|npy/],
    ["object.npy", /Python objects[\s\S]*numpy\.save/],
    ["complex.npy", /complex numbers/],
    ["negative.npy", /-3 in the stored shape/],
    ["huge.npy", /cut off: .* announced, 100 bytes there/],
    ["huge.npy.gz", /cut off/],
    ["huge.idx", /cut off/],
    ["header.npy", /a header of 65545 bytes announced/],
    ["header.safetensors", /announces a header/],
    ["bomb.npy.gz", /not an .npy file/],
    ["bomb.csv.gz", /binary data/],
    ["cut.npz", /cut off/],
    ["bad.parquet", /cannot be read as Parquet/],
    ["\u001b[31mred.npy", /red.npy is/],
    ["数据 ü.npy", /数据 ü.npy is/],
    [",", /there is no file ""/],
    [`${DIGITS},${PCA}`, /has 64 columns, .* has 2/],
  ])("%j", (name, message) => {
    expectRefusal(isometer("audit", name, PCA), message);
  });

  test.each([
    ["one.npy", /one.npy has 1 row/],
    ["two.npy", /two.npy has 2 rows/],
    ["nan.npy", /nan.npy has NaN or infinite values in row 1/],
    ["same.npy", /all 4 rows of same.npy are equal/],
  ])("%s against itself", (name, message) => {
    expectRefusal(isometer("audit", name, name), message);
  });
});

describe("options that no data can obey name their flag", () => {
  test.each([
    [["--sample", "99999"], /--sample must be an integer between 2 and 1797, got 99999/],
    [["--n-neighbors", "900"], /--n-neighbors must be below half the number of rows/],
    [["-o", "x.json"], /there is no option -o\n {2}Add --help/],
    [["--json", "/no/such/folder/x.json"], /its folder does not exist\n {2}Make it first: mkdir -p/],
    [["--json", "."], /--json \. is a folder/],
    [["--json", DIGITS], /would overwrite the input/],
  ])("%j", (flags, message) => {
    expectRefusal(isometer("audit", DIGITS, PCA, ...flags), message);
  });

  test("a folder that cannot be written is told before the work", () => {
    mkdirSync(join(folder, "locked"));
    chmodSync(join(folder, "locked"), 0o555);
    const run = isometer("audit", DIGITS, PCA, "--json", "locked/x.json");
    // Root may write everywhere.
    if (process.getuid?.() === 0) expect(run.status).toBe(0);
    else expectRefusal(run, /cannot be written \(EACCES\)/);
  });
});

test("info lists the columns where nothing says which are the vectors", () => {
  put("undecided.csv", "id,x,y\n1,2,3\n2,3,4\n3,5,5\n");
  const { status, stdout, stderr } = isometer("info", "undecided.csv");
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("columns id (decimal), x (decimal), y (decimal)");
  expect(stdout).toContain('--vector "x,y"');
});
