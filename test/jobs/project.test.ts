import { spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommandLine } from "../../src/app/cli/run.ts";
import { gatherRows, type Matrix, matrix, rng, rowsFromMatrix } from "../../src/base/index.ts";
import { writeRows } from "../../src/data/index.ts";
import { toOnnx } from "../../src/graph/index.ts";
import { auditSchema } from "../../src/jobs/schema.ts";
import { initSchema, refreshSchema, statusSchema } from "../../src/jobs/schema-project.ts";
import { testHost } from "../app/host.ts";
import { gaussian, mapMatrix } from "../matrices.ts";

const root = realpathSync(mkdtempSync(join(tmpdir(), "isometer-projects-")));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const file = (...parts: string[]) => join(root, ...parts);

const ROWS = 60;
const original = gaussian(rng(1), ROWS, 5);
const firstColumns = (from: Matrix, cols: number): Matrix =>
  matrix(
    Float32Array.from({ length: ROWS * cols }, (_, p) => from.data[Math.floor(p / cols) * 5 + (p % cols)]!),
    ROWS,
    cols,
  );
const latent = firstColumns(original, 2);
const all = Array.from({ length: ROWS }, (_, i) => i);

beforeAll(async () => {
  await writeRows(file("x.npy"), rowsFromMatrix(original));
  await writeRows(file("z.npy"), rowsFromMatrix(latent));
  await writeRows(file("wide.npy"), rowsFromMatrix(firstColumns(original, 3)));
  await writeRows(file("short.npy"), rowsFromMatrix(gatherRows(latent, [0, 1, 2])));
  writeFileSync(file("y.txt"), all.map((i) => `class ${i % 3}\n`).join(""));
  writeFileSync(file("y.csv"), `row,kind\n${all.map((i) => `${i},${i % 2}\n`).join("")}`);
});

async function run(...args: string[]) {
  const host = testHost();
  const status = await runCommandLine(args, host);
  return { status, ...host.written };
}

async function json(...args: string[]): Promise<unknown> {
  const { status, out, err } = await run(...args, "--json", "-");
  expect({ status, err }).toEqual({ status: 0, err: "" });
  return JSON.parse(out);
}

const init = async (...args: string[]) => initSchema.parse(await json("init", ...args));
const status = async (dir: string) => statusSchema.parse(await json("status", dir));
const refresh = async (dir: string, ...args: string[]) =>
  refreshSchema.parse(await json("refresh", dir, "--threads", "1", ...args));

async function refused(...args: string[]): Promise<string> {
  const { status, out, err } = await run(...args);
  expect({ status, out }).toEqual({ status: 2, out: "" });
  return err;
}

const manifest = (dir: string) => JSON.parse(readFileSync(join(dir, "isometer.json"), "utf8"));
const edit = (dir: string, change: (manifest: ReturnType<typeof JSON.parse>) => void) => {
  const now = manifest(dir);
  change(now);
  writeFileSync(join(dir, "isometer.json"), JSON.stringify(now));
};
const keptAudit = (dir: string, name: string) =>
  JSON.parse(readFileSync(join(dir, "results", `audit-${name}.json`), "utf8"));

/** A folder with an original and a latent in it, that is a project. */
async function project(name: string): Promise<string> {
  const dir = file(name);
  mkdirSync(dir);
  for (const each of ["x.npy", "z.npy"]) cpSync(file(each), join(dir, each));
  await init(dir, "--original", join(dir, "x.npy"), "--latent", join(dir, "z.npy"));
  return dir;
}

describe("isometer init", () => {
  it("makes a project of files, in the folder and outside of it, and copies none", async () => {
    const dir = file("made");
    mkdirSync(dir);
    cpSync(file("z.npy"), join(dir, "z.npy"));
    const result = await init(
      dir,
      "--original",
      file("x.npy"),
      "--latent",
      join(dir, "z.npy"),
      "--metric",
      "cosine",
    );
    expect(result).toMatchObject({ made: true, project: { path: dir, name: "made" } });
    expect(
      result.entries.map(({ kind, name, state, files, outside }) => [kind, name, state, files, outside]),
    ).toEqual([
      ["originals", "x", "added", [file("x.npy")], true],
      ["latents", "z", "added", ["z.npy"], false],
    ]);
    const [x] = manifest(dir).originals;
    expect(x).toMatchObject({ metric: "cosine", rows: ROWS, cols: 5, version: 1 });
    expect(manifest(dir).latents[0]).toMatchObject({ metric: "euclidean", of: "x", cols: 2 });
    expect(readdirSync(dir).sort()).toEqual(["isometer.json", "z.npy"]);
  });

  it("says the same twice and changes nothing; says less and forgets nothing", async () => {
    const dir = await project("twice");
    const args = [dir, "--original", join(dir, "x.npy"), "--latent", `${dir}/z.npy`];
    const before = readFileSync(join(dir, "isometer.json"), "utf8");
    const again = await init(...args);
    expect(again.made).toBe(false);
    expect(again.entries.map(({ state }) => state)).toEqual(["unchanged", "unchanged"]);
    await init(dir);
    expect(readFileSync(join(dir, "isometer.json"), "utf8")).toBe(before);
    // Control: another metric is another entry of the same name.
    expect((await init(...args, "--latent-metric", "cosine")).entries.map(({ state }) => state)).toEqual([
      "unchanged",
      "changed",
    ]);
    await init(...args);
    expect(manifest(dir).latents[0].metric).toBe("cosine");
  });

  it("copies when asked, whole, and not twice", async () => {
    const dir = file("copied");
    const args = [
      dir,
      "--original",
      file("x.npy"),
      "--latent",
      `small=${file("z.npy")}`,
      "--copy",
      "--name",
      "mine",
    ];
    await init(...args);
    expect(manifest(dir)).toMatchObject({
      name: "mine",
      originals: [{ name: "x", file: "originals/x.npy" }],
      latents: [{ name: "small", file: "latents/small.npy" }],
    });
    expect(readFileSync(join(dir, "latents/small.npy"))).toEqual(readFileSync(file("z.npy")));
    const before = manifest(dir);
    expect((await init(...args)).entries.map(({ state }) => state)).toEqual(["unchanged", "unchanged"]);
    expect(manifest(dir)).toEqual(before);
    // What was outside is copied later, too.
    await init(file("later"), "--original", file("x.npy"));
    expect((await init(file("later"), "--original", "x", "--copy")).entries).toMatchObject([
      { state: "moved", files: ["originals/x.npy"], outside: false },
    ]);
    // A command that was killed after it had copied.
    rmSync(join(dir, "isometer.json"));
    await init(...args);
    expect(manifest(dir)).toEqual(before);
  });

  it("refuses a name that stands for other content, with the next step", async () => {
    const dir = await project("taken");
    const before = manifest(dir);
    expect(await refused("init", dir, "--latent", `z=${file("wide.npy")}`)).toBe(
      `isometer: ${file("wide.npy")} is not what is recorded as z\n  Name it apart: --latent NAME=${file("wide.npy")}\n`,
    );
    cpSync(file("wide.npy"), join(dir, "z.npy"));
    expect(await refused("init", dir, "--latent", join(dir, "z.npy"))).toContain(
      `z.npy has changed since it was recorded as z, version 1\n  Take it as a new version: isometer refresh ${dir}; or name it apart`,
    );
    expect(manifest(dir)).toEqual(before);
    await init(dir, "--latent", `wide=${file("wide.npy")}`);
    expect(manifest(dir).latents.map(({ name }: { name: string }) => name)).toEqual(["z", "wide"]);
  });

  it("finds a file that was moved when it is given again", async () => {
    const dir = await project("moved");
    mkdirSync(join(dir, "old"));
    renameSync(join(dir, "z.npy"), join(dir, "old", "codes.npy"));
    const lost = await status(dir);
    expect(lost.contents.map(({ name, state }) => [name, state])).toEqual([
      ["x", "as recorded"],
      ["z", "lost"],
    ]);
    expect(lost.next[0]!.command).toBe(`isometer init ${dir} --latent z=FILE`);
    const { entries } = await init(dir, "--latent", `z=${join(dir, "old", "codes.npy")}`);
    expect(entries).toMatchObject([{ name: "z", state: "moved", files: ["old/codes.npy"] }]);
    expect((await status(dir)).contents.every(({ state }) => state === "as recorded")).toBe(true);
  });

  it("keeps labels, maps and stores beside the spaces", async () => {
    const dir = await project("all");
    writeFileSync(file("m.onnx"), toOnnx({ outputs: {} }, "m", { "isometer.method": "pca" }));
    const args = [
      dir,
      "--labels",
      `${file("y.csv")}:kind`,
      "--map",
      file("m.onnx"),
      "--latent",
      join(dir, "z.npy"),
    ];
    await init(...args, "--store", "prod=postgres://me@host/db?table=t", "--store", join(dir, "vectors"));
    expect(manifest(dir)).toMatchObject({
      labels: [{ name: "y", column: "kind", of: "x" }],
      maps: [{ name: "m", method: "pca" }],
      latents: [{ name: "z", map: "m" }],
      stores: [
        { name: "prod", address: "postgres://me@host/db?table=t" },
        { name: "vectors", address: "vectors" },
      ],
    });
  });

  it("takes what is there by its name, and tells several originals apart", async () => {
    const dir = await project("names");
    await init(dir, "--original", file("wide.npy"));
    const two = ["--latent", `two=${file("z.npy")}`];
    expect(await refused("init", dir, ...two)).toContain(
      "has several originals: x, wide\n  Say of which: --original NAME",
    );
    await init(dir, ...two, "--original", "wide");
    expect((await init(dir, "--original", "x", "--metric", "manhattan")).entries).toMatchObject([
      { kind: "originals", name: "x", state: "changed" },
    ]);
    await init(dir, "--latent", "two", "--latent-metric", "cosine");
    expect(manifest(dir)).toMatchObject({
      originals: [
        { name: "x", metric: "manhattan" },
        { name: "wide", metric: "euclidean" },
      ],
      latents: [
        { name: "z", of: "x", metric: "euclidean" },
        { name: "two", of: "wide", metric: "cosine" },
      ],
    });
  });

  it("refuses settings that nothing obeys", async () => {
    const dir = await project("ignored");
    for (const [flag, value] of [
      ["metric", "cosine"],
      ["latent-metric", "cosine"],
      ["vector", "v"],
      ["id", "doc"],
    ]) {
      expect(await refused("init", dir, `--${flag}`, value!)).toContain(
        `--${flag} ${value} is about no file`,
      );
    }
    expect(await refused("init", dir, "--latent", "z", "--vector", "v")).toContain(
      "--vector v is about no file",
    );
  });

  it.each<[what: string, args: string[], error: string]>([
    ["a latent of other rows", ["--latent", "short.npy"], "short has 3 rows, its original x has 60"],
    ["labels of other rows", ["--labels", "short.txt"], "short.txt has 2 labels"],
    ["a latent without an original", ["--latent", "z.npy"], "has no original yet"],
    ["a file that is not there", ["--original", "nothing.npy"], "there is no file"],
    [
      "two files of one name",
      ["--original", "x.npy", "--latent", "z=z.npy", "--latent", "z=wide.npy"],
      "two files are to be called z",
    ],
    ["a name that is none", ["--original", "a b=x.npy"], '"a b" cannot be the name of'],
    ["a map that is none", ["--map", "y.txt"], "y.txt"],
    ["a password", ["--store", "postgres://me:secret@host/db"], "a password or a key"],
  ])("refuses %s, and leaves no project", async (what, args, error) => {
    const dir = file(what.replaceAll(" ", "-"));
    writeFileSync(file("short.txt"), "a\nb\n");
    const isAlone =
      ["a latent without an original", "a file that is not there"].includes(what) || args[0] === "--original";
    const given = [...(isAlone ? [] : ["--original", "x.npy"]), ...args];
    const placed = given.map((arg) => arg.replace(/[\w.]+\.(npy|txt)$/, (name) => file(name)));
    const err = await refused("init", dir, ...placed, "--copy");
    expect(err).toContain(error);
    expect(err).not.toContain("secret");
    expect(existsSync(dir)).toBe(false);
  });

  it("joins rows by id where there are ids, of which there may be fewer", async () => {
    const dir = file("ids");
    const few = all.filter((i) => i % 5 !== 0).reverse();
    const docs = (rows: readonly number[]) => ({ columns: { doc: rows.map((row) => `d${row}`) } });
    await writeRows(file("x.parquet"), rowsFromMatrix(original), docs(all));
    await writeRows(file("few.parquet"), rowsFromMatrix(gatherRows(latent, few)), docs(few));
    const args = ["init", dir, "--original", file("x.parquet"), "--latent", file("few.parquet")];
    expect(await refused(...args)).toContain("few has 48 rows");
    await init(...args.slice(1), "--id", "doc");
    await refresh(dir);
    expect(keptAudit(dir, "few").result.rows).toBe(48);
    edit(dir, (now) => {
      now.audit.nNeighbors = 24;
    });
    expect(await refused("refresh", dir)).toContain(
      "few could not be audited: audit.nNeighbors in isometer.json must be below half the number of rows (48), got 24",
    );
  });

  it("reports in words", async () => {
    const dir = file("words");
    const { out } = await run("init", dir, "--original", file("x.npy"), "--latent", file("z.npy"));
    expect(out).toMatch(/Made project words, 2 entries written\n {2}in .*words, /);
    expect(out).toMatch(/latent +z +added +outside: .*z\.npy\n/);
  });
});

describe("isometer refresh and status", () => {
  /** A copy of a project whose audit is up to date: the first time is measured, then that is copied. */
  async function measured(name: string): Promise<string> {
    const first = file("measured");
    if (!existsSync(first)) await refresh(await project("measured"));
    cpSync(first, file(name), { recursive: true });
    return file(name);
  }

  it("measure what was not, as isometer audit does, and then nothing", async () => {
    const dir = await project("fresh");
    expect((await status(dir)).audits).toMatchObject([{ latent: "z", state: "none", scores: null }]);
    const first = await refresh(dir);
    expect(first.audits).toMatchObject([
      { latent: "z", original: "x", state: "measured", result: "audit-z" },
    ]);
    const audit = auditSchema.parse(
      await json("audit", join(dir, "x.npy"), join(dir, "z.npy"), "--threads", "1"),
    );
    const { result } = keptAudit(dir, "z");
    expect(auditSchema.parse(result).scores).toEqual(audit.scores);
    expect(first.audits[0]!.scores).toEqual({
      trustworthiness: audit.scores.trustworthiness!.value,
      stretch: audit.scores.stretch!.value,
    });
    const before = readFileSync(join(dir, "results", "audit-z.json"), "utf8");
    expect((await refresh(dir)).audits).toMatchObject([{ latent: "z", state: "current" }]);
    expect(readFileSync(join(dir, "results", "audit-z.json"), "utf8")).toBe(before);
    const now = await status(dir);
    expect(now.audits).toMatchObject([{ state: "current", why: [], scores: first.audits[0]!.scores }]);
    expect(now.next).toEqual([]);
    // Again: the same, but for the seconds.
    expect((await refresh(dir, "--again")).audits[0]!.why).toEqual(["--again"]);
    const seconds = /"seconds": [\d.]+/;
    expect(readFileSync(join(dir, "results", "audit-z.json"), "utf8").replace(seconds, "")).toBe(
      before.replace(seconds, ""),
    );
  });

  it("know what is stale: by content, by settings, by labels; not by time or place", async () => {
    const dir = await measured("stale");
    const why = async () => (await status(dir)).audits[0]!.why;
    cpSync(join(dir, "z.npy"), file("kept.npy"));
    cpSync(file("kept.npy"), join(dir, "z.npy"));
    expect(await why()).toEqual([]);

    await writeRows(join(dir, "z.npy"), rowsFromMatrix(firstColumns(original, 3)));
    expect(await why()).toEqual(["latent z has changed"]);
    const taken = await refresh(dir);
    expect(taken.taken).toEqual([{ kind: "latents", name: "z", version: 2 }]);
    expect(manifest(dir).latents[0]).toMatchObject({ version: 2, cols: 3 });
    expect(keptAudit(dir, "z").inputs[1]).toMatchObject({ kind: "latents", name: "z", version: 2 });
    expect(await why()).toEqual([]);

    edit(dir, (now) => {
      now.latents[0].metric = "cosine";
      now.audit.nNeighbors = 7;
    });
    expect(await why()).toEqual(["latentMetric was euclidean, is cosine", "nNeighbors was 15, is 7"]);
    await init(dir, "--labels", file("y.txt"));
    expect((await why())[0]).toBe("labels y came since");
    await refresh(dir);
    expect(keptAudit(dir, "z").result.options).toMatchObject({ nNeighbors: 7, latentMetric: "cosine" });
    expect(keptAudit(dir, "z").result.labels).toEqual({ from: file("y.txt"), classes: 3 });
    edit(dir, (now) => {
      now.labels = [];
    });
    expect(await why()).toEqual(["labels y is not in the project any more"]);

    rmSync(join(dir, "results", "audit-z.json"));
    expect((await status(dir)).audits[0]).toMatchObject({
      state: "none",
      why: ["its result is there no more"],
    });
    writeFileSync(join(dir, "results", "audit-z.json"), "{}");
    expect(await why()).toEqual([expect.stringContaining("audit-z.json: schema: ")]);
  });

  it("go on where the folder was moved or copied", async () => {
    const dir = await measured("before");
    const after = file("after");
    renameSync(dir, after);
    expect((await status(after)).audits).toMatchObject([{ state: "current" }]);
    expect((await refresh(after)).audits).toMatchObject([{ state: "current" }]);
    expect(readFileSync(join(after, "results", "audit-z.json"), "utf8")).not.toContain(root);
  });

  it("name files in their results as the manifest does", async () => {
    // A short name: longer paths are shortened in messages anyway.
    const dir = file("w");
    const constant = mapMatrix(latent, (value, col) => (col === 0 ? value : 1));
    mkdirSync(dir);
    await writeRows(join(dir, "z.npy"), rowsFromMatrix(constant));
    await init(dir, "--original", file("x.npy"), "--latent", join(dir, "z.npy"), "--copy");
    await refresh(dir);
    const { result } = keptAudit(dir, "z");
    expect(result.inputs.map(({ path }: { path: string }) => path)).toEqual(["originals/x.npy", "z.npy"]);
    const messages = result.warnings.map(({ message }: { message: string }) => message);
    expect(messages).toContainEqual(expect.stringMatching(/^z\.npy: 1 of 2 columns/));
    expect(JSON.stringify(result)).not.toContain(dir);
  });

  it("tell of results whose latent is in the project no more", async () => {
    const dir = await measured("other");
    edit(dir, (now) => {
      now.latents = [];
    });
    expect((await status(dir)).results).toEqual([
      { name: "audit-z", job: "audit", state: "stale", why: ["latent z is not in the project any more"] },
    ]);
    expect((await run("status", dir)).out).toContain("other results");
  });

  it("keep what can be measured when one latent cannot", async () => {
    const dir = await project("partly");
    await init(dir, "--latent", file("wide.npy"), "--copy");
    writeFileSync(join(dir, "z.npy"), "no numbers");
    const broken = await refused("refresh", dir, "--threads", "1");
    expect(broken).toContain("z could not be audited: ");
    expect(broken).toContain(`The others are up to date: isometer status ${dir}.`);
    expect(manifest(dir).latents.map(({ version }: { version: number }) => version)).toEqual([1, 1]);
    rmSync(join(dir, "z.npy"));
    const err = await refused("refresh", dir, "--threads", "1");
    expect(err).toContain("z could not be audited: there is no file");
    expect(err).toContain(`isometer init ${dir} --latent z=FILE`);
    expect((await status(dir)).audits.map(({ latent, state }) => [latent, state])).toEqual([
      ["z", "lost"],
      ["wide", "current"],
    ]);
    const { out } = await run("status", dir);
    expect(out).toContain("1 of 2 audits up to date, 1 file lost");
  });

  it("are refused while another writes; status is not", async () => {
    const dir = await project("locked");
    writeFileSync(join(dir, "isometer.lock"), JSON.stringify({ pid: process.pid, host: "elsewhere" }));
    expect(await refused("refresh", dir)).toContain(
      `is being written to by process ${process.pid} on elsewhere`,
    );
    expect((await run("status", dir)).out).toContain("0 of 1 audit up to date, 1 not measured");
  });

  it("stop when they are asked to, and let go", async () => {
    const dir = await project("stopped");
    const host = testHost({ signal: AbortSignal.abort() });
    expect(await runCommandLine(["refresh", dir], host)).toBe(130);
    expect(existsSync(join(dir, "isometer.lock"))).toBe(false);
  });

  it("are killed at any moment without harm", async () => {
    const dir = await project("killed");
    await init(dir, "--latent", file("wide.npy"));
    const main = fileURLToPath(new URL("../../dist/app/cli/main.js", import.meta.url));
    const random = rng(3).split("moments");
    let killed = 0;
    for (let turn = 0; turn < 2; turn++) {
      const child = spawn(process.execPath, [main, "refresh", dir, "--threads", "1", "--again"], {
        stdio: "ignore",
      });
      const timer = setTimeout(() => child.kill("SIGKILL"), 300 + 900 * random.uniform());
      const signal = await new Promise((resolve) => child.once("close", (_, by) => resolve(by)));
      clearTimeout(timer);
      if (signal === "SIGKILL") killed++;
      const { audits, contents } = await status(dir);
      expect(audits.every(({ state }) => state === "current" || state === "none")).toBe(true);
      expect(contents.every(({ state }) => state === "as recorded")).toBe(true);
    }
    expect(killed).toBeGreaterThan(0);
    expect((await refresh(dir)).audits).toHaveLength(2);
    expect(readdirSync(dir).sort()).toEqual(["isometer.json", "results", "x.npy", "z.npy"]);
  });

  it("say that a folder is no project", async () => {
    mkdirSync(file("plain"));
    for (const job of ["status", "refresh"]) {
      expect(await refused(job, file("plain"))).toContain(
        `is no project: it holds no isometer.json\n  Make it one: isometer init ${file("plain")}`,
      );
    }
  });
});
