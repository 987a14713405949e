import { describe, expect, test } from "vitest";
import {
  bar,
  count,
  cut,
  duration,
  pad,
  percent,
  score,
  significant,
  times,
  width,
} from "../../src/report/index.ts";

test.each([
  [0, "0"],
  [0.012345, "0.01235"],
  [5.2174, "5.217"],
  [0.99999, "1.000"],
  [1234.5, "1,235"],
  [123456, "123,456"],
  [0.000012, "1.200e-5"],
  [3e12, "3.000e+12"],
  [Number.NaN, "n/a"],
  [Number.POSITIVE_INFINITY, "∞"],
])("significant(%d) is %s", (value, text) => {
  expect(significant(value)).toBe(text);
});

test.each([
  [0, "0 %"],
  [0.0004, "under 0.1 %"],
  [0.004, "0.4 %"],
  [0.34, "34 %"],
  [0.993, "99.3 %"],
  [0.99999, "over 99.9 %"],
  [1, "100 %"],
])("percent(%d) is %s", (value, text) => {
  expect(percent(value)).toBe(text);
});

test("counts, scores, factors and times", () => {
  expect(count(1234567)).toBe("1,234,567");
  expect([score(0.98316), score(Number.NaN)]).toEqual(["0.9832", "n/a"]);
  expect([times(1.05), times(5.217), times(1234), times(Number.POSITIVE_INFINITY)]).toEqual([
    "1.05x",
    "5.2x",
    "1,234x",
    "∞x",
  ]);
  expect([duration(0.523), duration(5.23), duration(59.7), duration(185)]).toEqual([
    "0.52 s",
    "5.2 s",
    "60 s",
    "3 min 5 s",
  ]);
});

describe("text knows how wide it is", () => {
  test("wide and combining characters", () => {
    expect([width("abc"), width("日本"), width("e\u0301"), width("🙂")]).toEqual([3, 4, 1, 2]);
    expect(pad("日", 4)).toBe("日  ");
    expect(cut("日本語", 5)).toBe("日本…");
  });

  test("a bar is full, half and empty to an eighth of a column", () => {
    expect([bar(1, 4), bar(0.5, 4), bar(0, 4), bar(0.03125, 4)]).toEqual(["████", "██", "", "▏"]);
  });
});
