import { describe, expect, it } from "vitest";
import { evaluate, findEngine, openSession } from "../../src/engine/index.ts";
import { type Attributes, input, node, type Tensor, toOnnx, vjp } from "../../src/graph/index.ts";
import { relative } from "./pytorch-kit.ts";

interface Setting {
  readonly op: "Conv" | "ConvTranspose";
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly attributes: Readonly<Record<string, number | readonly number[]>>;
}

/** In one to three spatial dimensions, with groups, dilations, and places that no window reaches. */
const SETTINGS: readonly Setting[] = [
  {
    op: "Conv",
    x: [3, 4, 9],
    w: [6, 2, 3],
    attributes: { strides: [2], pads: [1, 0], dilations: [2], group: 2 },
  },
  {
    op: "Conv",
    x: [3, 4, 8, 7],
    w: [6, 2, 3, 3],
    attributes: { strides: [2, 1], pads: [1, 0, 1, 2], dilations: [1, 2], group: 2 },
  },
  { op: "Conv", x: [3, 1, 8, 7], w: [6, 1, 4, 4], attributes: { strides: [3, 3] } },
  { op: "Conv", x: [3, 2, 8, 6], w: [2, 2, 3, 3], attributes: { strides: [2, 2], pads: [1, 1, 1, 1] } },
  {
    op: "Conv",
    x: [2, 2, 5, 4, 6],
    w: [3, 2, 3, 3, 3],
    attributes: { strides: [2, 1, 2], pads: [1, 1, 1, 1, 1, 1] },
  },
  {
    op: "ConvTranspose",
    x: [3, 4, 4, 5],
    w: [4, 3, 3, 4],
    attributes: { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 0], group: 2 },
  },
];

const tensor = (dims: readonly number[], from: number): Tensor => ({
  data: Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) =>
    Math.sin(12.9898 * (i + from)),
  ),
  dims,
});

function attributesOf(of: Setting["attributes"]): Attributes {
  const entries = Object.entries(of);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === "number" ? { int: value } : { ints: value }]),
  );
}

describe("the gradient of a convolution by its weights", () => {
  it.each(SETTINGS)(
    "is the same in ONNX Runtime as by the reference: $op $x by $w, $attributes",
    async (setting) => {
      const [x, w] = [input("x", setting.x), input("w", setting.w)];
      const y = node(setting.op, [x, w], attributesOf(setting.attributes));
      const back = vjp({ outputs: { y } }, [w], { y: input("u", y.shape) })[0]!;
      const feeds = { x: tensor(setting.x, 1), u: tensor(y.shape as number[], 7) };
      const truth = (given: Record<string, Tensor>) =>
        Array.from(evaluate({ outputs: { back } }, given).back!.data as Float32Array);
      const found = tensor(setting.w, 0);
      const session = await openSession(toOnnx({ outputs: { back } }), await findEngine({ threads: 1 }));
      await session.run(feeds, { back: found });
      await session.close();
      expect(relative(found.data, truth(feeds))).toBeLessThan(1e-5);
      expect(relative(found.data, truth({ ...feeds, x: tensor(setting.x, 2) }))).toBeGreaterThan(0.1);
    },
  );
});
