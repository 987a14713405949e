import { IsometerError } from "../../base/index.ts";
import { constant, type Expression, input, simplify, toOnnx } from "../../graph/index.ts";
import type { Layer, Scope } from "./layer.ts";

export interface SaveOptions {
  /** Numbers of a row. */
  readonly inputs: number;
  /** Default: "x". */
  readonly inputName?: string;
  /** Default: "y". */
  readonly outputName?: string;
  /** Rows that it takes at once. Default: any number, a dimension that is called "batch". */
  readonly batch?: number;
  /** Texts that travel with it. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * A layer as an ONNX model of rows, batch x inputs to batch x outputs, as it is used after training: by running statistics.
 *
 * @param values the numbers of each parameter and running statistic, by name
 * @throws unsupported-model where it is of batches of one size only, and no `batch` is given
 */
export function layerToOnnx(
  layer: Layer,
  values: (name: string) => Float32Array,
  { inputs, inputName = "x", outputName = "y", batch, metadata = {} }: SaveOptions,
): Uint8Array {
  const x = input(inputName, [batch ?? "batch", inputs]);
  const y = inWords(() => layer.apply(x, fixedScope(layer, values)));
  return toOnnx(simplify({ outputs: { [outputName]: y } }), "isometer", metadata);
}

/** What parameters are once they stay. */
function fixedScope({ parameters, running }: Layer, values: (name: string) => Float32Array): Scope {
  const made = new Map<string, Expression>(
    [...parameters, ...running].map(({ name, shape }) => [name, constant(values(name), shape)]),
  );
  return {
    isTraining: false,
    value(name) {
      const e = made.get(name);
      if (!e) throw new IsometerError("internal", `learn: there is no parameter ${name}`);
      return e;
    },
    update: () => undefined,
  };
}

/** Operations that have to know the size of a batch are the layer's own matter. */
function inWords(apply: () => Expression): Expression {
  try {
    return apply();
  } catch (cause) {
    if (!(cause instanceof IsometerError) || !/unknown size/.test(cause.message)) throw cause;
    throw new IsometerError("unsupported-model", "the network has to know the size of its batches", {
      hint: "Save it for batches of one size.",
      cause,
    });
  }
}
