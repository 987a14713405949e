import { expect, test } from "vitest";
import { timeLeft } from "../../src/app/cli/time-left.ts";

test("says nothing before there is a pace: never 0 seconds at the start", () => {
  const left = timeLeft();
  expect(left("reading", 0, 10)).toBeUndefined();
  expect(left("reading", 0.5, 10.2)).toBeUndefined();
  expect(left("comparing", 0.5, 12)).toBeUndefined();
  expect(left("comparing", 0.51, 14)).toBeUndefined();
});

test("follows the pace of the present stage, not that of the ones before", () => {
  const left = timeLeft();
  left("reading", 0, 0);
  expect(left("reading", 0.1, 1)).toBeCloseTo(9);
  // The promise counts down until the new stage has a pace of its own.
  expect(left("comparing", 0.1, 1)).toBeCloseTo(9);
  expect(left("comparing", 0.11, 2)).toBeCloseTo(8);
  expect(left("comparing", 0.2, 11)).toBeCloseTo(80);
  expect(left("comparing", 1, 91)).toBeCloseTo(0);
});
