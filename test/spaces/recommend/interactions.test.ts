import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { interactionsFrom, splitByTime } from "../../../src/spaces/recommend/index.ts";
import { columnsOf, weightsOf } from "../../../src/spaces/recommend/interactions.ts";
import { dense } from "./data.ts";

const events = fc
  .array(
    fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 7 }), fc.integer({ min: 1, max: 9 })),
    {
      minLength: 1,
      maxLength: 60,
    },
  )
  .map((rows) => ({
    users: rows.map((row) => `u${row[0]}`),
    items: rows.map((row) => row[1]),
    weights: rows.map((row) => row[2]),
  }));

describe("interactions", () => {
  it("number users and items as they come, order by time, and add up what comes twice at its first time", () => {
    const all = interactionsFrom({
      users: ["b", "a", "b", "b", "b"],
      items: [7, 7, 5, 3, 5],
      weights: [1, 2, 3, 4, 5],
      times: [30, 1, 20, 10, 5],
    });
    expect(all.userIds).toEqual(["b", "a"]);
    expect(all.itemIds).toEqual([7, 5, 3]);
    expect([...columnsOf(all.byUser, 0)]).toEqual([1, 2, 0]);
    expect([...weightsOf(all.byUser, 0)]).toEqual([8, 4, 1]);
    expect([...columnsOf(all.byItem, 0)]).toEqual([0, 1]);
  });

  it("are one matrix both ways", () => {
    fc.assert(
      fc.property(events, (given) => {
        const all = interactionsFrom(given);
        const byItem = dense({ ...all, byUser: all.byItem, userIds: all.itemIds, itemIds: all.userIds });
        const byUser = dense(all);
        expect(byUser.map((line, u) => line.map((_, i) => byItem[i]![u]))).toEqual(byUser);
        const total = given.weights.reduce((sum, weight) => sum + weight, 0);
        expect(byUser.flat().reduce((sum, weight) => sum + weight, 0)).toBe(total);
      }),
    );
  });

  it("refuse what has no meaning", () => {
    const one = { users: ["a"], items: ["x"] };
    expect(() => interactionsFrom({ users: [], items: [] })).toThrow(/no interactions/);
    expect(() => interactionsFrom({ ...one, items: ["x", "y"] })).toThrow(/1 users and 2 items/);
    expect(() => interactionsFrom({ ...one, weights: [0] })).toThrow(/above 0, got 0 in row 0/);
    expect(() => interactionsFrom({ ...one, weights: [Number.NaN] })).toThrow(/above 0, got NaN/);
    expect(() => interactionsFrom({ ...one, times: [Number.NaN] })).toThrow(/row 0 has the time NaN/);
    expect(interactionsFrom({ ...one, weights: [0.5], times: [-3] }).itemIds).toEqual(["x"]);
  });
});

describe("a split by time", () => {
  it("holds out the last floor(share n) of each user, and nothing else", () => {
    fc.assert(
      fc.property(events, fc.constantFrom(0.1, 0.2, 0.3, 0.5), (given, share) => {
        const all = interactionsFrom(given);
        const { train, held } = splitByTime(all, share);
        all.userIds.forEach((_, u) => {
          const whole = [...columnsOf(all.byUser, u)];
          const later = [...columnsOf(held, u)];
          expect([...columnsOf(train.byUser, u), ...later]).toEqual(whole);
          expect(later.length).toBe(Math.floor((Math.round(share * 10) * whole.length) / 10));
        });
      }),
    );
  });

  it("goes by time, not by the order of rows", () => {
    const users = new Array(10).fill("u");
    const items = users.map((_, i) => i);
    const late = (times?: number[]) => {
      const all = interactionsFrom({ users, items, ...(times && { times }) });
      return [...columnsOf(splitByTime(all).held, 0)].map((i) => all.itemIds[i]);
    };
    expect(late()).toEqual([8, 9]);
    expect(late(items.map((i) => -i))).toEqual([1, 0]);
    expect(late(items.map(() => 5))).toEqual([8, 9]);
    expect(() => splitByTime(interactionsFrom({ users, items }), 1.5)).toThrow(/share must be/);
  });
});
