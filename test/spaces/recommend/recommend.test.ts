import { describe, expect, it } from "vitest";
import { matrix, rng } from "../../../src/base/index.ts";
import {
  type AlsModel,
  fitAls,
  itemsFromVectors,
  recommend,
  tasteOf,
} from "../../../src/spaces/recommend/index.ts";
import { gaussian } from "../../matrices.ts";
import { twoCrowds } from "./data.ts";

/** Unit vectors at these angles, in degrees. */
function directions(...angles: number[]) {
  const radians = angles.map((angle) => (angle * Math.PI) / 180);
  return matrix(
    radians.flatMap((angle) => [Math.cos(angle), Math.sin(angle)]),
    angles.length,
    2,
  );
}

describe("recommendations from given vectors", () => {
  const space = itemsFromVectors(directions(0, 10, 20, 90, 100, 200), {
    itemIds: ["a", "b", "c", "d", "e", "f"],
  });

  it("lie where what is liked lies, whatever the length of vectors", () => {
    const taste = tasteOf(space, [0, 2]);
    expect(Math.atan2(taste.place[1]!, taste.place[0]!)).toBeCloseTo((10 * Math.PI) / 180, 6);
    const { items } = recommend(space, taste, { k: 2 });
    expect(items.map((item) => item.id)).toEqual(["b", "d"]);
    expect(items[0]!.score).toBeCloseTo(1, 6);
    expect(items[1]!.score).toBeCloseTo(Math.cos((80 * Math.PI) / 180), 6);
    const long = {
      ...space,
      items: { ...space.items, data: space.items.data.map((v, p) => v * (1 + (p >> 1))) },
    };
    recommend(long, tasteOf(long, [0, 2]), { k: 6 }).items.forEach((item, at) => {
      expect(item.score).toBeCloseTo(recommend(space, taste, { k: 6 }).items[at]!.score, 6);
    });
  });

  it("lean to what is liked more", () => {
    const best = (weights: number[]) =>
      recommend(space, tasteOf(space, [0, 3], weights), { k: 1 }).items[0]!.id;
    expect(best([3, 1])).toBe("c");
    expect(best([1, 3])).toBe("e");
  });

  it("name the nearest liked items, with chords", () => {
    const [first] = recommend(space, tasteOf(space, [3, 0, 2]), { k: 1, nReasons: 2 }).items;
    expect(first!.id).toBe("b");
    expect(first!.reasons.map((reason) => reason.id)).toEqual(["a", "c"]);
    expect(first!.reasons[0]!.distance).toBeCloseTo(2 * Math.sin((5 * Math.PI) / 180), 5);
  });

  it("do not hold what is liked, or what is excluded instead", () => {
    const ids = (exclude?: number[]) =>
      recommend(space, tasteOf(space, [0]), exclude ? { exclude } : {}).items.map((item) => item.id);
    expect(ids()).toEqual(["b", "c", "d", "e", "f"]);
    expect(ids([1, 2])).toEqual(["a", "d", "e", "f"]);
  });

  it("say nothing of novelty without popularity", () => {
    const found = recommend(space, tasteOf(space, [0]));
    expect(found.novelty).toBeNull();
    expect(found.items[0]!.novelty).toBeNull();
  });

  it("refuse what has no meaning", () => {
    expect(() => tasteOf(space, [])).toThrow(/at least one liked item/);
    expect(() => tasteOf(space, [6])).toThrow(/liked item must be/);
    expect(() => tasteOf(space, [1], [0])).toThrow(/above 0/);
    expect(() => tasteOf(space, [1], [1, 1])).toThrow(/1 liked items and 2 weights/);
    expect(() => itemsFromVectors(matrix([0, 0, 1, 0], 2, 2))).toThrow(/item 0 is all zeros/);
    expect(() => itemsFromVectors(directions(0), { itemIds: ["a", "b"] })).toThrow(
      /1 item vectors and 2 items/,
    );
    expect(() => recommend(space, tasteOf(space, [0]), { diversity: 2 })).toThrow(/diversity/);
    expect(() => recommend(space, tasteOf(space, [0]), { exclude: [6] })).toThrow(/excluded item/);
  });
});

describe("diversity", () => {
  it("takes items that are less alike, at the cost of scores", () => {
    const space = itemsFromVectors(gaussian(rng(4), 300, 6));
    const taste = tasteOf(space, [0, 1, 2]);
    const lists = [0, 0.3, 0.7].map((diversity) => recommend(space, taste, { diversity }));
    const total = (list: (typeof lists)[number]) => list.items.reduce((sum, item) => sum + item.score, 0);
    for (let at = 1; at < lists.length; at++) {
      expect(lists[at]!.diversity).toBeGreaterThan(lists[at - 1]!.diversity + 0.05);
      expect(total(lists[at]!)).toBeLessThan(total(lists[at - 1]!));
      expect(lists[at]!.items[0]!.item).toBe(lists[0]!.items[0]!.item);
    }
  });

  it("is maximal marginal relevance: worked by hand", () => {
    const space = itemsFromVectors(directions(0, 10, 12, -60));
    // After the one at 10 degrees: (1 - .5) cos 12 - .5 cos 2 < 0 < (1 - .5) cos 60 - .5 cos 70.
    const ids = (diversity: number) =>
      recommend(space, tasteOf(space, [0]), { k: 2, diversity }).items.map((i) => i.item);
    expect(ids(0)).toEqual([1, 2]);
    expect(ids(0.5)).toEqual([1, 3]);
  });
});

describe("recommendations from a fitted model", () => {
  const crowds = twoCrowds(3, 0.95);
  const fit = fitAls(crowds, { nFactors: 4, regularization: 1, threads: 1 });
  /** Which crowd an item is of: ids are even or odd. */
  const shareOfEven = (model: AlsModel, ids: number[]) => {
    const liked = ids.map((id) => model.itemIds.indexOf(id));
    return (
      recommend(model, tasteOf(model, liked)).items.filter((item) => Number(item.id) % 2 === 0).length / 10
    );
  };

  it("follow a cold user's few likes into the crowd that shares them", async () => {
    const model = await fit;
    expect(shareOfEven(model, [0, 2])).toBeGreaterThanOrEqual(0.9);
    expect(shareOfEven(model, [1, 3])).toBeLessThanOrEqual(0.1);
  });

  it("do not where there are no crowds (control)", async () => {
    const model = await fitAls(twoCrowds(3, 0.5), { nFactors: 4, regularization: 1, threads: 1 });
    expect(Math.abs(shareOfEven(model, [0, 2]) - shareOfEven(model, [1, 3]))).toBeLessThan(0.8);
  });

  it("tell how rare items are, in bits", async () => {
    const model = await fit;
    const { items, novelty } = recommend(model, tasteOf(model, [0]), { k: 5 });
    const bits = items.map(({ item }) => -Math.log2((model.popularity!.counts[item]! + 1) / 81));
    items.forEach((item, at) => {
      expect(item.novelty).toBeCloseTo(bits[at]!, 12);
    });
    expect(novelty).toBeCloseTo(bits.reduce((sum, value) => sum + value, 0) / 5, 12);
  });
});
