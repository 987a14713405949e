import { describe, expect, test } from "vitest";
import { IsometerError } from "../../src/base/index.ts";
import { asFlag, unknownOption } from "../../src/jobs/arguments.ts";
import { documentOptions, GROUPS } from "../../src/jobs/common.ts";
import { canonicalName, JOBS, type Job, kebab, spellings } from "../../src/jobs/index.ts";
import { optionsJsonSchema } from "../../src/jobs/schema.ts";
import { checkOptions, schemaOf } from "../../src/jobs/validate.ts";

const jobNamed = (name: string): Job => JOBS.find((job) => job.name === name)!;
const AUDIT = jobNamed("audit").options;

describe.each(JOBS.map((job) => [job.name, job] as const))("the table of %s", (_, job) => {
  const options = { ...job.options, ...documentOptions(job) };

  test("spells every option once", () => {
    const all = spellings(options);
    expect(new Set(all).size).toBe(all.length);
    for (const name of Object.keys(options)) expect(name).toMatch(/^[a-z][a-zA-Z]*$/);
  });

  test("describes every option without a full stop, under a heading", () => {
    for (const spec of Object.values(options)) {
      expect(spec.about).toMatch(/^[^A-Z].*[^.]$/s);
      expect([...Object.values(GROUPS), "Space"]).toContain(spec.group);
    }
  });

  test("has defaults that its own schema accepts", () => {
    expect(() => checkOptions(job.options, {})).not.toThrow();
    for (const [name, value] of Object.entries(checkOptions(job.options, {}))) {
      expect(value).toEqual(job.options[name]!.default);
    }
  });

  test("fits on one line of the overview", () => {
    expect(job.about.length).toBeLessThanOrEqual(62);
  });

  test("shows examples that name the job", () => {
    for (const { command } of job.examples) expect(command).toMatch(new RegExp(`^isometer ${job.name}( |$)`));
    expect(job.examples.length).toBeGreaterThan(0);
  });

  test("becomes a JSON Schema that refuses what is not in it", () => {
    const schema = optionsJsonSchema(job) as { properties: object; additionalProperties: boolean };
    expect(Object.keys(schema.properties)).toEqual(Object.keys(job.options));
    expect(schema.additionalProperties).toBe(false);
  });
});

describe("one word per idea", () => {
  test.each([
    ["nNeighbors", "nNeighbors"],
    ["n-neighbors", "nNeighbors"],
    ["n_neighbors", "nNeighbors"],
    ["random-state", "seed"],
    ["random_state", "seed"],
    ["randomState", "seed"],
    ["latent_metric", "latentMetric"],
    ["graph-neighbours", "graphNeighbors"],
    ["fail_under", "failUnder"],
    ["metrics", undefined],
    ["", undefined],
    ["__proto__", undefined],
    ["constructor", undefined],
  ])("%s means %s", (spelling, name) => {
    expect(canonicalName(AUDIT, spelling)).toBe(name);
  });

  test("kebab-case is made from camelCase", () => {
    expect(kebab("nNeighbors")).toBe("n-neighbors");
    expect(kebab("imageSize")).toBe("image-size");
  });
});

describe("values are checked by the table", () => {
  const refused = (given: Record<string, unknown>) => {
    try {
      checkOptions(AUDIT, given);
    } catch (error) {
      return error as { code: string; message: string; hint?: string };
    }
    throw new Error("was accepted");
  };

  test("good ones pass, under any spelling, with defaults filled in", () => {
    const values = checkOptions(AUDIT, {
      n_neighbors: 7,
      "random-state": 3,
      metric: "cosine",
      failUnder: ["a=1"],
    });
    expect(values).toMatchObject({ nNeighbors: 7, seed: 3, metric: "cosine", latentMetric: "euclidean" });
    expect(values.sample).toBeUndefined();
  });

  test.each([
    [{ nNeighbors: 0 }, "--n-neighbors needs a whole number of 1 or more, got 0"],
    [{ nNeighbors: 1.5 }, "--n-neighbors needs a whole number of 1 or more, got 1.5"],
    [{ nNeighbors: "15" }, '--n-neighbors needs a whole number of 1 or more, got "15"'],
    [{ nNeighbors: Number.NaN }, "--n-neighbors needs a whole number"],
    [{ seed: 2 ** 60 }, "--seed needs a whole number"],
    [{ seed: -1 }, "--seed needs a whole number of 0 or more, got -1"],
    [{ metric: "cosin" }, '--metric needs one of euclidean, cosine, manhattan, geodesic, got "cosin"'],
    [{ exact: "yes" }, '--exact needs no value (true or false in JSON), got "yes"'],
    [{ labels: "" }, '--labels needs FILE|COLUMN, got ""'],
    [{ failUnder: "a=1" }, '--fail-under needs a list of NAME=VALUE, got "a=1"'],
    [{ threads: 0 }, "--threads needs a whole number from 1 to 256, got 0"],
  ])("%j is refused", (given, message) => {
    expect(refused(given)).toMatchObject({ code: "bad-option", message: expect.stringContaining(message) });
  });

  test("an unknown name is refused with the nearest one", () => {
    expect(refused({ metirc: "cosine" })).toMatchObject({
      code: "unknown-option",
      hint: "Did you mean --metric?",
    });
    expect(refused({ zzzzzzzzzz: 1 })).toMatchObject({ hint: "Add --help to see all options." });
  });

  test("a single letter is not answered with another letter", () => {
    expect(refused({ o: "x" })).toMatchObject({
      message: "there is no option -o",
      hint: "Add --help to see all options.",
    });
    expect(unknownOption(jobNamed("make").options, "o").hint).toBe("Did you mean --out?");
    expect(unknownOption(jobNamed("audit").options, "k").hint).toBe("Did you mean --k?");
  });

  test("a complaint of the library names the flag", () => {
    const told = (message: string) =>
      asFlag(new IsometerError("bad-option", message), jobNamed("audit").options) as IsometerError;
    expect(told("nNeighbors must be below 3").message).toBe("--n-neighbors must be below 3");
    expect(told("sample must be 2 or more")).toMatchObject({
      message: "--sample must be 2 or more",
      hint: "Anchors drawn at random; each is compared with all rows.",
    });
    expect(told("toString must be a function").message).toBe("toString must be a function");
    const other = new Error("sample must stay");
    expect(asFlag(other, jobNamed("audit").options)).toBe(other);
  });

  test("the same option under two names is refused", () => {
    expect(refused({ seed: 1, randomState: 1 })).toMatchObject({ message: "--seed is given twice" });
  });

  test("a schema knows default and description", () => {
    expect(schemaOf(AUDIT.nNeighbors!).parse(undefined)).toBe(15);
    expect(optionsJsonSchema(jobNamed("audit"))).toMatchObject({
      properties: { nNeighbors: { default: 15, minimum: 1, description: AUDIT.nNeighbors!.about } },
    });
  });
});
