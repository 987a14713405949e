import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MODEL } from "../../dist/graph/proto.js";

/** Layers, numbers of a token, heads, numbers between, words: those of all-MiniLM-L6-v2. */
const [LAYERS, D, HEADS, BETWEEN, WORDS] = [6, 384, 12, 1536, 30_522];

/** A generator of its own: the same weights on every machine (Numerical Recipes). */
export function uniform(seed) {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

/** Writes a BERT of random weights in the layout of transformers.js: word 7 is "w7". */
export function writeBert(folder) {
  mkdirSync(join(folder, "onnx"), { recursive: true });
  const write = (name, content) =>
    writeFileSync(join(folder, name), content instanceof Uint8Array ? content : JSON.stringify(content));
  write("onnx/model.onnx", bert(uniform(1)));
  write("config.json", { model_type: "bert", architectures: ["BertModel"], max_position_embeddings: 512 });
  write("tokenizer_config.json", {
    tokenizer_class: "BertTokenizer",
    model_max_length: 512,
    pad_token: "[PAD]",
    unk_token: "[UNK]",
    cls_token: "[CLS]",
    sep_token: "[SEP]",
    mask_token: "[MASK]",
  });
  write("tokenizer.json", tokenizer());
}

function tokenizer() {
  const words = [...SPECIAL, ...Array.from({ length: WORDS - SPECIAL.length }, (_, i) => `w${i}`)];
  const flags = { special: true, single_word: false, lstrip: false, rstrip: false, normalized: false };
  const around = (word) => ({ SpecialToken: { id: word, type_id: 0 } });
  const ids = (word) => [word, { id: word, ids: [words.indexOf(word)], tokens: [word] }];
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: SPECIAL.map((content, id) => ({ id, content, ...flags })),
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: {
      type: "TemplateProcessing",
      single: [around("[CLS]"), { Sequence: { id: "A", type_id: 0 } }, around("[SEP]")],
      pair: [],
      special_tokens: Object.fromEntries(["[CLS]", "[SEP]"].map(ids)),
    },
    decoder: null,
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(words.map((word, i) => [word, i])),
    },
  };
}

/** The nodes and weights of a model that is being written. */
function builder(random) {
  const [node, initializer] = [[], []];
  const attributeOf = ([name, value]) => {
    if (Array.isArray(value)) return { name, ints: value, type: 7 };
    return Number.isInteger(value) ? { name, i: value, type: 2 } : { name, f: value, type: 1 };
  };
  const tensor = (dims, data, dataType) => {
    const name = `c${initializer.length}`;
    initializer.push({ name, dims, dataType, rawData: new Uint8Array(data.buffer) });
    return name;
  };
  return {
    node,
    initializer,
    op(opType, input, attributes = {}, output = `t${node.length}`) {
      node.push({ opType, input, output: [output], attribute: Object.entries(attributes).map(attributeOf) });
      return output;
    },
    weights: (dims, width) =>
      tensor(
        dims,
        Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => (random() - 0.5) * width),
        1,
      ),
    constant: (value, length = 1) => tensor([length], new Float32Array(length).fill(value), 1),
    integers: (values) => tensor([values.length], BigInt64Array.from(values, BigInt), 7),
  };
}

/** Devlin et al. 2019, as exporters write it. */
function bert(random) {
  const { node, initializer, op, weights, constant, integers } = builder(random);
  const linear = (x, from, to) =>
    op("Add", [op("MatMul", [x, weights([from, to], 0.15)]), weights([to], 0.1)]);
  const normal = (x, name) =>
    op("LayerNormalization", [x, constant(1, D), constant(0, D)], { axis: -1, epsilon: 1e-12 }, name);
  const [zero, one, two] = [0, 1, 2].map((value) => integers([value]));
  const [apart, together] = [integers([0, 0, HEADS, D / HEADS]), integers([0, 0, D])];
  const heads = (x, perm) => op("Transpose", [op("Reshape", [linear(x, D, D), apart])], { perm });
  const length = op("Slice", [op("Shape", ["input_ids"]), one, two]);
  const places = op("Slice", [weights([512, D], 0.2), zero, length, zero]);
  const words = op("Gather", [weights([WORDS, D], 0.2), "input_ids"]);
  const types = op("Gather", [weights([2, D], 0.2), "token_type_ids"]);
  let x = normal(op("Add", [op("Add", [words, types]), places]));
  const mask = op("Unsqueeze", [op("Cast", ["attention_mask"], { to: 1 }), integers([1, 2])]);
  const closed = op("Mul", [op("Sub", [constant(1), mask]), constant(-10_000)]);
  for (let layer = 0; layer < LAYERS; layer++) {
    const products = op("MatMul", [heads(x, [0, 2, 1, 3]), heads(x, [0, 2, 3, 1])]);
    const shares = op(
      "Softmax",
      [op("Add", [op("Mul", [products, constant((D / HEADS) ** -0.5)]), closed])],
      { axis: -1 },
    );
    const seen = op("Transpose", [op("MatMul", [shares, heads(x, [0, 2, 1, 3])])], { perm: [0, 2, 1, 3] });
    x = normal(op("Add", [x, linear(op("Reshape", [seen, together]), D, D)]));
    const h = linear(x, D, BETWEEN);
    const bent = op("Add", [op("Erf", [op("Mul", [h, constant(Math.SQRT1_2)])]), constant(1)]);
    const gelu = op("Mul", [op("Mul", [h, constant(0.5)]), bent]);
    x = normal(
      op("Add", [x, linear(gelu, BETWEEN, D)]),
      layer === LAYERS - 1 ? "last_hidden_state" : undefined,
    );
  }
  const value = (name, elemType, shape) => ({
    name,
    type: {
      tensorType: {
        elemType,
        shape: { dim: shape.map((d) => (typeof d === "number" ? { dimValue: d } : { dimParam: d })) },
      },
    },
  });
  const model = MODEL.fromObject({
    irVersion: 8,
    opsetImport: [{ domain: "", version: 17 }],
    graph: {
      name: "bert",
      node,
      input: ["input_ids", "attention_mask", "token_type_ids"].map((name) => value(name, 7, ["n", "t"])),
      output: [value("last_hidden_state", 1, ["n", "t", D])],
    },
  });
  model.graph.initializer = initializer;
  return MODEL.encode(model).finish();
}
