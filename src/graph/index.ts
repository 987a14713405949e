export * from "./expression.ts";
export { toOnnx } from "./onnx.ts";
export { type Arrays, type Attributes, type ElementType, type Op, type Tensor, typeOf } from "./op.ts";
export { OPS, type OpName } from "./ops/index.ts";
export type { Dim, Shape } from "./shape.ts";
