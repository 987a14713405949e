import { kernelUrl, runBlocks } from "../engine/index.ts";
import type { EigenTask } from "./eigen.kernel.ts";
import type { MomentsOptions } from "./moments.ts";
import type { SpectrumTask } from "./spectrum.kernel.ts";
import type { Eigen } from "./tridiagonal.ts";

export type { SpectrumTask } from "./spectrum.kernel.ts";

/** The eigenvalues or singular values of each of some matrices, descending, a worker thread to each. Cost O(n^3) each. */
export async function spectra(
  tasks: readonly SpectrumTask[],
  options: MomentsOptions,
): Promise<Float64Array[]> {
  if (tasks.length === 0) return [];
  const kernel = kernelUrl("./spectrum.kernel.js", import.meta.url);
  const { results } = await runBlocks<SpectrumTask, Float64Array, null>({
    ...options,
    kernel,
    setup: null,
    tasks,
  });
  return results;
}

/** All eigenvalues and vectors of each of some symmetric matrices (`symmetricEigen`), a worker thread to each. */
export async function eigenOf(tasks: readonly EigenTask[], options: MomentsOptions): Promise<Eigen[]> {
  const kernel = kernelUrl("./eigen.kernel.js", import.meta.url);
  const { results } = await runBlocks<EigenTask, Eigen, null>({ ...options, kernel, setup: null, tasks });
  return results;
}
