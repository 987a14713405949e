export * from "./expression.ts";
export { toOnnx } from "./onnx.ts";
export type { Attributes, Op, Tensor } from "./op.ts";
export { OPS, type OpName } from "./ops/index.ts";
export type { Dim, Shape } from "./shape.ts";
