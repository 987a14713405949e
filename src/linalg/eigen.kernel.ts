import type { Kernel } from "../engine/index.ts";
import { symmetricEigen } from "./symmetric.ts";
import type { Eigen } from "./tridiagonal.ts";

/** A symmetric matrix whose eigenvalues and vectors are asked for. */
export interface EigenTask {
  readonly matrix: Float64Array;
  readonly n: number;
}

/** A task is a matrix. */
export async function open(): Promise<Kernel<EigenTask, Eigen, null>> {
  return { run: async ({ matrix, n }) => symmetricEigen(matrix, n), finish: () => null };
}
