import { runInThisContext } from "node:vm";
import { describe, expect, test } from "vitest";

/** Runs `code` as if it stood in a file of that name. */
const from = (filename: string, code: string): unknown => runInThisContext(code, { filename });

describe("the test set-up", () => {
  test.each(["/work/src/measure/stretch.ts", "/work/src/base/rng.ts"])(
    "%s may not read chance or clock",
    (file) => {
      expect(() => from(file, "Math.random()")).toThrow("take an Rng argument");
      expect(() => from(file, "Date.now()")).toThrow("the clock is an argument");
    },
  );

  test.each(["/work/src/app/cli/run.ts", "/work/test/a.test.ts", "/work/node_modules/x/src/index.js"])(
    "%s may",
    (file) => {
      expect(from(file, "Math.random()")).toBeTypeOf("number");
      expect(from(file, "Date.now()")).toBeTypeOf("number");
    },
  );

  test("only the direct caller counts: a package called from src may do as it likes", () => {
    const inner = from("/work/node_modules/x/index.js", "(() => Math.random())") as () => number;
    const outer = from("/work/src/base/rng.ts", "(f) => f()") as (f: () => number) => number;
    expect(outer(inner)).toBeTypeOf("number");
  });
});
