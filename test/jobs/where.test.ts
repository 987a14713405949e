import { describe, expect, it } from "vitest";
import { filterOf, kindOfValues, parseWhere, typedColumn } from "../../src/jobs/where.ts";

const filter = (texts: readonly string[], kind: "number" | "text" | "boolean" | null = null) =>
  filterOf(parseWhere(texts), () => kind);

describe("--where", () => {
  it.each([
    ["year>=1990", { year: { gte: 1990 } }],
    ["year <= 1990", { year: { lte: 1990 } }],
    ["year>-1.5e3", { year: { gt: -1500 } }],
    ["year<2", { year: { lt: 2 } }],
    ["kind=film", { kind: { eq: "film" } }],
    ["kind==film", { kind: { eq: "film" } }],
    ["kind!=film", { kind: { ne: "film" } }],
    ['kind="1"', { kind: { eq: "1" } }],
    ["kind='a b'", { kind: { eq: "a b" } }],
    ["seen=true", { seen: { eq: true } }],
    ["seen=null", { seen: { eq: null } }],
    ["kind in film, series", { kind: { in: ["film", "series"] } }],
    ["kind in (film,'a,b',3)", { kind: { in: ["film", "a,b", 3] } }],
    ["kind in [film]", { kind: { in: ["film"] } }],
    ["a=b=c", { a: { eq: "b=c" } }],
  ])("%s", (text, wanted) => {
    expect(filter([text])).toEqual(wanted);
  });

  it("holds where all do", () => {
    expect(filter(["year>=1", "year<3"])).toEqual({ all: [{ year: { gte: 1 } }, { year: { lt: 3 } }] });
  });

  it("means by 1 what the field holds", () => {
    expect(filter(["a=1"], "text")).toEqual({ a: { eq: "1" } });
    expect(filter(["a=1"], "number")).toEqual({ a: { eq: 1 } });
    expect(() => filter(["a=b"], "number")).toThrow("a holds numbers");
    expect(() => filter(["a>true"])).toThrow("gt cannot be asked");
  });

  it.each(["year", "", "=3", "year>=", "kind in "])("refuses %j", (text) => {
    expect(() => parseWhere([text])).toThrow("--where cannot read");
  });

  it("tells what a column of a file is by all its values", () => {
    expect(typedColumn(["1", "", "2.5"])).toEqual([1, null, 2.5]);
    expect(typedColumn(["True", "false"])).toEqual([true, false]);
    expect(typedColumn(["1", "x"])).toEqual(["1", "x"]);
    expect([kindOfValues([1, null]), kindOfValues([1, "a"]), kindOfValues([null])]).toEqual([
      "number",
      null,
      null,
    ]);
  });
});
