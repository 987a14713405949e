import type { EngineInfo, Kernel, KernelTools } from "../../engine/index.ts";
import { type Convolution, convolutionBound } from "./conv-norm.ts";
import { largestSingularBound, openMultiplier } from "./spectral-norm.ts";

/** A linear layer: matrices, one after the other, or a convolution. Weights lie on shared memory. */
export type LinearLayer =
  | {
      readonly kind: "matrices";
      readonly weights: Float32Array;
      readonly count: number;
      readonly rows: number;
      readonly cols: number;
    }
  | ({ readonly kind: "convolution" } & Convolution);

/** An upper bound of a layer's norm, and whether it is of its unfolded weights. */
export interface LayerNorm {
  readonly bound: number;
  readonly isUnfolded: boolean;
}

/** A task is a layer, by its number. Sessions are closed after each: what they keep is large. */
export async function open(
  { layers, engine }: { readonly layers: readonly LinearLayer[]; readonly engine: EngineInfo },
  _tools: KernelTools,
): Promise<Kernel<number, LayerNorm, null>> {
  return {
    async run(index) {
      const layer = layers[index]!;
      const multiplier = openMultiplier(engine);
      try {
        if (layer.kind === "convolution") {
          const { bound, by } = await convolutionBound(layer, multiplier);
          return { bound, isUnfolded: by === "unfolding" };
        }
        const { weights, count, rows, cols } = layer;
        const { bound } = await largestSingularBound(
          { data: new Float64Array(weights), count, rows, cols },
          multiplier,
        );
        return { bound, isUnfolded: false };
      } finally {
        await multiplier.close();
      }
    },
    finish: () => null,
  };
}
