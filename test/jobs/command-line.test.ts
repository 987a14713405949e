import { describe, expect, test } from "vitest";
import { AUDIT_DEFAULTS, AUDIT_OPTIONS } from "../../src/jobs/audit-options.ts";
import { commandLine, shellQuote } from "../../src/jobs/command-line.ts";
import { truthBeside } from "../../src/jobs/index.ts";
import { type NextInput, nextCommands } from "../../src/jobs/next.ts";
import { auditFixture, scoreOf } from "../report/fixture.ts";

const job = { name: "audit", options: AUDIT_OPTIONS };

test("a command shows what differs from the defaults, and nothing else", () => {
  expect(commandLine(job, ["a.npy", "b.npy"], AUDIT_DEFAULTS)).toBe("isometer audit a.npy b.npy");
  const options = {
    ...AUDIT_DEFAULTS,
    nNeighbors: 7,
    exact: true,
    failUnder: ["continuity=0.9", "stress=1"],
  };
  expect(commandLine(job, ["a.npy", "b.npy"], options)).toBe(
    "isometer audit a.npy b.npy --n-neighbors 7 --exact --fail-under continuity=0.9 --fail-under stress=1",
  );
});

test.each([
  ["a.npy", "a.npy"],
  ["a.gz,b.gz", "a.gz,b.gz"],
  ["my file.npy", "'my file.npy'"],
  ["it's", "'it'\\''s'"],
  ["$(rm -rf x)", "'$(rm -rf x)'"],
  ["", "''"],
])("%s is quoted as %s", (text, quoted) => {
  expect(shellQuote(text)).toBe(quoted);
});

test.each([
  ["roll.npy", "roll.truth.npy"],
  ["a.b/roll.parquet", "a.b/roll.truth.parquet"],
  ["a.b/roll", "a.b/roll.truth"],
  [".hidden", ".hidden.truth"],
  ["x.tar.npy", "x.tar.truth.npy"],
])("the truth of %s is %s", (path, truth) => {
  expect(truthBeside(path)).toBe(truth);
});

describe("the next command", () => {
  const fixture = auditFixture();
  const measured: NextInput["audit"] = {
    ...fixture,
    cols: [64, 2],

    options: { ...fixture.options, sample: "exact" },
  };
  const input: NextInput = {
    audit: measured,
    job,
    inputs: ["a.npy", "b.npy"],
    options: AUDIT_DEFAULTS,
    gated: false,
    care: null,
  };
  const commands = (change: Partial<NextInput>) =>
    nextCommands({ ...input, ...change }).map(({ command }) => command);

  test("is a gate just outside of what was reached", () => {
    expect(commands({})).toEqual([
      "isometer audit a.npy b.npy --fail-under trustworthiness=0.98 --fail-over stretch=10.6",
    ]);
    expect(commands({ gated: true })).toEqual([]);
  });

  test("is --exact after a sample, in place of --sample", () => {
    const audit: NextInput["audit"] = { ...measured, options: { ...measured.options, sample: 500 } };
    const options = { ...AUDIT_DEFAULTS, sample: 500, seed: 3 };
    expect(commands({ audit, options })[0]).toBe("isometer audit a.npy b.npy --exact --seed 3");
  });

  test("is the same distance for a wide latent when only the original got one", () => {
    const options = { ...measured.options, metric: "cosine" as const };
    const audit: NextInput["audit"] = { ...measured, cols: [768, 64], options };
    const given = { ...AUDIT_DEFAULTS, metric: "cosine" as const };
    expect(commands({ audit, options: given })[0]).toBe(
      "isometer audit a.npy b.npy --metric cosine --latent-metric cosine",
    );
    expect(commands({ audit: { ...audit, cols: [768, 2] }, options: given })[0]).not.toContain(
      "--latent-metric",
    );
  });

  test("is a look into the file when its rows need care", () => {
    expect(commands({ care: { role: "original", format: "npy" } })[0]).toBe("isometer info a.npy");
    expect(commands({ care: { role: "latent", format: "npy" } })[0]).toBe("isometer info b.npy");
  });

  test("asks a file only for what its format can obey", () => {
    const options = { ...AUDIT_DEFAULTS, vector: "x,y", latentVector: "z", id: "doc", rows: "0:9" };
    const asked = (role: "original" | "latent", format: "npy" | "csv") =>
      commands({ care: { role, format }, options })[0];
    expect(asked("original", "npy")).toBe("isometer info a.npy --rows 0:9");
    expect(asked("original", "csv")).toBe("isometer info a.npy --rows 0:9 --vector x,y");
    expect(asked("latent", "csv")).toBe("isometer info b.npy --rows 0:9 --vector z");
  });

  test("is no gate on a latent that is no better than chance", () => {
    const chance = { ...fixture.scores, distanceSpearman: scoreOf(0.01, "pairs") };
    const scores = {
      ...chance,
      trustworthiness: scoreOf(0.5, "points"),
      continuity: scoreOf(0.51, "points"),
    };
    expect(commands({ audit: { ...measured, scores } })).toEqual([]);
  });
});
