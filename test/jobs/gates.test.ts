import { describe, expect, test } from "vitest";
import { checkLimits, parseLimits } from "../../src/jobs/gates.ts";
import type { Score, Scores } from "../../src/measure/result.ts";

function scored(value: number): Score {
  return {
    value,
    interval: [value, value],
    n: 10,
    unit: "points",
    exact: true,
    ideal: 1,
    null: 0.5,
    baseline: null,
  };
}

describe("limits", () => {
  test("are read with their direction", () => {
    expect(parseLimits(["trustworthiness=0.95", "neighbor-recall = .5"], ["stress=1e-1"])).toEqual([
      { score: "trustworthiness", kind: "under", limit: 0.95 },
      { score: "neighborRecall", kind: "under", limit: 0.5 },
      { score: "stress", kind: "over", limit: 0.1 },
    ]);
  });

  test.each([
    ["stretch=3", [], "wrong way round: less stretch is better", "Use --fail-over stretch=3."],
    ["stress=.1", [], "wrong way round", "Use --fail-over stress=.1."],
    ["trustworthines=0.9", [], 'no score "trustworthines"', "Did you mean trustworthiness?"],
    ["zzz=1", [], 'no score "zzz"', "There are trustworthiness"],
    ["trustworthiness", [], "needs name=value", "For instance --fail-under trustworthiness=0.95."],
    ["trustworthiness=", [], "needs name=value", ""],
    ["trustworthiness=high", [], "needs name=value", ""],
    ["trustworthiness=NaN", [], "needs name=value", ""],
    ["=0.5", [], 'no score ""', ""],
  ] as const)("--fail-under %s is refused with the next step", (under, over, message, hint) => {
    expect(() => parseLimits([under], over)).toThrow(
      expect.objectContaining({
        code: "bad-option",
        message: expect.stringContaining(message),
        hint: expect.stringContaining(hint),
      }),
    );
  });

  test("--fail-over on a score where more is better is refused", () => {
    expect(() => parseLimits([], ["continuity=0.9"])).toThrow(
      expect.objectContaining({ hint: "Use --fail-under continuity=0.9." }),
    );
  });

  test("at the limit passes, beyond fails, no number fails", () => {
    const scores: Scores = {
      trustworthiness: scored(0.9),
      stress: scored(0.2),
      continuity: scored(Number.NaN),
    };
    const verdict = (under: string[], over: string[]) =>
      checkLimits(parseLimits(under, over), scores).map((gate) => gate.passed);
    expect(verdict(["trustworthiness=0.9"], ["stress=0.2"])).toEqual([true, true]);
    expect(verdict(["trustworthiness=0.91"], ["stress=0.19"])).toEqual([false, false]);
    expect(verdict(["continuity=0"], [])).toEqual([false]);
    expect(verdict(["neighborRecall=0"], [])).toEqual([false]);
  });
});
