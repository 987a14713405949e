import protobuf from "protobufjs/light.js";

/** The messages and fields of onnx.proto (Apache-2.0, github.com/onnx/onnx) that we use, and no others. */
const FIELDS: Readonly<Record<string, Readonly<Record<string, readonly [type: string, id: number]>>>> = {
  Model: {
    irVersion: ["int64", 1],
    producerName: ["string", 2],
    graph: ["Graph", 7],
    opsetImport: ["*Opset", 8],
    metadataProps: ["*Entry", 14],
    functions: ["*Function", 25],
  },
  Opset: { domain: ["string", 1], version: ["int64", 2] },
  Function: { name: ["string", 1], domain: ["string", 10] },
  Graph: {
    node: ["*Node", 1],
    name: ["string", 2],
    initializer: ["*Tensor", 5],
    input: ["*Value", 11],
    output: ["*Value", 12],
    sparseInitializer: ["*Sparse", 15],
  },
  Sparse: { values: ["Tensor", 1] },
  Tensor: {
    dims: ["*int64", 1],
    dataType: ["int32", 2],
    floatData: ["*float", 4],
    int32Data: ["*int32", 5],
    int64Data: ["*int64", 7],
    name: ["string", 8],
    rawData: ["bytes", 9],
    doubleData: ["*double", 10],
    externalData: ["*Entry", 13],
    dataLocation: ["int32", 14],
  },
  Entry: { key: ["string", 1], value: ["string", 2] },
  Node: {
    input: ["*string", 1],
    output: ["*string", 2],
    name: ["string", 3],
    opType: ["string", 4],
    attribute: ["*Attribute", 5],
    domain: ["string", 7],
  },
  Attribute: {
    name: ["string", 1],
    f: ["float", 2],
    i: ["int64", 3],
    s: ["bytes", 4],
    t: ["Tensor", 5],
    floats: ["*float", 7],
    ints: ["*int64", 8],
    type: ["int32", 20],
  },
  Value: { name: ["string", 1], type: ["Type", 2] },
  Type: { tensorType: ["TensorType", 1] },
  TensorType: { elemType: ["int32", 1], shape: ["Shape", 2] },
  Shape: { dim: ["*Dim", 1] },
  Dim: { dimValue: ["int64", 1], dimParam: ["string", 2] },
};

function message(fields: (typeof FIELDS)[string]): protobuf.IType {
  const entries = Object.entries(fields).map(([name, [type, id]]) =>
    type.startsWith("*") ? [name, { rule: "repeated", type: type.slice(1), id }] : [name, { type, id }],
  );
  return { fields: Object.fromEntries(entries) };
}

const nested = Object.fromEntries(Object.entries(FIELDS).map(([name, fields]) => [name, message(fields)]));

/** onnx.ModelProto */
export const MODEL = protobuf.Root.fromJSON({ nested }).lookupType("Model");

/** Enumerators of onnx.proto: the types of attributes that we use. */
export const ATTRIBUTE = { float: 1, int: 2, string: 3, tensor: 4, floats: 6, ints: 7 } as const;
