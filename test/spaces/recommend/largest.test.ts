import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { largest } from "../../../src/spaces/recommend/co-preference.ts";

describe("the largest", () => {
  it("are the first of all in order, equal ones by number", () => {
    const values = fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(values, fc.nat(12), (given, k) => {
        const candidates = [...given.keys()].filter((i) => i % 3 !== 1).reverse();
        const sorted = [...candidates].sort((a, b) => given[b]! - given[a]! || a - b);
        expect(largest(candidates, given, k)).toEqual(sorted.slice(0, k));
      }),
    );
  });
});
