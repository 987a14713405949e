import type protobuf from "protobufjs/light.js";
import { IsometerError, nearestName } from "../../base/index.ts";
import { type Expression, type Graph, type InputExpression, input } from "../expression.ts";
import { type ElementType, TYPES } from "../op.ts";
import { ATTRIBUTE, MODEL } from "../proto.ts";
import type { Dim } from "../shape.ts";
import { openFolder } from "../simplify.ts";
import { READERS } from "./readers.ts";
import {
  type RawAttribute,
  type RawTensor,
  type ReadExternal,
  refused,
  type Source,
  tensorFrom,
} from "./source.ts";

export type { ReadExternal } from "./source.ts";

/** How to read a model. */
export interface ReadOptions {
  /** Sizes of named dimensions. What follows from sizes has to be known when the model is read: reshaping by the size of a batch, for one. */
  readonly dims?: Readonly<Record<string, number>>;
  /** The size of the first dimension of every input where the model leaves it open. Without it, it stays open. */
  readonly batch?: number;
  /** Names of the values that are asked for, outputs or others. What they do not need is not read. Default: the outputs of the model. */
  readonly outputs?: readonly string[];
  /** Reads tensors that lie in other files. Without it there are none. */
  readonly external?: ReadExternal;
}

/** A model: its graph, and its inputs in their order. */
export interface Model {
  readonly graph: Graph;
  readonly inputs: readonly InputExpression[];
}

interface RawNode {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  readonly attribute: readonly RawAttribute[];
}

interface RawValue {
  readonly name: string;
  readonly type: {
    readonly tensorType: {
      readonly elemType: number;
      readonly shape: {
        readonly dim: readonly { readonly dimValue: number; readonly dimParam: string }[];
      } | null;
    } | null;
  } | null;
}

interface RawModel {
  readonly graph: {
    readonly node: readonly RawNode[];
    readonly initializer: readonly RawTensor[];
    readonly sparseInitializer: readonly unknown[];
    readonly input: readonly RawValue[];
    readonly output: readonly RawValue[];
  } | null;
  readonly metadataProps: readonly { readonly key: string; readonly value: string }[];
  readonly opsetImport: readonly { readonly domain: string; readonly version: number }[];
}

/** The oldest and newest operator sets whose rules are known here. */
const OPSETS = [13, 28] as const;

/**
 * Reads an ONNX model into expressions of our own operations: others (layer normalisation, pooling, GELU ...) become several of ours. What follows from constants and sizes alone
 * is computed.
 *
 * @throws bad-format where the bytes are no model, or contradict themselves; unsupported-model for what is not known here, with the operation and the node
 */
export function fromOnnx(bytes: Uint8Array, options: ReadOptions = {}): Model {
  const { graph, opsetImport } = decoded(bytes);
  const opset = opsetImport.find(({ domain }) => domain === "" || domain === "ai.onnx")?.version ?? 0;
  if (opset < OPSETS[0] || opset > OPSETS[1]) {
    throw new IsometerError("unsupported-model", `the model is of operator set ${opset}`, {
      needed: `${OPSETS[0]} to ${OPSETS[1]}`,
      hint: "Export it anew, with opset_version=17 for one.",
    });
  }
  if (graph.sparseInitializer.length > 0)
    throw new IsometerError("unsupported-model", "the model has sparse tensors");
  const values = new Map<string, Expression>();
  for (const raw of graph.initializer) values.set(raw.name, tensorFrom(raw, options.external));
  const inputs = graph.input.filter(({ name }) => !values.has(name)).map((value) => inputOf(value, options));
  for (const x of inputs) values.set(x.name, x);
  const folded = openFolder();
  const outputs = options.outputs ?? graph.output.map(({ name }) => name);
  const wanted = nodesFor(outputs, graph.node);
  for (const raw of wanted) {
    for (const [name, e] of resultsOf(raw, opset, values, options)) values.set(name, folded(e));
  }
  const made = outputs.map((name): [string, Expression] => {
    const e = values.get(name);
    if (e) return [name, e];
    if (!options.outputs) throw new IsometerError("bad-format", `nothing makes the output ${name}`);
    throw unknownValue(name, graph);
  });
  return { graph: { outputs: Object.fromEntries(made) }, inputs };
}

/** Texts that travel with a model. @throws bad-format */
export function metadataOf(bytes: Uint8Array): Readonly<Record<string, string>> {
  return Object.fromEntries(messageOf(bytes).metadataProps.map(({ key, value }) => [key, value]));
}

/** What a model takes and gives, without a look at what it does. */
export interface ModelEnds {
  readonly inputs: readonly ModelEnd[];
  readonly outputs: readonly ModelEnd[];
}

/** An input or output. A dimension that the model leaves open is its name, without one "". */
export interface ModelEnd {
  readonly name: string;
  readonly shape: readonly Dim[] | null;
  /** Null: a type that is not known here. */
  readonly type: ElementType | null;
}

/** The ends of a model, also of one whose operations are not known here. @throws bad-format */
export function endsOf(bytes: Uint8Array): ModelEnds {
  const { graph } = decoded(bytes);
  const given = new Set(graph.initializer.map(({ name }) => name));
  const end = ({ name, type }: RawValue): ModelEnd => {
    const tensor = type?.tensorType;
    const dims = tensor?.shape?.dim.map(({ dimValue, dimParam }) =>
      dimParam || dimValue <= 0 ? dimParam : dimValue,
    );
    return { name, shape: dims ?? null, type: (tensor && TYPES[tensor.elemType]) ?? null };
  };
  return {
    inputs: graph.input.filter(({ name }) => !given.has(name)).map(end),
    outputs: graph.output.map(end),
  };
}

/** The nodes that some values are made by, in the order of the model. */
function nodesFor(outputs: readonly string[], nodes: readonly RawNode[]): readonly RawNode[] {
  const makers = new Map(
    nodes.flatMap((raw) => raw.output.filter(Boolean).map((name) => [name, raw] as const)),
  );
  const wanted = new Set<RawNode>();
  const waiting = [...outputs];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const maker = makers.get(name);
    if (!maker || wanted.has(maker)) continue;
    wanted.add(maker);
    waiting.push(...maker.input);
  }
  return nodes.filter((raw) => wanted.has(raw));
}

function unknownValue(name: string, { node, output }: NonNullable<RawModel["graph"]>): IsometerError {
  const names = [...output.map((end) => end.name), ...node.flatMap((raw) => raw.output)];
  const nearest = nearestName(name, names);
  return new IsometerError("bad-option", `the model has no value ${JSON.stringify(name)}`, {
    got: name,
    hint: nearest ? `Did you mean ${nearest}?` : `Its last ones are ${names.slice(-5).join(", ")}.`,
  });
}

function decoded(bytes: Uint8Array): RawModel & { readonly graph: NonNullable<RawModel["graph"]> } {
  const { graph, ...rest } = messageOf(bytes);
  if (!graph || graph.output.length === 0)
    throw new IsometerError("bad-format", "the file holds no ONNX model");
  return { graph, ...rest };
}

function messageOf(bytes: Uint8Array): RawModel {
  try {
    const model = MODEL.toObject(MODEL.decode(bytes) as protobuf.Message, {
      longs: Number,
      defaults: true,
      arrays: true,
    });
    return model as RawModel;
  } catch (cause) {
    throw new IsometerError("bad-format", "the file is no ONNX model, or a part of one", { cause });
  }
}

function inputOf({ name, type }: RawValue, { dims = {}, batch }: ReadOptions): InputExpression {
  const tensor = type?.tensorType;
  if (!tensor?.shape) throw new IsometerError("unsupported-model", `the shape of the input ${name} is open`);
  const shape = tensor.shape.dim.map(({ dimValue, dimParam }, k): Dim => {
    if (!dimParam && dimValue > 0) return dimValue;
    const own = dimParam || `${name}:${k}`;
    return dims[own] ?? (k === 0 ? batch : undefined) ?? own;
  });
  const element: ElementType | undefined = TYPES[tensor.elemType];
  if (!element) {
    throw new IsometerError("unsupported-model", `the input ${name} is of type ${tensor.elemType}`, {
      hint: "Export the model in float32.",
    });
  }
  return input(name, shape, element);
}

/** What one node makes, by name. */
function resultsOf(
  raw: RawNode,
  opset: number,
  values: ReadonlyMap<string, Expression>,
  options: ReadOptions,
): readonly (readonly [string, Expression])[] {
  const source = sourceOf(raw, opset, values, options);
  if (raw.domain !== "" && raw.domain !== "ai.onnx")
    throw refused(source, `operations of ${raw.domain} are not known here`);
  const read = Object.hasOwn(READERS, raw.opType) ? READERS[raw.opType] : undefined;
  if (!read) {
    const nearest = nearestName(raw.opType, Object.keys(READERS));
    throw refused(source, `the operation is not known here${nearest ? `, ${nearest} is` : ""}`);
  }
  const made = inWords(source, () => read(source));
  const results = Array.isArray(made) ? (made as readonly Expression[]) : [made as Expression];
  return raw.output.flatMap((name, k) => {
    if (!name) return [];
    const result = results[k];
    if (!result) throw refused(source, `its result ${k + 1} is not known here`);
    if (!isShaped(result)) throw refused(source, "its inputs do not fit it");
    return [[name, result] as const];
  });
}

/** Shapes that do not fit are the model's fault here, and what they make fail as well: they name the node. */
function inWords<T>(source: Source, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof IsometerError && error.code !== "internal") throw error;
    throw refused(source, error instanceof IsometerError ? error.message : "its inputs do not fit it");
  }
}

/** Sizes are whole numbers or names; anything else came from inputs that do not fit. */
function isShaped({ shape }: Expression): boolean {
  return shape.every((dim) => typeof dim === "string" || (Number.isSafeInteger(dim) && dim >= 0));
}

function sourceOf(
  raw: RawNode,
  opset: number,
  values: ReadonlyMap<string, Expression>,
  { external }: ReadOptions,
): Source {
  const title = `${raw.opType} ${raw.name || raw.output[0] || ""}`.trim();
  const inputs = raw.input.map((name) => {
    if (name === "") return undefined;
    const e = values.get(name);
    if (!e) throw new IsometerError("bad-format", `${title} takes ${name}, which nothing before it makes`);
    return e;
  });
  const attributes = new Map(raw.attribute.map((attribute) => [attribute.name, attribute]));
  const of = (name: string, type: keyof typeof ATTRIBUTE) => {
    const attribute = attributes.get(name);
    if (attribute && attribute.type !== ATTRIBUTE[type])
      throw new IsometerError("bad-format", `${title}: the attribute ${name} is not of type ${type}`);
    return attribute;
  };
  return {
    op: raw.opType,
    title,
    opset,
    inputs,
    outputs: raw.output.length,
    has: (name) => attributes.has(name),
    int: (name, otherwise) => of(name, "int")?.i ?? otherwise,
    ints: (name) => of(name, "ints")?.ints,
    float: (name, otherwise) => of(name, "float")?.f ?? otherwise,
    floats: (name) => of(name, "floats")?.floats,
    text: (name, otherwise) => {
      const attribute = of(name, "string");
      return attribute ? new TextDecoder().decode(attribute.s) : otherwise;
    },
    tensor: (name) => {
      const attribute = of(name, "tensor");
      return attribute?.t ? tensorFrom(attribute.t, external) : undefined;
    },
  };
}
