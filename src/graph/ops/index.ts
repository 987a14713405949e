import type { Op } from "../op.ts";
import { Add, Mul, Relu, Sqrt, Sub } from "./elementwise.ts";
import { Gemm } from "./gemm.ts";

/** The table of operations. A node names one of these, so an unknown op is a type error. */
export const OPS = { Add, Gemm, Mul, Relu, Sqrt, Sub } satisfies Record<string, Op>;

export type OpName = keyof typeof OPS;
