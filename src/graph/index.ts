export * from "./expression.ts";
export { jvp, type Tangents } from "./jvp.ts";
export { toOnnx } from "./onnx.ts";
export {
  type Arrays,
  type Attributes,
  type ElementType,
  intOf,
  intsOf,
  type Op,
  type Tensor,
  typeOf,
} from "./op.ts";
export { OPS, type OpName } from "./ops/index.ts";
export {
  endsOf,
  fromOnnx,
  type Model,
  type ModelEnd,
  type ModelEnds,
  metadataOf,
  type ReadExternal,
  type ReadOptions,
} from "./read/index.ts";
export type { Dim, Shape } from "./shape.ts";
export { simplify } from "./simplify.ts";
export { substitute } from "./substitute.ts";
export { type Cotangents, vjp } from "./vjp.ts";
