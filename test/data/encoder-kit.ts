import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type protobuf from "protobufjs/light.js";
import { ATTRIBUTE, MODEL } from "../../src/graph/proto.ts";

/** A folder of its own with files in it: text, JSON of objects, or bytes. */
export function folderOf(files: Readonly<Record<string, string | object | Uint8Array>>): string {
  const folder = mkdtempSync(join(tmpdir(), "isometer-encoder-"));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    const plain = typeof content === "string" || content instanceof Uint8Array;
    writeFileSync(join(folder, name), plain ? content : JSON.stringify(content));
  }
  return folder;
}

/** Numbers of types in TensorProto.DataType. */
const TYPES = { float: 1, int64: 7, float16: 10 } as const;

type Dim = number | string;
interface End {
  readonly name: string;
  readonly type?: keyof typeof TYPES;
  readonly shape: readonly Dim[];
}

export interface RawNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string | readonly string[];
  readonly ints?: Readonly<Record<string, number>>;
}

/** An ONNX model of plain nodes, as another program would write it. */
export function onnx(model: {
  readonly inputs: readonly End[];
  readonly outputs: readonly End[];
  readonly nodes: readonly RawNode[];
  readonly floats?: Readonly<
    Record<
      string,
      { readonly dims: readonly number[]; readonly data: Float32Array | { readonly location: string } }
    >
  >;
  readonly integers?: Readonly<Record<string, readonly number[]>>;
}): Uint8Array {
  const value = ({ name, type = "float", shape }: End) => ({
    name,
    type: {
      tensorType: {
        elemType: TYPES[type],
        shape: { dim: shape.map((d) => (typeof d === "number" ? { dimValue: d } : { dimParam: d })) },
      },
    },
  });
  const { floats = {}, integers = {} } = model;
  const initializer = [
    ...Object.entries(floats).map(([name, { dims, data }]) =>
      data instanceof Float32Array
        ? { name, dims, dataType: 1, rawData: new Uint8Array(data.buffer) }
        : {
            name,
            dims,
            dataType: 1,
            dataLocation: 1,
            externalData: [{ key: "location", value: data.location }],
          },
    ),
    ...Object.entries(integers).map(([name, values]) => ({
      name,
      dims: [values.length],
      dataType: 7,
      rawData: new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
    })),
  ];
  const message = MODEL.fromObject({
    irVersion: 8,
    opsetImport: [{ domain: "", version: 17 }],
    graph: {
      name: "test",
      node: model.nodes.map(({ op, inputs, output, ints = {} }) => ({
        opType: op,
        input: inputs,
        output: [output].flat(),
        attribute: Object.entries(ints).map(([name, i]) => ({ name, i, type: ATTRIBUTE.int })),
      })),
      initializer,
      input: model.inputs.map(value),
      output: model.outputs.map(value),
    },
  });
  return MODEL.encode(message as protobuf.Message).finish();
}

/** Ten words; the embedding of word w is (w, w^2 / 10, -w, 1). */
export const WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "red", "green", "blue", "apple", "sky", "the"];
export const embedding = (w: number): number[] => [w, (w * w) / 10, -w, 1];
export const TABLE = Float32Array.from(WORDS.flatMap((_, w) => embedding(w)));

const token = (content: string) => ({
  id: WORDS.indexOf(content),
  content,
  special: true,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
});

export const TOKENIZER = {
  version: "1.0",
  truncation: null,
  padding: null,
  added_tokens: ["[PAD]", "[UNK]", "[CLS]", "[SEP]"].map(token),
  normalizer: { type: "Lowercase" },
  pre_tokenizer: { type: "Whitespace" },
  post_processor: {
    type: "TemplateProcessing",
    single: [
      { SpecialToken: { id: "[CLS]", type_id: 0 } },
      { Sequence: { id: "A", type_id: 0 } },
      { SpecialToken: { id: "[SEP]", type_id: 0 } },
    ],
    pair: [],
    special_tokens: {
      "[CLS]": { id: "[CLS]", ids: [2], tokens: ["[CLS]"] },
      "[SEP]": { id: "[SEP]", ids: [3], tokens: ["[SEP]"] },
    },
  },
  decoder: null,
  model: { type: "WordLevel", vocab: Object.fromEntries(WORDS.map((w, i) => [w, i])), unk_token: "[UNK]" },
};

export const TOKENIZER_CONFIG = {
  tokenizer_class: "BertTokenizer",
  pad_token: "[PAD]",
  unk_token: "[UNK]",
  cls_token: "[CLS]",
  sep_token: "[SEP]",
  model_max_length: 6,
};

/** Like BERT in its ends: each token's vector is its embedding plus the mean of all that the mask lets through. */
export function tokenModel(
  tokens: Dim = "t",
  table: Float32Array | { readonly location: string } = TABLE,
): Uint8Array {
  const ids = (name: string) => ({ name, type: "int64" as const, shape: ["n", tokens] });
  return onnx({
    inputs: [ids("input_ids"), ids("attention_mask"), ids("token_type_ids")],
    outputs: [{ name: "last_hidden_state", shape: ["n", tokens, 4] }],
    nodes: [
      { op: "Gather", inputs: ["table", "input_ids"], output: "x" },
      { op: "Cast", inputs: ["attention_mask"], output: "m", ints: { to: 1 } },
      { op: "Unsqueeze", inputs: ["m", "last"], output: "m3" },
      { op: "Mul", inputs: ["x", "m3"], output: "xm" },
      { op: "ReduceSum", inputs: ["xm", "middle"], output: "sum", ints: { keepdims: 1 } },
      { op: "ReduceSum", inputs: ["m3", "middle"], output: "count", ints: { keepdims: 1 } },
      { op: "Div", inputs: ["sum", "count"], output: "mean" },
      { op: "Add", inputs: ["x", "mean"], output: "x1" },
      { op: "Cast", inputs: ["token_type_ids"], output: "s", ints: { to: 1 } },
      { op: "Unsqueeze", inputs: ["s", "last"], output: "s3" },
      { op: "Add", inputs: ["x1", "s3"], output: "last_hidden_state" },
    ],
    floats: { table: { dims: [WORDS.length, 4], data: table } },
    integers: { last: [2], middle: [1] },
  });
}

/** A model of texts in the layout of transformers.js, with more files or others. */
export function textFolder(more: Readonly<Record<string, string | object | Uint8Array>> = {}): string {
  return folderOf({
    "config.json": { model_type: "bert", architectures: ["BertModel"], max_position_embeddings: 512 },
    "tokenizer.json": TOKENIZER,
    "tokenizer_config.json": TOKENIZER_CONFIG,
    "onnx/model.onnx": tokenModel(),
    ...more,
  });
}

/** What `tokenModel` gives, pooled by the mean, by hand: twice the mean of the embeddings, for the words between [CLS] and [SEP]. */
export function byHand(words: readonly string[]): number[] {
  const all = ["[CLS]", ...words, "[SEP]"].map((word) => embedding(WORDS.indexOf(word)));
  return [0, 1, 2, 3].map((j) => (2 * all.reduce((sum, e) => sum + e[j]!, 0)) / all.length);
}

/** A known linear map of pixels: flattened, times `weights` (values x d). */
export function pixelModel(
  shape: readonly Dim[],
  weights: Float32Array,
  d: number,
  name = "pixel_values",
): Uint8Array {
  return onnx({
    inputs: [{ name, shape }],
    outputs: [{ name: "image_embeds", shape: [shape[0]!, d] }],
    nodes: [
      { op: "Flatten", inputs: [name], output: "flat", ints: { axis: 1 } },
      { op: "MatMul", inputs: ["flat", "w"], output: "image_embeds" },
    ],
    floats: { w: { dims: [weights.length / d, d], data: weights } },
  });
}
