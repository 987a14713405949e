import type { Kernel } from "../engine/index.ts";
import { singularValues, symmetricEigenvalues } from "./symmetric.ts";

/** A matrix whose spectrum is asked for. */
export type SpectrumTask =
  | { readonly kind: "eigenvalues"; readonly matrix: Float64Array; readonly n: number }
  | {
      readonly kind: "singularValues";
      readonly matrix: Float64Array;
      readonly rows: number;
      readonly cols: number;
    };

/** A task is a matrix, its result the values, descending. */
export async function open(): Promise<Kernel<SpectrumTask, Float64Array, null>> {
  return {
    async run(task) {
      if (task.kind === "eigenvalues") return symmetricEigenvalues(task.matrix, task.n);
      return singularValues(task.matrix, task.rows, task.cols);
    },
    finish: () => null,
  };
}
