import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/engine/index.ts";
import { input } from "../../src/graph/index.ts";
import {
  atPlateau,
  type DescentOptions,
  openOptimizer,
  PLATEAU_START,
  rampAt,
  rateFactor,
} from "../../src/optim/index.ts";

interface Fixture {
  readonly start: readonly number[];
  readonly curvature: readonly number[];
  readonly paths: Readonly<Record<string, readonly (readonly number[])[]>>;
  readonly factors: Readonly<Record<string, readonly number[]>>;
}

const fixture = JSON.parse(
  readFileSync(new URL("../fixtures/descent.json", import.meta.url), "utf8"),
) as Fixture;

/** What the recipe gives PyTorch. */
const SAME: Readonly<Record<string, { readonly rate: number; readonly options: DescentOptions }>> = {
  sgd: { rate: 0.05, options: { optimizer: "sgd" } },
  "sgd, momentum and decay": {
    rate: 0.05,
    options: { optimizer: "sgd", momentum: 0.9, weightDecay: 0.02 },
  },
  adam: { rate: 0.1, options: { optimizer: "adam" } },
  "adam, decay": {
    rate: 0.1,
    options: { optimizer: "adam", beta1: 0.8, beta2: 0.95, epsilon: 1e-3, weightDecay: 0.05 },
  },
  adamw: { rate: 0.1, options: { optimizer: "adamw", weightDecay: 0.1 } },
};

/** The places of some steps, by the reference in float64. */
function pathOf(options: DescentOptions, rate: number, steps: number): number[][] {
  const optimizer = openOptimizer(options)!;
  const shape = [fixture.start.length];
  const [p, g] = [input("p", shape, "double"), input("g", shape, "double")];
  const slots = optimizer.slots.map((name) => input(name, shape, "double"));
  const updated = optimizer.update(p, g, slots, (name) => input(`number:${name}`, [], "double"));
  const outputs = { next: updated.next, ...Object.fromEntries(updated.slots.map((e, k) => [`slot${k}`, e])) };
  let place = Float64Array.from(fixture.start);
  let kept = slots.map(() => new Float64Array(place.length));
  const tensor = (data: Float64Array) => ({ data, dims: shape });
  return Array.from({ length: steps }, (_, t) => {
    const numbers = Object.entries(optimizer.numbers(t + 1, rate)).map(([name, value]) => [
      `number:${name}`,
      { data: Float64Array.of(value), dims: [] },
    ]);
    const gradient = place.map((x, k) => fixture.curvature[k]! * x + Math.cos(x));
    const found = evaluate(
      { outputs },
      {
        p: tensor(place),
        g: tensor(gradient),
        ...Object.fromEntries(optimizer.slots.map((name, k) => [name, tensor(kept[k]!)])),
        ...Object.fromEntries(numbers),
      },
    );
    place = found.next!.data as Float64Array<ArrayBuffer>;
    kept = kept.map((_slot, k) => found[`slot${k}`]!.data as Float64Array<ArrayBuffer>);
    return [...place];
  });
}

describe("optimisers", () => {
  it.each(Object.keys(fixture.paths))("%s goes where PyTorch's goes", (name) => {
    const { rate, options } = SAME[name]!;
    const wanted = fixture.paths[name]!;
    const found = pathOf(options, rate, wanted.length);
    for (const [t, place] of found.entries())
      for (const [k, value] of place.entries()) expect(value).toBeCloseTo(wanted[t]![k]!, 10);
  });

  it("another option goes elsewhere", () => {
    const wanted = fixture.paths.adam!.at(-1)!;
    const [last] = pathOf({ optimizer: "adam", weightDecay: 0.05 }, 0.1, wanted.length).slice(-1);
    expect(Math.abs(last![1]! - wanted[1]!)).toBeGreaterThan(1e-4);
  });
});

describe("schedules", () => {
  it("are PyTorch's", () => {
    const { step, cosine } = fixture.factors;
    step!.forEach((factor, t) => {
      expect(rateFactor({ kind: "step", every: 7, factor: 0.3 }, t)).toBeCloseTo(factor, 12);
    });
    cosine!.forEach((factor, t) => {
      expect(rateFactor({ kind: "cosine", over: 25, floor: 0.1 }, t)).toBeCloseTo(factor, 12);
    });
  });

  it("warm up in equal steps, and end a cosine at its floor", () => {
    const rising = Array.from({ length: 6 }, (_, t) => rateFactor({ kind: "constant", warmup: 4 }, t));
    expect(rising).toEqual([0.2, 0.4, 0.6, 0.8, 1, 1]);
    expect(rateFactor({ kind: "cosine", over: 10, floor: 0.05 }, 99)).toBeCloseTo(0.05, 12);
  });

  it("a plateau lowers the rate once nothing has become better for long enough, and not before", () => {
    const seen = (values: readonly number[]) =>
      values.reduce((state, value) => atPlateau(state, value, 2, 0.5), PLATEAU_START);
    expect(seen([3, 2, 1]).factor).toBe(1);
    expect(seen([3, 2, 2, 2]).factor).toBe(1);
    expect(seen([3, 2, 2, 2, 2]).factor).toBe(0.5);
    expect(seen([3, 2, 2, 2, 2, 1, 1, 1, 1]).factor).toBe(0.25);
    expect(JSON.parse(JSON.stringify(PLATEAU_START))).toEqual(PLATEAU_START);
  });

  it("a ramp goes straight from one number to the other, and stays", () => {
    const ramp = { from: 2, to: 0, start: 10, end: 20 };
    expect([0, 10, 15, 20, 50].map((t) => rampAt(ramp, t))).toEqual([2, 2, 1, 0, 0]);
    expect(rampAt(0.3, 7)).toBe(0.3);
  });
});
