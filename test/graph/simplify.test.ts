import { describe, expect, it } from "vitest";
import {
  add,
  constant,
  inOrder,
  input,
  matMul,
  mul,
  relu,
  scalar,
  simplify,
  sub,
  transpose,
} from "../../src/graph/index.ts";
import { runsAlike } from "./derivative-kit.ts";

const nodes = (graph: Parameters<typeof inOrder>[0]) => inOrder(graph).filter((e) => e.kind === "node");

describe("simplify", () => {
  it("makes the same thing once, however it is written", () => {
    const x = input("x", [2, 3]);
    const twice = add(mul(x, scalar(2, "float")), mul(x, scalar(2, "float")));
    expect(nodes({ outputs: { twice } })).toHaveLength(3);
    expect(nodes(simplify({ outputs: { twice, again: mul(x, scalar(2, "float")) } }))).toHaveLength(2);
  });

  it("makes many numbers once where all are one number, and where they are one array", () => {
    const x = input("x", [100]);
    const [some, others] = [0, 1].map(() => Float32Array.from({ length: 100 }, (_, i) => i));
    const of = (data: Float32Array) => mul(x, constant(data, [100]));
    const ones = () => of(new Float32Array(100).fill(1));
    expect(nodes(simplify({ outputs: { a: ones(), b: ones() } }))).toHaveLength(1);
    expect(nodes(simplify({ outputs: { a: of(some!), b: of(some!) } }))).toHaveLength(1);
    const apart = { a: ones(), b: of(new Float32Array(100)), c: of(new Float32Array(100).fill(-0)) };
    expect(nodes(simplify({ outputs: { ...apart, d: of(some!), e: of(others!) } }))).toHaveLength(5);
  });

  it("keeps apart what differs: attributes, order, types, the sign of zero", () => {
    const [x, y] = [input("x", [2, 2]), input("y", [2, 2])];
    const outputs = {
      a: transpose(x, [0, 1]),
      b: transpose(x, [1, 0]),
      c: sub(x, y),
      d: sub(y, x),
      e: mul(x, scalar(0, "float")),
      f: mul(x, scalar(-0, "float")),
    };
    expect(nodes(simplify({ outputs }))).toHaveLength(6);
  });

  it("computes what follows from constants, and leaves large results to the engine", () => {
    const [a, b] = [constant(Float32Array.of(1, 2), [2, 1]), constant(Float32Array.of(3, -4), [1, 2])];
    const { outputs } = simplify({ outputs: { y: relu(matMul(a, b)) } });
    expect(outputs.y).toMatchObject({ kind: "constant", shape: [2, 2], data: Float32Array.of(3, 0, 6, 0) });
    const wide = constant(new Float32Array(300), [1, 300]);
    const large = simplify({ outputs: { y: matMul(transpose(wide), wide) } });
    expect(large.outputs.y!.kind).toBe("node");
  });

  it("changes no result", async () => {
    const x = input("x", [3, 4]);
    const half = mul(x, add(scalar(0.25, "float"), scalar(0.25, "float")));
    const y = matMul(add(half, half), transpose(add(half, relu(half))));
    const feeds = { x: { data: Float64Array.from({ length: 12 }, (_, i) => Math.sin(i)), dims: [3, 4] } };
    await runsAlike(simplify({ outputs: { y, same: x, again: y } }), feeds);
  });
});
