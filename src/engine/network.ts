import { IsometerError, type Warning } from "../base/index.ts";
import {
  type ElementType,
  type Expression,
  endsOf,
  fromOnnx,
  type Graph,
  type InputExpression,
  inOrder,
  isReal,
  jvp,
  type ModelEnd,
  type ReadExternal,
} from "../graph/index.ts";

/** An ONNX model as it is given. */
export interface ModelSource {
  readonly bytes: Uint8Array;
  /** What it is called in messages. */
  readonly name: string;
  /** Reads tensors that lie beside it. */
  readonly external?: ReadExternal;
  /** The value that counts as its output, by its name in the model. Default: its first output. */
  readonly layer?: string | undefined;
}

/** A network as a function of one row: R^inputs -> R^outputs. */
export interface Network {
  readonly source: ModelSource;
  /** Dimensions of one row, flat. */
  readonly inputs: number;
  readonly outputs: number;
  /** Dimensions as the model has them, without that of the batch. */
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  readonly input: { readonly name: string; readonly type: ElementType };
  readonly outputType: ElementType;
  /** The name of the output that is measured. */
  readonly output: string;
  /** Rows that the model takes at once; null: any number. 0: it takes one row, and has no dimension for more. */
  readonly batch: number | null;
  /** Numbers of the largest value inside, per row: what memory depends on. */
  readonly widest: number;
  /** Why there are no derivatives of its graph, in words of the operation; null: there are. */
  readonly refusal: string | null;
  readonly warnings: readonly Warning[];
}

/** A batch of this size is read to learn dimensions: not 1, which would broadcast. */
const TRIED = 2;

/**
 * Reads what a model takes and gives, for rows of so many numbers. One whose graph has no derivatives here is taken where ONNX Runtime may run it as it is.
 *
 * @throws bad-value where rows do not fit; unsupported-model for several inputs, or outputs that are no numbers; bad-format, bad-option
 */
export function openNetwork(source: ModelSource, rowLength: number): Network {
  const ends = endsOf(source.bytes);
  const x = onlyInput(ends.inputs, source);
  const { dims, batch } = dimensionsFor(x, rowLength, source);
  const output = source.layer ?? ends.outputs[0]!.name;
  const others = ends.outputs.filter(({ name }) => name !== output).map(({ name }) => name);
  const warnings: Warning[] = [];
  if (source.layer === undefined && others.length > 0) {
    warnings.push({
      code: "several-outputs",
      message: `${source.name} has ${ends.outputs.length} outputs: ${output} is measured, ${others.join(", ")} not (--layer NAME chooses another)`,
    });
  }
  const shared = {
    source,
    inputs: rowLength,
    inputShape: batch === 0 ? dims : dims.slice(1),
    input: { name: x.name, type: x.type! },
    output,
    batch,
  };
  try {
    return { ...shared, ...fromGraph(source, output, dims, batch), refusal: null, warnings };
  } catch (error) {
    const known = ends.outputs.find(({ name }) => name === output);
    if (!isRefusal(error) || !known) throw error;
    return { ...shared, ...fromEnds(known, batch, source, error), refusal: refusalText(error), warnings };
  }
}

function onlyInput(inputs: readonly ModelEnd[], { name }: ModelSource): ModelEnd {
  const [first, ...others] = inputs;
  if (!first || others.length > 0) {
    throw new IsometerError("unsupported-model", `${name} has ${inputs.length} inputs`, {
      needed: "one input: the rows of POINTS",
      got: inputs.map((end) => end.name).join(", "),
      hint: "Export it with the others as constants.",
    });
  }
  if (first.type === null || !isReal(first.type)) {
    throw new IsometerError(
      "unsupported-model",
      `${name} takes ${first.type ?? "values of a type"} that do not move`,
      {
        needed: "float32",
        hint: "Export the part behind it: from the embeddings of tokens on, for one.",
      },
    );
  }
  return first;
}

/** All sizes of the input, the first being that of the batch where the model leaves it open. */
function dimensionsFor(x: ModelEnd, rowLength: number, { name }: ModelSource) {
  if (!x.shape) throw new IsometerError("unsupported-model", `the shape of the input ${x.name} is open`);
  const product = (dims: readonly (number | string)[]) =>
    dims.reduce<number>((all, dim) => (typeof dim === "number" ? all * dim : all), 1);
  const fixed = x.shape.every((dim) => typeof dim === "number");
  // All of a model without open sizes may be one row.
  const isOneRow = fixed && product(x.shape) === rowLength && (x.shape.length === 1 || x.shape[0] !== 1);
  const own = isOneRow ? x.shape : x.shape.slice(1);
  const open = own.filter((dim) => typeof dim === "string");
  const left = rowLength / product(own);
  const fits = open.length === 0 ? left === 1 : open.length === 1 && Number.isInteger(left);
  if (!fits) {
    throw new IsometerError(
      "bad-value",
      `${name} takes rows of ${own.join(" x ") || "1"}, the points have ${rowLength} numbers each`,
      {
        needed: own.join(" x "),
        got: String(rowLength),
        hint: "Give it points of the space that it takes: latent codes to a decoder, data to an encoder.",
      },
    );
  }
  const sizes = own.map((dim) => (typeof dim === "number" ? dim : left));
  const batch = isOneRow ? 0 : typeof x.shape[0] === "number" ? x.shape[0] : null;
  return { dims: isOneRow ? sizes : [batch ?? TRIED, ...sizes], batch };
}

function fromGraph(source: ModelSource, output: string, dims: readonly number[], batch: number | null) {
  const { graph, x } = readBatch(source, output, dims);
  const y = graph.outputs[output]!;
  if (!isReal(y.type)) {
    throw new IsometerError(
      "bad-option",
      `${output} of ${source.name} is of ${y.type}, which does not move`,
      {
        hint: "Choose another value with --layer.",
      },
    );
  }
  const rows = batch === 0 ? 1 : dims[0]!;
  const shape = y.shape as number[];
  if (batch !== 0 && shape[0] !== rows) {
    throw new IsometerError(
      "unsupported-model",
      `${output} of ${source.name} is ${shape.join(" x ")} for ${rows} rows: not a row of its own for each`,
    );
  }
  // Missing rules are met here, and not when all is under way.
  jvp(graph, new Map([[x, x]]));
  const numbers = (e: Expression) => (e.shape as number[]).reduce((all, dim) => all * dim, 1) / rows;
  return {
    outputs: numbers(y),
    outputShape: batch === 0 ? shape : shape.slice(1),
    outputType: y.type,
    widest: Math.max(...inOrder(graph).map((e) => (e.kind === "constant" ? 0 : numbers(e)))),
  };
}

/** The graph of a model for a batch, and its input. */
export function readBatch(
  { bytes, external }: ModelSource,
  output: string,
  dims: readonly number[],
): { readonly graph: Graph; readonly x: InputExpression } {
  const [end] = endsOf(bytes).inputs;
  const named = end!.shape!.map((dim, k) => [dim || `${end!.name}:${k}`, dims[k]!] as const);
  const open = named.filter((pair): pair is readonly [string, number] => typeof pair[0] === "string");
  const { graph, inputs } = fromOnnx(bytes, {
    dims: Object.fromEntries(open),
    outputs: [output],
    ...(external && { external }),
  });
  return { graph, x: inputs[0]! };
}

const isRefusal = (error: unknown): error is IsometerError =>
  error instanceof IsometerError && (error.code === "unsupported-model" || error.code === "no-derivative");

function refusalText(error: IsometerError): string {
  return error.needed ? `${error.message} (${error.needed} are known here)` : error.message;
}

/** What the model itself says of its output. */
function fromEnds(
  { shape, type }: ModelEnd,
  batch: number | null,
  source: ModelSource,
  cause: IsometerError,
) {
  const own = batch === 0 ? shape : shape?.slice(1);
  if (!own || own.some((dim) => typeof dim !== "number") || type === null || !isReal(type)) throw cause;
  // ONNX Runtime would look for tensors in other files itself, wherever they are.
  if (mentionsFiles(source.bytes)) throw cause;
  const outputShape = own as number[];
  const outputs = outputShape.reduce((all, dim) => all * dim, 1);
  return { outputs, outputShape, outputType: type, widest: outputs };
}

/** Whether a model may keep tensors in other files, at any depth: the key of such an entry is there. */
function mentionsFiles(bytes: Uint8Array): boolean {
  // Larger ones are not text that can be searched.
  return bytes.length > 2 ** 28 || new TextDecoder("latin1").decode(bytes).includes("location");
}
