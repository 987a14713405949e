import { gemm } from "../../graph/index.ts";
import { ACTIVATIONS, type Activation } from "./activation.ts";
import { type Layer, sequence, stateless } from "./layer.ts";

/** y = x W + b, W: n x m. Begins as PyTorch's: evenly within 1 / sqrt(n). */
export function linear(name: string, inputs: number, outputs: number): Layer {
  const [weight, bias] = [`${name}.weight`, `${name}.bias`];
  const init = { kind: "uniform", bound: 1 / Math.sqrt(inputs) } as const;
  return {
    parameters: [
      { name: weight, shape: [inputs, outputs], init, isWeight: true },
      { name: bias, shape: [1, outputs], init, isWeight: false },
    ],
    running: [],
    apply: (x, { value }) => gemm(x, value(weight), { c: value(bias) }),
  };
}

/** Linear layers of these widths with a function between them: widths [784, 512, 16] are two layers. */
export function mlp(name: string, widths: readonly number[], activation: Activation): Layer {
  const between = stateless(ACTIVATIONS[activation]);
  const last = widths.length - 2;
  return sequence(
    widths.slice(1).flatMap((outputs, k) => {
      const layer = linear(`${name}.${k}`, widths[k]!, outputs);
      return k < last ? [layer, between] : [layer];
    }),
  );
}
