import {
  add,
  constant,
  type Expression,
  expandTo,
  matMul,
  node,
  pad,
  reshape,
  scalar,
  slice,
  sub,
  transpose,
} from "../expression.ts";
import { tensorOf } from "../op.ts";
import { fromStart } from "../places.ts";
import type { Reader } from "./readers.ts";
import { bearable, needed, numbersOf, refused, type Source, sizes } from "./source.ts";

const whole = (values: readonly number[]) =>
  constant(BigInt64Array.from(values, BigInt), [values.length], "int64");
const named = (values: Readonly<Record<string, readonly number[]>>) =>
  Object.fromEntries(Object.entries(values).map(([name, ints]) => [name, { ints }]));

function axisOf(source: Source, x: Expression, otherwise: number): number {
  const axis = source.int("axis", otherwise);
  if (axis < -x.shape.length || axis >= x.shape.length)
    throw refused(source, `there is no dimension ${axis}`);
  return fromStart([axis], x.shape.length)[0]!;
}

/** Dimensions given by an attribute, or since operator set 13 by an input. */
function axesOf(source: Source, rank: number): number[] | undefined {
  const axes = source.ints("axes") ?? numbersOf(source, 1);
  return axes && fromStart(axes, rank);
}

function reshapeOf(source: Source): Expression {
  const x = needed(source, 0);
  const wanted = numbersOf(source, 1) ?? [];
  if (source.int("allowzero", 0) === 1 && wanted.includes(0))
    throw refused(source, "a dimension of size 0 holds nothing");
  return node("Reshape", [x], { shape: { ints: wanted } });
}

function flatten(source: Source): Expression {
  const x = needed(source, 0);
  const axis = source.int("axis", 1);
  const at = axis < 0 ? axis + x.shape.length : axis;
  const product = (dims: readonly (number | string)[]) =>
    dims.reduce<number>((all, dim) => (typeof dim === "number" ? all * dim : Number.NaN), 1);
  const [before, after] = [product(x.shape.slice(0, at)), product(x.shape.slice(at))];
  // One side may hold a dimension of unknown size.
  if (Number.isNaN(before) && at === 1) return node("Reshape", [x], { shape: { ints: [0, after] } });
  return node("Reshape", [x], {
    shape: { ints: [Number.isNaN(before) ? -1 : before, Number.isNaN(after) ? -1 : after] },
  });
}

function squeeze(source: Source): Expression {
  const x = needed(source, 0);
  const axes = axesOf(source, x.shape.length) ?? x.shape.flatMap((dim, k) => (dim === 1 ? [k] : []));
  if (axes.some((axis) => x.shape[axis] !== 1))
    throw refused(source, "a dimension that is not 1 cannot be left out");
  return ranked(
    x,
    x.shape.filter((_, k) => !axes.includes(k)),
  );
}

function unsqueeze(source: Source): Expression {
  const x = needed(source, 0);
  const axes =
    axesOf(source, x.shape.length + (source.ints("axes") ?? numbersOf(source, 1) ?? []).length) ?? [];
  const shape = [...x.shape];
  for (const axis of axes) shape.splice(axis, 0, 1);
  return ranked(x, shape);
}

/** The same numbers with dimensions of 1 more or fewer; at most one may be of unknown size. */
function ranked(x: Expression, shape: readonly (number | string)[]): Expression {
  return node("Reshape", [x], { shape: { ints: shape.map((dim) => (typeof dim === "number" ? dim : -1)) } });
}

function shapeOf(source: Source): Expression {
  const all = sizes(source, needed(source, 0));
  const clamped = (at: number) => Math.min(all.length, Math.max(0, at < 0 ? at + all.length : at));
  return whole(all.slice(clamped(source.int("start", 0)), clamped(source.int("end", all.length))));
}

function constantOfShape(source: Source): Expression {
  const shape = numbersOf(source, 0) ?? [];
  const value = source.tensor("value");
  return expandTo(value ? reshape(value, []) : scalar(0, "float"), shape);
}

function range(source: Source): Expression {
  const [start, limit, step] = [0, 1, 2].map((k) => numbersOf(source, k)?.[0] ?? 0) as [
    number,
    number,
    number,
  ];
  const count = bearable(source, Math.max(0, Math.ceil((limit - start) / step)));
  const { data } = tensorOf(needed(source, 0).type, [count], (k) => start + k * step);
  return constant(data, [count]);
}

function expand(source: Source): Expression {
  return node("Expand", [needed(source, 0)], { shape: { ints: numbersOf(source, 1) ?? [] } });
}

function tile(source: Source): Expression {
  const x = needed(source, 0);
  return (numbersOf(source, 1) ?? []).reduce<Expression>(
    (all, count, axis) =>
      count === 1
        ? all
        : node(
            "Concat",
            Array.from({ length: bearable(source, count) }, () => all),
            { axis: { int: axis } },
          ),
    x,
  );
}

function concat(source: Source): Expression {
  const inputs = source.inputs.map((_, k) => needed(source, k));
  return node("Concat", inputs, { axis: { int: axisOf(source, inputs[0]!, 0) } });
}

function split(source: Source): readonly Expression[] {
  const x = needed(source, 0);
  const axis = axisOf(source, x, 0);
  const size = sizes(source, x)[axis]!;
  const count = source.int("num_outputs", source.outputs);
  const each = Math.ceil(size / bearable(source, count));
  const even = Array.from({ length: count }, (_, k) => Math.max(0, Math.min(each, size - k * each)));
  const lengths = numbersOf(source, 1) ?? even;
  if (lengths.reduce((a, b) => a + b, 0) !== size) throw refused(source, `its parts do not make up ${size}`);
  let from = 0;
  return lengths.map((length) => {
    const part = slice(x, axis, from, from + length);
    from += length;
    return part;
  });
}

function sliceOf(source: Source): Expression {
  const x = needed(source, 0);
  const [starts, ends] = [numbersOf(source, 1) ?? [], numbersOf(source, 2) ?? []];
  const axes = (numbersOf(source, 3) ?? starts.map((_, k) => k)).map((axis) =>
    axis < 0 ? axis + x.shape.length : axis,
  );
  const steps = numbersOf(source, 4) ?? starts.map(() => 1);
  return axes.reduce<Expression>((cut, axis, k) => {
    const size = cut.shape[axis];
    if (typeof size !== "number") {
      // All of a dimension of unknown size.
      if (starts[k] === 0 && steps[k] === 1 && ends[k]! >= 2 ** 31 - 1) return cut;
      throw refused(source, "it cuts along a dimension of unknown size");
    }
    return cutAlong(source, cut, axis, size, { start: starts[k]!, end: ends[k]!, step: steps[k]! });
  }, x);
}

function cutAlong(
  source: Source,
  x: Expression,
  axis: number,
  size: number,
  { start, end, step }: { readonly start: number; readonly end: number; readonly step: number },
): Expression {
  const from = start < 0 ? start + size : start;
  const to = end < 0 ? end + size : end;
  if (step > 0) {
    const [low, high] = [Math.min(size, Math.max(0, from)), Math.min(size, Math.max(0, to))];
    if (low === 0 && high === size && step === 1) return x;
    return node("Slice", [x], named({ starts: [low], ends: [high], axes: [axis], steps: [step] }));
  }
  const [high, low] = [Math.min(size - 1, from), Math.max(-1, to)];
  const count = Math.max(0, Math.ceil((high - low) / -step));
  const places = Array.from({ length: bearable(source, count) }, (_, k) => high + k * step);
  return node("Gather", [x, whole(places)], { axis: { int: axis } });
}

function padOf(source: Source): Expression {
  const x = needed(source, 0);
  const rank = x.shape.length;
  const given = source.ints("pads") ?? numbersOf(source, 1) ?? [];
  const axes = (numbersOf(source, 3) ?? Array.from({ length: rank }, (_, k) => k)).map((axis) =>
    axis < 0 ? axis + rank : axis,
  );
  const mode = source.text("mode", "constant");
  const value = numbersOf(source, 2)?.[0] ?? 0;
  const filled = value === 0 || mode !== "constant" ? x : sub(x, scalar(value, x.type));
  const padded = axes.reduce<Expression>((all, axis, k) => {
    const [before, after] = [given[k]!, given[k + axes.length]!];
    if (before === 0 && after === 0) return all;
    const size = all.shape[axis];
    if (typeof size !== "number") throw refused(source, "it pads a dimension of unknown size");
    const cut = slice(all, axis, Math.max(0, -before), size - Math.max(0, -after));
    if (mode === "constant") return pad(cut, axis, Math.max(0, before), Math.max(0, after));
    const places = Array.from({ length: bearable(source, size + before + after) }, (_, at) =>
      mirrored(source, mode, at - before, size),
    );
    return node("Gather", [all, whole(places)], { axis: { int: axis } });
  }, filled);
  return filled === x ? padded : add(padded, scalar(value, x.type));
}

/** Where a place outside of an axis takes its number from. */
function mirrored(source: Source, mode: string, at: number, size: number): number {
  if (mode === "edge") return Math.min(size - 1, Math.max(0, at));
  if (mode === "wrap") return ((at % size) + size) % size;
  if (mode !== "reflect") throw refused(source, `the mode ${mode} is not known here`);
  const period = Math.max(1, 2 * (size - 1));
  const within = ((at % period) + period) % period;
  return within < size ? within : period - within;
}

function gather(source: Source): Expression {
  const x = needed(source, 0);
  return node("Gather", [x, needed(source, 1)], { axis: { int: axisOf(source, x, 0) } });
}

/** Blocks of channels become squares of pixels, or the other way round. */
function depthToSpace(source: Source): Expression {
  const x = needed(source, 0);
  const [n, c, h, w] = sizes(source, x) as [number, number, number, number];
  const block = source.int("blocksize", 1);
  if (source.op === "SpaceToDepth") {
    const apart = reshape(x, [n, c, h / block, block, w / block, block]);
    return reshape(transpose(apart, [0, 3, 5, 1, 2, 4]), [n, c * block ** 2, h / block, w / block]);
  }
  const few = c / block ** 2;
  const isColumnsFirst = source.text("mode", "DCR") === "CRD";
  const apart = reshape(x, isColumnsFirst ? [n, few, block, block, h, w] : [n, block, block, few, h, w]);
  const turned = transpose(apart, isColumnsFirst ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2]);
  return reshape(turned, [n, few, h * block, w * block]);
}

/**
 * Einsum of one or two terms, without repeated letters in a term and without dots: turned so that letters are those of the batch, of one term alone, and summed, it is a matrix
 * product.
 */
function einsum(source: Source): Expression {
  const equation = source.text("equation", "").replaceAll(" ", "");
  const [left = "", right] = equation.split("->");
  const terms = left.split(",");
  const isPlain = [...terms, right ?? ""].every(
    (term) => new Set(term).size === term.length && !term.includes("."),
  );
  if (terms.length > 2 || right === undefined || !isPlain || terms.length !== source.inputs.length)
    throw refused(source, `the equation ${equation} is not known here`);
  const size = new Map<string, number>();
  terms.forEach((term, t) => {
    sizes(source, needed(source, t)).forEach((dim, k) => {
      size.set(term[k]!, dim);
    });
  });
  const [a, b] = terms as [string, string | undefined];
  const inB = b ?? "";
  const kept = (letters: string) => [...letters].filter((letter) => right.includes(letter));
  const both = kept(a).filter((letter) => inB.includes(letter));
  const onlyA = kept(a).filter((letter) => !inB.includes(letter));
  const onlyB = kept(inB).filter((letter) => !a.includes(letter));
  const summed = [...a].filter((letter) => inB.includes(letter) && !right.includes(letter));
  const product = (letters: readonly string[]) => letters.reduce((all, letter) => all * size.get(letter)!, 1);
  const turned = (t: number, term: string, order: readonly string[], shape: readonly number[]) => {
    // Letters of one term alone that are not kept are summed at once.
    const lost = [...term].flatMap((letter, k) => (order.includes(letter) ? [] : [k]));
    const x = needed(source, t);
    const own = lost.length > 0 ? node("ReduceSum", [x], { axes: { ints: lost }, keepdims: { int: 0 } }) : x;
    const letters = [...term].filter((letter) => order.includes(letter));
    const perm = order.map((letter) => letters.indexOf(letter));
    return reshape(transpose(own, perm), shape);
  };
  const result = [...both, ...onlyA, ...onlyB];
  const left2 = turned(
    0,
    a,
    [...both, ...onlyA, ...summed],
    [product(both), product(onlyA), product(summed)],
  );
  const joined =
    b === undefined
      ? left2
      : matMul(
          left2,
          turned(1, b, [...both, ...summed, ...onlyB], [product(both), product(summed), product(onlyB)]),
        );
  const apart = reshape(
    joined,
    result.map((letter) => size.get(letter)!),
  );
  return transpose(
    apart,
    [...right].map((letter) => result.indexOf(letter)),
  );
}

export const SHAPING_READERS: Readonly<Record<string, Reader>> = {
  Reshape: reshapeOf,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: (source) => transpose(needed(source, 0), source.ints("perm")),
  Shape: shapeOf,
  Size: (source) =>
    scalar(
      sizes(source, needed(source, 0)).reduce((a, b) => a * b, 1),
      "int64",
    ),
  ConstantOfShape: constantOfShape,
  Range: range,
  Expand: expand,
  Tile: tile,
  Concat: concat,
  Split: split,
  Slice: sliceOf,
  Pad: padOf,
  Gather: gather,
  DepthToSpace: depthToSpace,
  SpaceToDepth: depthToSpace,
  Einsum: einsum,
};
