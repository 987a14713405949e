import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorText } from "../../src/app/cli/errors.ts";
import { usesColour, widthOf } from "../../src/app/cli/host.ts";
import { runCommandLine } from "../../src/app/cli/run.ts";
import { IsometerError } from "../../src/base/index.ts";
import { audit, type Job } from "../../src/jobs/index.ts";
import { auditSchema } from "../../src/jobs/schema.ts";
import type { AuditResult } from "../../src/report/index.ts";
import { auditFixture } from "../report/fixture.ts";
import { testHost } from "./host.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isometer-cli-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Job `audit` with a run that returns or throws what it is told to. */
function standIn(outcome: AuditResult | Error): readonly Job[] {
  const run = async () => {
    if (outcome instanceof Error) throw outcome;
    return outcome;
  };
  return [{ ...audit, run } as Job];
}

const passing = { ...auditFixture(), gates: [] };
const ANSI = "\u001b[";

describe("what goes where", () => {
  test("the report on stdout, nothing on stderr, exit 0", async () => {
    const host = testHost();
    expect(await runCommandLine(["audit", "a", "b"], host, standIn(passing))).toBe(0);
    expect(host.written.out).toContain("Neighbourhoods can be trusted");
    expect(host.written.err).toBe("");
  });

  test("--json - leaves nothing but JSON on stdout", async () => {
    const host = testHost({ env: { FORCE_COLOR: "1" } });
    expect(await runCommandLine(["audit", "a", "b", "--json", "-"], host, standIn(passing))).toBe(0);
    expect(auditSchema.parse(JSON.parse(host.written.out))).toMatchObject({ schema: "isometer/audit/1" });
    expect(host.written.err).toBe("");
  });

  test("--json FILE writes the file, the report and one line on stderr", async () => {
    const host = testHost();
    const file = join(folder, "audit.json");
    expect(await runCommandLine(["audit", "a", "b", "--json", file], host, standIn(passing))).toBe(0);
    expect(auditSchema.parse(JSON.parse(await readFile(file, "utf8"))).rows).toBe(1797);
    expect(host.written.out).toContain("Neighbourhoods can be trusted");
    expect(host.written.err).toBe(`isometer: wrote ${file}\n`);
  });

  test("--markdown - and --junit FILE write what they name, the report gives way", async () => {
    const host = testHost();
    const file = join(folder, "gates.xml");
    const args = ["audit", "a", "b", "--markdown", "-", "--junit", file];
    expect(await runCommandLine(args, host, standIn(auditFixture()))).toBe(3);
    expect(host.written.out).toMatch(/^### Isometer: `digits\.npy` → `digits-tsne\.npy`\n/);
    expect(await readFile(file, "utf8")).toContain('failures="1"');
    expect(host.written.err).toContain(`isometer: wrote ${file}\n`);
  });

  test("the fallback engine is said once on stderr", async () => {
    const warnings = [{ code: "engine-fallback", message: "computed by onnxruntime-web" }] as const;
    const host = testHost();
    await runCommandLine(["audit", "a", "b", "--json", "-"], host, standIn({ ...passing, warnings }));
    expect(host.written.err).toBe("isometer: warning: computed by onnxruntime-web\n");
  });

  test("a failed gate is exit 3, after the report, with a line for each", async () => {
    const gates = [
      { score: "trustworthiness", kind: "under", limit: 0.99, value: 0.98312, passed: false },
      { score: "stretch", kind: "over", limit: 3, value: Number.NaN, passed: false },
      { score: "stress", kind: "over", limit: 1, value: 0.3, passed: true },
    ] as const;
    const host = testHost();
    expect(await runCommandLine(["audit", "a", "b"], host, standIn({ ...passing, gates }))).toBe(3);
    expect(host.written.out).toContain("FAILED trustworthiness 0.9831 is under 0.99");
    expect(host.written.err).toBe(
      "isometer: gate failed: trustworthiness 0.9831 is under 0.99\n" +
        "isometer: gate failed: stretch n/a is not comparable with 3\n",
    );
  });
});

describe("errors", () => {
  const failing = async (error: Error, change: Parameters<typeof testHost>[0] = {}) => {
    const host = testHost(change);
    const status = await runCommandLine(["audit", "a", "b"], host, standIn(error));
    expect(host.written.out).toBe("");
    return { status, err: host.written.err };
  };

  test("of the user: exit 2, message and hint, no stack", async () => {
    const error = new IsometerError("missing-file", "a does not exist", { hint: "Check the name." });
    expect(await failing(error)).toEqual({
      status: 2,
      err: "isometer: a does not exist\n  Check the name.\n",
    });
  });

  test("of ours: exit 1, and says so", async () => {
    const { status, err } = await failing(new TypeError("x is\nundefined"));
    expect(status).toBe(1);
    expect(err).toContain("isometer: internal error: x is undefined\n");
    expect(err).not.toContain("    at ");
    expect((await failing(new IsometerError("engine-failed", "no engine"))).status).toBe(1);
  });

  test("with ISOMETER_DEBUG=1 there is a stack, and that of the cause", async () => {
    const error = new IsometerError("internal", "broken", { cause: new RangeError("deep") });
    const { err } = await failing(error, { env: { ISOMETER_DEBUG: "1" } });
    expect(err).toContain("    at ");
    expect(err).toContain("caused by RangeError: deep");
  });

  test("after Ctrl-C: exit 130, whatever broke", async () => {
    const signal = AbortSignal.abort();
    expect((await failing(new IsometerError("aborted", "stopped"), { signal })).status).toBe(130);
    expect((await failing(new Error("worker terminated"), { signal })).status).toBe(130);
  });

  test("control characters of a file name stay out of the terminal", () => {
    expect(errorText(new IsometerError("missing-file", "a\u001b[31m\nb"), false)).toBe(
      "isometer: a [31m b\n",
    );
  });
});

describe("colour", () => {
  test.each([
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: "1" }, true, false],
    [{ NO_COLOR: "" }, true, true],
    [{ TERM: "dumb" }, true, false],
    [{ FORCE_COLOR: "1" }, false, true],
    [{ FORCE_COLOR: "1", NO_COLOR: "1" }, false, true],
    [{ FORCE_COLOR: "0" }, true, false],
  ])("with %j and terminal %s: %s", async (env, isTTY, expected) => {
    expect(usesColour({ write: () => true, isTTY }, env)).toBe(expected);
    const host = testHost({ env, stdout: { isTTY } });
    await runCommandLine(["audit", "a", "b"], host, standIn(passing));
    expect(host.written.out.includes(ANSI)).toBe(expected);
  });

  test("changes no character of the report", async () => {
    const [plain, coloured] = [testHost(), testHost({ env: { FORCE_COLOR: "1" } })];
    await runCommandLine(["audit", "a", "b"], plain, standIn(passing));
    await runCommandLine(["audit", "a", "b"], coloured, standIn(passing));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the escape sequences
    const bare = coloured.written.out.replace(/\u001b\[\d+m/g, "").replace(/ +$/gm, "");
    expect(bare).toBe(plain.written.out);
  });
});

describe("geodesics by the command line", () => {
  const run = async (...args: string[]) => {
    const host = testHost();
    const status = await runCommandLine(args, host);
    return { status, ...host.written };
  };
  const file = (name: string) => join(folder, name);

  test("an unrolled Swiss roll is seen as isometric, with how it was seen", async () => {
    await run("make", "swiss-roll", "--rows", "1000", "--out", file("roll.npy"));
    const files = [file("roll.npy"), file("roll.truth.npy")];
    const along = await run("audit", ...files, "--metric", "geodesic", "--baseline", "none");
    expect(along.out).toMatch(/distances are\s(nearly\s)?kept/);
    expect(along.out.replace(/\s+/g, " ")).toContain("geodesic to euclidean · graph of 10 neighbours");
    const json = await run("audit", ...files, "--latent-metric=geodesic", "--graph-neighbors=3", "--json=-");
    const result = auditSchema.parse(JSON.parse(json.out));
    expect(result.options).toMatchObject({
      metric: "euclidean",
      latentMetric: "geodesic",
      graphNeighbors: 3,
    });
  });

  test("what does not fit is refused under the name of its flag", async () => {
    const files = [file("roll.npy"), file("roll.truth.npy")];
    const alone = await run("audit", ...files, "--graph-neighbors", "5");
    expect([alone.status, alone.err]).toEqual([
      2,
      expect.stringContaining("--graph-neighbors must come with"),
    ]);
    const many = await run("audit", ...files, "--metric", "geodesic", "--graph-neighbors", "1000");
    expect([many.status, many.err]).toEqual([2, expect.stringContaining("between 1 and 999")]);
  });
});

test("the width is that of the terminal within limits, else 80", () => {
  const wide = (columns: number, isTTY = true) => widthOf({ write: () => true, isTTY, columns });
  expect([wide(20), wide(100), wide(500), wide(100, false)]).toEqual([60, 100, 120, 80]);
});
