import protobuf from "protobufjs/light.js";
import {
  type ConstantExpression,
  type Expression,
  type Graph,
  inOrder,
  type NodeExpression,
  numberOf,
} from "./expression.ts";
import type { AttributeValue, Op } from "./op.ts";
import { OPS } from "./ops/index.ts";

/** ONNX IR version and operator set that we write: read by every runtime since 2022. */
const IR_VERSION = 8;
const OPSET = 17;

/** Enumerators of onnx.proto: AttributeProto.FLOAT / INT / INTS. */
const ATTRIBUTE = { float: 1, int: 2, ints: 7 } as const;

/** The messages and fields of onnx.proto (Apache-2.0, github.com/onnx/onnx) that we use, and no others. */
const MODEL = protobuf.Root.fromJSON({
  nested: {
    Model: message({
      irVersion: ["int64", 1],
      producerName: ["string", 2],
      graph: ["Graph", 7],
      opsetImport: ["*Opset", 8],
    }),
    Opset: message({ domain: ["string", 1], version: ["int64", 2] }),
    Graph: message({
      node: ["*Node", 1],
      name: ["string", 2],
      initializer: ["*Tensor", 5],
      input: ["*Value", 11],
      output: ["*Value", 12],
    }),
    Tensor: message({
      dims: ["*int64", 1],
      dataType: ["int32", 2],
      name: ["string", 8],
      rawData: ["bytes", 9],
    }),
    Node: message({
      input: ["*string", 1],
      output: ["*string", 2],
      name: ["string", 3],
      opType: ["string", 4],
      attribute: ["*Attribute", 5],
    }),
    Attribute: message({
      name: ["string", 1],
      f: ["float", 2],
      i: ["int64", 3],
      ints: ["*int64", 8],
      type: ["int32", 20],
    }),
    Value: message({ name: ["string", 1], type: ["Type", 2] }),
    Type: message({ tensorType: ["TensorType", 1] }),
    TensorType: message({ elemType: ["int32", 1], shape: ["Shape", 2] }),
    Shape: message({ dim: ["*Dim", 1] }),
    Dim: message({ dimValue: ["int64", 1], dimParam: ["string", 2] }),
  },
}).lookupType("Model");

function message(fields: Record<string, [type: string, id: number]>): protobuf.IType {
  const entries = Object.entries(fields).map(([name, [type, id]]) =>
    type.startsWith("*") ? [name, { rule: "repeated", type: type.slice(1), id }] : [name, { type, id }],
  );
  return { fields: Object.fromEntries(entries) };
}

/** The graph as the bytes of an ONNX model, readable by any ONNX runtime. */
export function toOnnx(graph: Graph, name = "isometer"): Uint8Array {
  const order = inOrder(graph);
  const names = new Map<Expression, string>();
  order.forEach((e, i) => {
    names.set(e, e.kind === "input" ? e.name : `t${i}`);
  });
  const copies: { readonly output: string; readonly e: Expression }[] = [];
  const named = new Set<Expression>();
  for (const [output, e] of Object.entries(graph.outputs)) {
    // What is an input, a constant or another output as well is copied.
    if (e.kind === "node" && !named.has(e)) names.set(e, output);
    else copies.push({ output, e });
    named.add(e);
  }
  const model = MODEL.fromObject({
    irVersion: IR_VERSION,
    producerName: "isometer",
    opsetImport: [{ domain: "", version: OPSET }],
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
  const { operands = [] }: Op = OPS[e.op];
  const attributes = Object.entries(e.attributes).filter(([name]) => !operands.includes(name));
  return {
    opType: e.op,
    name: `${e.op}_${own}`,
    input: [...e.inputs.map((i) => names.get(i)!), ...operandsOf(e, own).map(({ name }) => name)],
    output: [own],
    attribute: attributes.map(([name, value]) => ({ name, ...attributeOf(value) })),
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
