import type { Op } from "../op.ts";
import { Add, Mul, Relu, Sqrt, Sub } from "./elementwise.ts";
import { Gemm } from "./gemm.ts";
import { MatMulInteger } from "./mat-mul-integer.ts";
import { Transpose } from "./transpose.ts";

/** The table of operations. A node names one of these, so an unknown op is a type error. */
export const OPS = { Add, Gemm, MatMulInteger, Mul, Relu, Sqrt, Sub, Transpose } satisfies Record<string, Op>;

export type OpName = keyof typeof OPS;
