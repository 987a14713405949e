import type protobuf from "protobufjs/light.js";
import { IsometerError } from "../base/index.ts";
import {
  type ConstantExpression,
  type Expression,
  type Graph,
  inOrder,
  type NodeExpression,
} from "./expression.ts";
import { type AttributeValue, numberOf, type Op } from "./op.ts";
import { OPS } from "./ops/index.ts";
import { ATTRIBUTE, MODEL } from "./proto.ts";

/** ONNX IR version and operator set that we write: read by every runtime since 2022. */
const IR_VERSION = 8;
const OPSET = 17;

/**
 * The graph as the bytes of an ONNX model, readable by any ONNX runtime. Inputs and outputs have different names.
 *
 * @param metadata texts that travel with the model
 * @throws internal where names are the same
 */
export function toOnnx(
  graph: Graph,
  name = "isometer",
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const order = inOrder(graph);
  const names = new Map<Expression, string>();
  order.forEach((e, i) => {
    names.set(e, e.kind === "input" ? e.name : `t${i}`);
  });
  const copies: { readonly output: string; readonly e: Expression }[] = [];
  const named = new Set<Expression>();
  for (const [output, e] of Object.entries(graph.outputs)) {
    if (order.some((other) => other.kind === "input" && other.name === output))
      throw new IsometerError("internal", `graph: ${output} is an input and an output`);
    // What is an input, a constant or another output as well is copied.
    if (e.kind === "node" && !named.has(e)) names.set(e, output);
    else copies.push({ output, e });
    named.add(e);
  }
  const model = MODEL.fromObject({
    irVersion: IR_VERSION,
    producerName: "isometer",
    opsetImport: [{ domain: "", version: OPSET }],
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    graph: {
      name,
      node: [
        ...order.flatMap((e) => (e.kind === "node" ? [nodeOf(e, names.get(e)!, names)] : [])),
        ...copies.map(({ output, e }) => identity(output, names.get(e)!)),
      ],
      input: order.flatMap((e) => (e.kind === "input" ? [valueInfo(e.name, e)] : [])),
      output: Object.entries(graph.outputs).map(([output, e]) => valueInfo(output, e)),
    },
  }) as unknown as { graph: { initializer: object[] } };
  // Set here because fromObject would copy the numbers one by one.
  model.graph.initializer = order.flatMap((e) => {
    if (e.kind === "constant") return [tensorOf(e, names.get(e)!)];
    return e.kind === "node" ? operandsOf(e, names.get(e)!) : [];
  });
  return MODEL.encode(model as unknown as protobuf.Message).finish();
}

function identity(output: string, of: string): object {
  return { opType: "Identity", name: `Identity_${output}`, input: [of], output: [output], attribute: [] };
}

function nodeOf(e: NodeExpression, own: string, names: ReadonlyMap<Expression, string>): object {
  const { name, operands = [] }: Op = OPS[e.op];
  const attributes = Object.entries(e.attributes).filter(([name]) => !operands.includes(name));
  return {
    opType: name,
    name: `${e.op}_${own}`,
    input: [...e.inputs.map((i) => names.get(i)!), ...operandsOf(e, own).map(({ name }) => name)],
    output: [own],
    attribute: attributes.map(([key, value]) => ({ name: key, ...attributeOf(value) })),
  };
}

/** Attributes that ONNX has as inputs: lists of int64. */
function operandsOf(e: NodeExpression, own: string) {
  const { operands = [] }: Op = OPS[e.op];
  return operands.flatMap((name) => {
    const value = e.attributes[name];
    if (!value || !("ints" in value)) return [];
    const data = BigInt64Array.from(value.ints, BigInt);
    return [tensorOf({ kind: "constant", data, shape: [data.length], type: "int64" }, `${own}:${name}`)];
  });
}

/** TensorProto keeps numbers as little-endian bytes, which is how every machine that we run on has them. */
function tensorOf({ data, shape, type }: ConstantExpression, name: string) {
  const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { dims: shape, dataType: numberOf(type), name, rawData };
}

function attributeOf(value: AttributeValue): object {
  if ("int" in value) return { i: value.int, type: ATTRIBUTE.int };
  if ("ints" in value) return { ints: value.ints, type: ATTRIBUTE.ints };
  return { f: value.float, type: ATTRIBUTE.float };
}

function valueInfo(name: string, { shape, type }: Expression): object {
  const dim = shape.map((d) => (typeof d === "number" ? { dimValue: d } : { dimParam: d }));
  return { name, type: { tensorType: { elemType: numberOf(type), shape: { dim } } } };
}
