import type protobuf from "protobufjs/light.js";
import { IsometerError } from "../../base/index.ts";
import type { ConstantExpression } from "../expression.ts";
import { numberOf } from "../op.ts";
import { MODEL } from "../proto.ts";
import { type RawTensor, type ReadExternal, tensorFrom } from "./source.ts";

/** A tensor that a model holds. */
export interface HeldTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** The operations that take it, and as which input, also where it is laid out anew before. */
  readonly uses: readonly { readonly op: string; readonly at: number }[];
  read(): ConstantExpression;
}

/** The same model with other inputs, and what it held. */
export interface OpenModel {
  /** The model, in which the opened tensors are inputs of their names, behind its own. */
  readonly bytes: Uint8Array;
  readonly tensors: readonly HeldTensor[];
}

interface RawGraph {
  readonly node: readonly {
    readonly input: readonly string[];
    readonly output: readonly string[];
    readonly opType: string;
  }[];
  initializer: RawTensor[];
  input: { readonly name: string }[];
}

/** Operations that change how numbers lie, and not the numbers. */
const LAYING = ["Identity", "Transpose", "Reshape", "Flatten", "Squeeze", "Unsqueeze"];

/**
 * A model whose tensors of float32 move: those that `isOpen` says yes to become inputs.
 *
 * @throws bad-format where the bytes are no model
 */
export function openTensors(
  bytes: Uint8Array,
  isOpen: (tensor: HeldTensor) => boolean,
  external?: ReadExternal,
): OpenModel {
  const model = MODEL.decode(bytes) as protobuf.Message & { readonly graph?: RawGraph };
  const { graph } = model;
  if (!graph) throw new IsometerError("bad-format", "the file holds no ONNX model");
  const usesOf = openUses(graph);
  const tensors = graph.initializer.flatMap((raw): HeldTensor[] => {
    const shape = raw.dims.map(Number);
    const held = { name: raw.name, shape, uses: usesOf(raw.name), read: () => tensorFrom(raw, external) };
    return raw.dataType === numberOf("float") && isOpen(held) ? [held] : [];
  });
  const opened = new Set(tensors.map(({ name }) => name));
  graph.initializer = graph.initializer.filter(({ name }) => !opened.has(name));
  graph.input = [...graph.input.filter(({ name }) => !opened.has(name)), ...tensors.map(endOf)];
  return { bytes: MODEL.encode(model).finish(), tensors };
}

/** What uses a value, looked for behind operations that only lay it out anew. */
function openUses({ node }: RawGraph): (name: string) => HeldTensor["uses"] {
  const users = new Map<string, { readonly raw: RawGraph["node"][number]; readonly at: number }[]>();
  for (const raw of node) {
    raw.input.forEach((name, at) => {
      users.set(name, [...(users.get(name) ?? []), { raw, at }]);
    });
  }
  const usesOf = (name: string): HeldTensor["uses"] =>
    (users.get(name) ?? []).flatMap(({ raw, at }) =>
      at === 0 && LAYING.includes(raw.opType) ? usesOf(raw.output[0]!) : [{ op: raw.opType, at }],
    );
  return usesOf;
}

function endOf({ name, shape }: HeldTensor) {
  const dim = shape.map((dimValue) => ({ dimValue }));
  return { name, type: { tensorType: { elemType: numberOf("float"), shape: { dim } } } };
}
