import {
  add,
  constant,
  div,
  type Expression,
  matMul,
  mul,
  node,
  reshape,
  scalar,
  tanh,
  transpose,
  where,
} from "../expression.ts";
import type { Reader } from "./readers.ts";
import { bearable, needed, refused, type Source, sizes } from "./source.ts";

/** Far below what a mask lets through. */
const CLOSED = -1e30;

/** Heads apart: batch x heads x places x width. Three dimensions hold the heads side by side. */
function apart(source: Source, x: Expression, heads: number): Expression {
  const dims = sizes(source, x);
  if (dims.length === 4) return x;
  const [batch, places, width] = dims as [number, number, number];
  if (dims.length !== 3 || !(heads > 0) || width % heads !== 0)
    throw refused(source, "its heads do not fit its width");
  return transpose(reshape(x, [batch, places, heads, width / heads]), [0, 2, 1, 3]);
}

/** Keys or values of fewer heads serve several queries each. */
function repeated(source: Source, x: Expression, heads: number): Expression {
  const [batch, own, places, width] = sizes(source, x) as [number, number, number, number];
  if (own === heads) return x;
  if (heads % own !== 0) throw refused(source, `${own} heads do not serve ${heads}`);
  const times = heads / own;
  const spread = node("Expand", [reshape(x, [batch, own, 1, places, width])], {
    shape: { ints: [batch, own, times, places, width] },
  });
  return reshape(spread, [batch, heads, places, width]);
}

/** softmax(q k' scale + mask) v, by heads (opset 23), without a memory of the past. */
function attention(source: Source): Expression {
  if (source.outputs > 1 || source.inputs.slice(4).some(Boolean))
    throw refused(source, "a memory of the past is not known here");
  const given = [0, 1, 2].map((k) => needed(source, k)) as [Expression, Expression, Expression];
  const isFlat = given[0].shape.length === 3;
  const q = apart(source, given[0], source.int("q_num_heads", 0));
  const [batch, heads, places, width] = sizes(source, q) as [number, number, number, number];
  const kv = source.int("kv_num_heads", 0);
  const [k, v] = [given[1], given[2]].map((x) => repeated(source, apart(source, x, kv), heads)) as [
    Expression,
    Expression,
  ];
  const scale = scalar(source.float("scale", 0) || 1 / Math.sqrt(width), q.type);
  const products = mul(matMul(q, transpose(k, [0, 1, 3, 2])), scale);
  const masked = closed(source, products, source.inputs[3]);
  const cap = source.float("softcap", 0);
  // Versions of the operation differ in what comes first.
  if (cap > 0 && masked !== products) throw refused(source, "a soft cap with a mask is not known here");
  const capped = cap > 0 ? mul(tanh(div(masked, scalar(cap, q.type))), scalar(cap, q.type)) : masked;
  const y = matMul(node("Softmax", [capped], { axis: { int: -1 } }), v);
  if (!isFlat) return y;
  return reshape(transpose(y, [0, 2, 1, 3]), [batch, places, heads * sizes(source, v)[3]!]);
}

function closed(source: Source, products: Expression, mask: Expression | undefined): Expression {
  const [rows, cols] = sizes(source, products).slice(-2) as [number, number];
  const far = scalar(CLOSED, products.type);
  const causal = Uint8Array.from({ length: bearable(source, rows * cols) }, (_, i) =>
    Number(i % cols <= Math.floor(i / cols)),
  );
  const own =
    source.int("is_causal", 0) === 1
      ? where(constant(causal, [rows, cols], "bool"), products, far)
      : products;
  if (!mask) return own;
  return mask.type === "bool" ? where(mask, own, far) : add(own, mask);
}

export const ATTENTION_READERS: Readonly<Record<string, Reader>> = { Attention: attention };
