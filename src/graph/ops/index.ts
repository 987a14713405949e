import type { Op } from "../op.ts";
import { Conv, ConvTranspose } from "./conv.ts";
import * as elementwise from "./elementwise.ts";
import { Gemm } from "./gemm.ts";
import { MatMul } from "./mat-mul.ts";
import { MatMulInteger } from "./mat-mul-integer.ts";
import { ArgMax, ReduceMax, ReduceMean, ReduceMin, ReduceSum } from "./reduce.ts";
import { Concat, Expand, Gather, Pad, Reshape, Slice, Transpose } from "./shaping.ts";
import { LogSoftmax, Softmax } from "./softmax.ts";

/** The table of operations. A node names one of these, so an unknown op is a type error, and an op without a rule for its derivative as well. */
export const OPS = {
  ...elementwise,
  ArgMax,
  Concat,
  Conv,
  ConvTranspose,
  Expand,
  Gather,
  Gemm,
  LogSoftmax,
  MatMul,
  MatMulInteger,
  Pad,
  ReduceMax,
  ReduceMean,
  ReduceMin,
  ReduceSum,
  Reshape,
  Slice,
  Softmax,
  Transpose,
} satisfies Record<string, Op>;

export type OpName = keyof typeof OPS;
