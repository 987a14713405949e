import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/engine/index.ts";
import { input, simplify } from "../../src/graph/index.ts";
import { channelsFirst, channelsLast, type Layer, sequence } from "../../src/learn/networks/index.ts";

const scope = { isTraining: false, value: () => expect.unreachable(), update: () => {} };

/** What a layer makes of two rows of twelve numbers. */
function through(layer: Layer): number[] {
  const x = input("x", [2, 12]);
  const graph = simplify({ outputs: { y: layer.apply(x, scope) } });
  const data = Float32Array.from({ length: 24 }, (_, i) => i);
  return Array.from(evaluate(graph, { x: { data, dims: [2, 12] } }).y!.data as Float32Array);
}

describe("images with colours side by side", () => {
  it("become channels, and come back", () => {
    // Two by two pixels of three colours: pixel p has 3 p, 3 p + 1, 3 p + 2.
    const first = through(channelsFirst([3, 2, 2]));
    expect(first.slice(0, 12)).toEqual([0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]);
    expect(first.slice(12)).toEqual([12, 15, 18, 21, 13, 16, 19, 22, 14, 17, 20, 23]);
    const back = through(sequence([channelsFirst([3, 1, 4]), channelsLast([3, 1, 4])]));
    expect(back).toEqual(Array.from({ length: 24 }, (_, i) => i));
  });

  it("of one colour are as they are (control)", () => {
    expect(through(channelsFirst([1, 3, 4]))).toEqual(Array.from({ length: 24 }, (_, i) => i));
  });
});
