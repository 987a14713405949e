import { IsometerError } from "../../base/index.ts";
import { type ModelSource, type Network, openNetwork } from "../../engine/index.ts";
import {
  type ConstantExpression,
  type Dim,
  type Expression,
  endsOf,
  fromOnnx,
  type InputExpression,
  inOrder,
  input,
  reshape,
  substitute,
  vjp,
} from "../../graph/index.ts";
import { type HeldTensor, type OpenModel, openTensors } from "../../graph/read/tensors.ts";
import type { Layer, Parameter } from "./layer.ts";
import { openBatch } from "./open-batch.ts";

/** Somebody's network as a layer: flat rows B x inputs to B x outputs. */
export interface ModelLayer extends Layer {
  readonly inputs: number;
  readonly outputs: number;
}

export interface FromModelOptions {
  /** Numbers of a row that it is given. */
  readonly inputs: number;
  /** Whether it stays as it is: no parameters. Default: no. */
  readonly frozen?: boolean;
}

/** Inputs of operations that hold what training changes, by their places; those of `many` only where they are more than one number. */
const LEARNED: Readonly<Record<string, { readonly at: readonly number[]; readonly many?: boolean }>> = {
  Gemm: { at: [0, 1, 2] },
  Conv: { at: [1, 2] },
  ConvTranspose: { at: [1, 2] },
  BatchNormalization: { at: [1, 2] },
  LayerNormalization: { at: [1, 2] },
  InstanceNormalization: { at: [1, 2] },
  GroupNormalization: { at: [1, 2] },
  RMSNormalization: { at: [1] },
  PRelu: { at: [1] },
  MatMul: { at: [0, 1], many: true },
  Add: { at: [0, 1], many: true },
  Mul: { at: [0, 1], many: true },
};

/** Operations whose factors are matrices and kernels, and where: Gemm adds its third input. */
const PRODUCTS: Readonly<Record<string, readonly number[]>> = {
  Gemm: [0, 1],
  MatMul: [0, 1],
  Conv: [1],
  ConvTranspose: [1],
};

/** Batches of these sizes are read to learn what follows from the size: of no other dimension that is likely. */
const TRIED = [5, 7] as const;

/**
 * An ONNX model of any framework as a layer. Its parameters are the tensors of float32 that linear layers, convolutions and normalisations hold, and that are added or multiplied,
 * with the values and names that the model has: "name.0.weight" (running statistics and factors of interpolation stay). Weights that the model uses twice are one parameter.
 *
 * It works for batches of any size; for a named one, where the model keeps rows apart.
 *
 * @throws unsupported-model where it has no derivatives, or holds nothing that could be trained; what `openNetwork` throws
 */
export function fromModel(
  name: string,
  source: ModelSource,
  { inputs, frozen = false }: FromModelOptions,
): ModelLayer {
  const network = openNetwork(source, inputs);
  if (network.batch === 0) throw refusedAs(source, "takes one row at a time", "Export it with a batch.");
  if (network.refusal !== null) throw refusedAs(source, network.refusal, "Export it without that operation.");
  const model = openTensors(source.bytes, frozen ? () => false : isLearned, source.external);
  const readAt = openReader(network, model);
  const rows = network.batch ?? TRIED[0];
  const learned = frozen ? new Set<string>() : movedNames(readAt(rows), network);
  const tensors = model.tensors.map((tensor) => ({ tensor, value: tensor.read() }));
  if (!frozen && learned.size === 0)
    throw refusedAs(source, "holds no weights that could be trained", "Use it frozen.");
  const full = (own: string) => `${name}.${own}`;
  return {
    inputs,
    outputs: network.outputs,
    parameters: tensors.flatMap((each) =>
      learned.has(each.tensor.name) ? [parameterOf(full(each.tensor.name), each)] : [],
    ),
    running: [],
    apply(x, scope) {
      const [batch] = x.shape as [Dim];
      const shaped = reshape(x, [batch, ...network.inputShape]);
      const given = new Map(
        tensors.map(({ tensor, value }) => [
          tensor.name,
          learned.has(tensor.name) ? scope.value(full(tensor.name)) : value,
        ]),
      );
      return reshape(applied(network, readAt, shaped, given), [batch, network.outputs]);
    },
  };
}

function parameterOf(
  name: string,
  { tensor, value }: { readonly tensor: HeldTensor; readonly value: ConstantExpression },
): Parameter {
  const isWeight = tensor.uses.some(({ op, at }) => PRODUCTS[op]?.includes(at));
  const init = { kind: "values", data: value.data as Float32Array } as const;
  return { name, shape: tensor.shape, init, isWeight: isWeight && tensor.shape.length >= 2 };
}

function isLearned(tensor: HeldTensor): boolean {
  const { shape, uses } = tensor;
  const isOne = shape.every((dim) => dim === 1);
  const isHeld = uses.some(({ op, at }) => {
    const places = LEARNED[op];
    return places?.at.includes(at) && !(places.many && isOne);
  });
  return shape.length > 0 && isHeld && !isPlain(tensor);
}

/** Ones or zeros of an instance normalisation: it stands for one of groups, which scales behind it. */
function isPlain({ uses, read }: HeldTensor): boolean {
  if (!uses.every(({ op }) => op === "InstanceNormalization")) return false;
  const [first, ...others] = read().data;
  return (first === 0 || first === 1) && others.every((value) => value === first);
}

interface Reading {
  readonly x: InputExpression;
  readonly y: Expression;
}

/** The graph of a model for batches of some size; each is read once. */
function openReader(network: Network, { bytes }: OpenModel): (rows: number) => Reading {
  const { source, inputShape, output, input: own } = network;
  const end = endsOf(source.bytes).inputs[0]!;
  const read = new Map<number, Reading>();
  return (rows) => {
    const before = read.get(rows);
    if (before) return before;
    const sizes = [rows, ...inputShape];
    const dims = end.shape!.flatMap((dim, k) =>
      typeof dim === "string" ? [[dim || `${end.name}:${k}`, sizes[k]!] as const] : [],
    );
    const external = source.external && { external: source.external };
    const options = { dims: Object.fromEntries(dims), outputs: [output], ...external };
    const { graph, inputs } = fromOnnx(bytes, options);
    const found = { x: inputs.find((each) => each.name === own.name)!, y: graph.outputs[output]! };
    read.set(rows, found);
    return found;
  };
}

/** The tensors that the output moves with. @throws no-derivative */
function movedNames({ x, y }: Reading, { source }: Network): ReadonlySet<string> {
  const tensors = inOrder({ outputs: { y } }).filter(
    (e): e is InputExpression => e.kind === "input" && e !== x,
  );
  try {
    const back = vjp({ outputs: { y } }, tensors, { y: input("back", y.shape, y.type) });
    return new Set(tensors.flatMap((tensor, k) => (back[k] ? [tensor.name] : [])));
  } catch (cause) {
    if (cause instanceof IsometerError && cause.code === "no-derivative")
      throw refusedAs(source, `cannot be trained: ${cause.message}`, "Use it frozen.", cause);
    throw cause;
  }
}

/** The model on a batch, with values in place of its tensors. */
function applied(
  { batch, source }: Network,
  readAt: (rows: number) => Reading,
  x: Expression,
  given: ReadonlyMap<string, Expression>,
): Expression {
  const [rows] = x.shape as [Dim];
  if (batch !== null && rows !== batch) {
    throw refusedAs(
      source,
      `takes batches of ${batch} rows, not of ${rows}`,
      "Export it with a batch of open size.",
    );
  }
  const { x: own, y } = typeof rows === "number" ? readAt(rows) : opened(readAt, x, source);
  const made = new Map<Expression, Expression>([[own, x]]);
  for (const e of inOrder({ outputs: { y } })) {
    const value = e.kind === "input" && e !== own && e !== x ? given.get(e.name) : undefined;
    if (value) made.set(e, value);
  }
  return substitute(y, made);
}

function opened(readAt: (rows: number) => Reading, x: Expression, source: ModelSource): Reading {
  const stand = input("rows", x.shape, x.type);
  try {
    return { x: stand, y: openBatch(readAt(TRIED[0]), readAt(TRIED[1]), stand) };
  } catch (cause) {
    if (!(cause instanceof IsometerError)) throw cause;
    throw refusedAs(
      source,
      `cannot be saved for batches of any size: ${cause.message}`,
      "Save it for batches of one size.",
      cause,
    );
  }
}

function refusedAs({ name }: ModelSource, why: string, hint: string, cause?: unknown): IsometerError {
  return new IsometerError("unsupported-model", `${name} ${why}`, { hint, cause });
}
