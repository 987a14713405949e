import { describe, expect, it } from "vitest";
import { evaluate, findEngine, openSession } from "../../src/engine/index.ts";
import {
  type Expression,
  fromOnnx,
  type InputExpression,
  input,
  jvp,
  simplify,
  type Tensor,
  toOnnx,
  vjp,
} from "../../src/graph/index.ts";
import { fixtureModel, fixtureModels, relative } from "./pytorch-kit.ts";

/** What the exporter folds beforehand it folds in float32. */
const CLOSE = 1e-6;

interface Derivatives {
  readonly x: InputExpression;
  readonly outputs: Readonly<Record<string, Expression>>;
}

/** Value, J v, J' u, and the derivative of J' u along v. */
function derivativesOf(bytes: Uint8Array, batch: number): Derivatives {
  const { graph, inputs } = fromOnnx(bytes, { batch });
  const x = inputs[0]!;
  const y = graph.outputs.y!;
  const [v, u] = [input("v", x.shape), input("u", y.shape)];
  const along = jvp(graph, new Map([[x, v]])).y!;
  const back = vjp(graph, [x], { y: u })[0]!;
  const second = jvp({ outputs: { back } }, new Map([[x, v]])).back!;
  return { x, outputs: simplify({ outputs: { y, along, back, second } }).outputs };
}

const repeated = (row: readonly number[], times: number) => Array.from({ length: times }, () => row).flat();

describe.each(fixtureModels())("the derivatives of %s, exported by %s, are PyTorch's", (name, exporter) => {
  const { bytes, truth } = fixtureModel(name, exporter);
  const batch = truth.x.length;
  const { x, outputs } = derivativesOf(bytes, batch);
  const dims = { x: x.shape as number[], y: outputs.y!.shape as number[] };
  const feedsOf = (make: (values: number[]) => Tensor["data"]): Record<string, Tensor> => ({
    x: { data: make(truth.x.flat()), dims: dims.x },
    v: { data: make(repeated(truth.v, batch)), dims: dims.x },
    u: { data: make(repeated(truth.u, batch)), dims: dims.y },
  });
  const wanted = {
    y: truth.y.flat(),
    along: truth.jacobians.flatMap((J) => J.map((row) => row.reduce((s, w, k) => s + w * truth.v[k]!, 0))),
    back: truth.jacobians.flatMap((J) =>
      truth.v.map((_, k) => J.reduce((s, row, i) => s + row[k]! * truth.u[i]!, 0)),
    ),
    second: truth.hvp.flat(),
  };

  it("by the reference in float64", () => {
    const found = evaluate(
      { outputs },
      feedsOf((values) => Float64Array.from(values)),
    );
    for (const [key, values] of Object.entries(wanted)) {
      expect(relative(found[key]!.data as Float64Array, values), key).toBeLessThan(CLOSE);
    }
  });

  it("by ONNX Runtime in float32", async () => {
    const session = await openSession(toOnnx({ outputs }), await findEngine({ threads: 1 }));
    const found = Object.fromEntries(
      Object.entries(outputs).map(([key, { shape }]) => {
        const dims = shape as number[];
        return [key, { data: new Float32Array(dims.reduce((a, b) => a * b, 1)), dims }];
      }),
    );
    await session.run(
      feedsOf((values) => Float32Array.from(values)),
      found,
    );
    await session.close();
    for (const [key, values] of Object.entries(wanted)) {
      expect(relative(found[key]!.data, values), key).toBeLessThan(2e-5);
    }
  });

  it("those of other points are others (control)", () => {
    const { y, ...derivatives } = evaluate(
      { outputs },
      feedsOf((values) => Float64Array.from(values)),
    );
    for (const [key, { data }] of Object.entries({ y: y!, ...derivatives })) {
      const values = wanted[key as keyof typeof wanted];
      const next = [...values.slice(values.length / batch), ...values.slice(0, values.length / batch)];
      expect(relative(data as Float64Array, next), key).toBeGreaterThan(100 * CLOSE);
    }
  });
});
