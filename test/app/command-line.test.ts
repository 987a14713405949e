import { describe, expect, test } from "vitest";
import { normalizeArguments } from "../../src/app/cli/arguments.ts";
import { jobHelp, overview, parseCommandLine } from "../../src/app/cli/program.ts";
import { runCommandLine } from "../../src/app/cli/run.ts";
import { documentOptions } from "../../src/jobs/common.ts";
import { audit, JOBS } from "../../src/jobs/index.ts";
import { testHost } from "./host.ts";

const view = { version: "1.2.3", width: 80 };
const golden = (name: string) => new URL(`../golden/${name}.txt`, import.meta.url).pathname;
const options = { ...audit.options, ...documentOptions(audit) };
const parse = (...argv: string[]) => parseCommandLine(argv, JOBS, view);

describe("help", () => {
  test("of everything", async () => {
    await expect(overview(JOBS, view)).toMatchFileSnapshot(golden("help"));
  });

  test.each(JOBS.map((job) => [job.name, job] as const))("of %s", async (name, job) => {
    await expect(jobHelp(job, view)).toMatchFileSnapshot(golden(`help-${name}`));
  });

  test.each([[[]], [["--help"]], [["-h"]], [["help"]]])("%j shows the overview", (argv) => {
    expect(parse(...argv)).toEqual({ kind: "text", text: overview(JOBS, view) });
  });

  test.each([
    [["audit", "--help"]],
    [["help", "audit"]],
    [["audit", "a", "-h"]],
    [["audit", "--nonsense", "--help"]],
  ])("%j shows that of the job", (argv) => {
    expect(parse(...argv)).toEqual({ kind: "text", text: jobHelp(audit, view) });
  });

  test("after -- is no request for help", () => {
    expect(parse("audit", "--", "--help", "b")).toMatchObject({ kind: "run", inputs: ["--help", "b"] });
  });

  test("the version", () => {
    expect(parse("--version")).toEqual({ kind: "text", text: "1.2.3\n" });
  });
});

describe("flags come from the table", () => {
  test("values are numbers, texts, switches and lists", () => {
    expect(
      parse(
        "audit",
        "a.npy",
        "--n-neighbors",
        "7",
        "b.npy",
        "--exact",
        "--metric=cosine",
        "--fail-under",
        "x=1",
        "--fail-under=y=2",
      ),
    ).toMatchObject({
      kind: "run",
      inputs: ["a.npy", "b.npy"],
      options: { nNeighbors: 7, exact: true, metric: "cosine", failUnder: ["x=1", "y=2"] },
      targets: {},
    });
  });

  test.each([
    ["--random-state", "--seed"],
    ["--random_state", "--seed"],
    ["--n_neighbors", "--n-neighbors"],
    ["--nNeighbors", "--n-neighbors"],
    ["--latent_metric", "--latent-metric"],
    ["--fail_under", "--fail-under"],
  ])("%s is %s", (spelling, flag) => {
    expect(normalizeArguments(options, [spelling, "3"])).toEqual([flag, "3"]);
    expect(normalizeArguments(options, [`${spelling}=3`])).toEqual([flag, "3"]);
  });

  test("--json is the door's and not the job's", () => {
    const request = parse("audit", "a", "b", "--json", "-");
    expect(request).toMatchObject({ targets: { json: "-" }, options: {} });
    expect(Object.keys((request as { options: object }).options)).toEqual([]);
  });

  test("numbers may be negative or joined, a lone dash is an input", () => {
    expect(parse("make", "line", "--noise", "-1")).toMatchObject({ options: { noise: -1 } });
    expect(parse("audit", "-", "b")).toMatchObject({ inputs: ["-", "b"] });
  });
});

describe("a hostile command line ends with exit 2, one line and the next step", () => {
  test.each([
    [["aduit"], 'there is no job "aduit"', "Did you mean isometer audit?"],
    [["xyzzyxyzzy"], 'there is no job "xyzzyxyzzy"', "isometer --help lists all jobs."],
    [["help", "aduit"], 'there is no job "aduit"', "audit"],
    [["--seed", "1", "audit"], "--seed stands before the name of a job", "Options come after the job"],
    [["audit"], "audit needs ORIGINAL", "Usage: isometer audit ORIGINAL LATENT"],
    [["audit", "a"], "audit needs LATENT", "Usage"],
    [["audit", "", "b"], "audit needs ORIGINAL", "Usage"],
    [["info", "a", "b"], 'info takes 1 input, "b" is one more', "Usage"],
    [["audit", "a", "b", "c", ""], "audit needs LATENT", "Usage: isometer audit ORIGINAL LATENT..."],
    [["audit", "a", "b", "--metrc", "cosine"], "there is no option --metrc", "Did you mean --metric?"],
    [["audit", "a", "b", "-k", "3"], "there is no option", ""],
    [["audit", "a", "b", "--=3"], "there is no option", ""],
    [["audit", "a", "b", "---seed", "3"], "there is no option", "Did you mean --seed?"],
    [["audit", "a", "b", "--seed"], "--seed needs a value: N", "default 0"],
    [["audit", "a", "b", "--seed="], "--seed needs a value: N", ""],
    [["audit", "a", "b", "--json", "--seed", "1"], "--json needs a value: FILE|-", "stdout"],
    [["audit", "a", "b", "--exact=no"], '--exact takes no value, got "no"', "Write --exact or leave it out."],
    [["audit", "a", "b", "--seed", "1", "--random-state", "2"], "--seed is given twice", "Give it once."],
    [["audit", "a", "b", "--seed", "0x10"], '--seed needs a whole number of 0 or more, got "0x10"', ""],
    [["audit", "a", "b", "--seed", "1e400"], '--seed needs a whole number of 0 or more, got "1e400"', ""],
    [["audit", "a", "b", "--seed", " "], "--seed needs a whole number", ""],
    [
      ["audit", "a", "b", "--n-neighbors", "-3"],
      "--n-neighbors needs a whole number of 1 or more, got -3",
      "",
    ],
    [["audit", "a", "b", "--metric", "eucldean"], "--metric needs one of", "Did you mean euclidean?"],
    [
      ["audit", "a", "b", "--exact", "--sample", "9"],
      "--sample and --exact exclude each other",
      "--exact uses",
    ],
    [["audit", "a", "b", "--fail-under", "stress=1"], "is the wrong way round", "Use --fail-over stress=1."],
    [["audit", "a", "b", "--json", "a"], "--json would overwrite the input a", "Name another file."],
    [
      ["audit", "a", "b", "--json", "/nowhere/at/all.json"],
      "its folder does not exist",
      "mkdir -p /nowhere/at",
    ],
    [["audit", "a", "b", "--json", "."], "--json . is a folder", "Name a file in it."],
    [["audit", "a", "b", "--junit", "."], "--junit . is a folder", "Name a file in it."],
    [
      ["audit", "a", "b", "--json", "-", "--markdown", "-"],
      "--json and --markdown both go to stdout",
      "Name a file for one of them.",
    ],
    [
      ["audit", "a", "b", "--json", "out", "--junit", "./out"],
      "--json and --junit both go to ./out",
      "Name a file for one of them.",
    ],
    [["make", "cube2"], 'there is no kind "cube2"', "Did you mean cube?"],
    [["make", "cube", "--rows", "0"], "--rows needs a whole number of 1 or more, got 0", ""],
  ])("%j", async (argv, message, hint) => {
    const host = testHost();
    expect(await runCommandLine(argv, host)).toBe(2);
    const [first, second, ...rest] = host.written.err.split("\n");
    expect(first).toMatch(/^isometer: \S/);
    expect(first).toContain(message);
    expect(second).toContain(hint);
    expect(rest.join("")).toBe("");
    expect(host.written.out).toBe("");
    expect(host.written.err).not.toContain("    at ");
  });
});
