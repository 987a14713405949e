import { gemm } from "../../graph/index.ts";
import { ACTIVATIONS, type Activation, OUTPUTS, type Output } from "./activation.ts";
import { type Layer, sequence, stateless } from "./layer.ts";
import { type Normalisation, normalised } from "./normalisation.ts";
import { residual } from "./residual.ts";

/** y = x W + b, W: n x m. Begins as PyTorch's: evenly within 1 / sqrt(n). */
export function linear(name: string, inputs: number, outputs: number): Layer {
  const bias = `${name}.bias`;
  const product = linearMap(name, inputs, outputs);
  const [{ init, name: weight }] = product.parameters as [Layer["parameters"][number]];
  return {
    parameters: [...product.parameters, { name: bias, shape: [1, outputs], init, isWeight: false }],
    running: [],
    apply: (x, { value }) => gemm(x, value(weight), { c: value(bias) }),
  };
}

/** y = x W. */
function linearMap(name: string, inputs: number, outputs: number): Layer {
  const weight = `${name}.weight`;
  const init = { kind: "uniform", bound: 1 / Math.sqrt(inputs) } as const;
  return {
    parameters: [{ name: weight, shape: [inputs, outputs], init, isWeight: true }],
    running: [],
    apply: (x, { value }) => gemm(x, value(weight)),
  };
}

/** What stands between the layers of a network, and at its end. */
export interface MlpOptions {
  readonly activation: Activation;
  /** Default: "none". */
  readonly normalisation?: Normalisation;
  /** Whether what goes into a hidden layer is added to what comes out, by way of a linear map where widths differ. */
  readonly residual?: boolean;
  /** Default: "none". */
  readonly output?: Output;
}

/**
 * Linear layers of these widths with normalisation and a function between them: widths [784, 512, 16] are two layers, "name.0" and "name.1". Normalisation of layer k is
 * "name.k.norm", the linear map past it "name.k.past".
 */
export function mlp(name: string, widths: readonly number[], options: MlpOptions): Layer {
  const last = widths.length - 2;
  const layers = widths.slice(1).map((outputs, k) => {
    const [own, inputs] = [`${name}.${k}`, widths[k]!];
    return k < last ? hidden(own, inputs, outputs, options) : linear(own, inputs, outputs);
  });
  return sequence([...layers, stateless(OUTPUTS[options.output ?? "none"])]);
}

function hidden(name: string, inputs: number, outputs: number, options: MlpOptions): Layer {
  const f = sequence([
    linear(name, inputs, outputs),
    normalised(`${name}.norm`, outputs, options.normalisation ?? "none"),
    stateless(ACTIVATIONS[options.activation]),
  ]);
  if (!options.residual) return f;
  return inputs === outputs ? residual(f) : residual(f, linearMap(`${name}.past`, inputs, outputs));
}
