import { constant, type Expression, node, reshape, scalar, where } from "../expression.ts";
import { fromStart, offsetOf, placeOf } from "../places.ts";
import { sizeOf } from "../shape.ts";
import type { Reader } from "./readers.ts";
import { bearable, needed, numbersOf, refused, type Source, sizes } from "./source.ts";
import { along } from "./windows.ts";

/*
 * Operations that take and put single elements. Their places follow from constants, so each is one gathering from a flat array.
 */

/** The elements of `x` at flat places, in some dimensions. */
function taken(x: Expression, places: readonly number[], dims: readonly number[]): Expression {
  const ids = constant(BigInt64Array.from(places, BigInt), [places.length]);
  const size = sizeOf(x.shape as number[]);
  return reshape(node("Gather", [reshape(x, [size]), ids], { axis: { int: 0 } }), dims);
}

/** Indices that follow from constants, and their dimensions. */
function indicesOf(source: Source): { readonly values: readonly number[]; readonly dims: number[] } {
  const values = numbersOf(source, 1) ?? [];
  bearable(source, values.length);
  return { values, dims: sizes(source, needed(source, 1)) };
}

/** An index counted from the end, counted from the start. */
function counted(source: Source, index: number, size: number): number {
  const from = index < 0 ? index + size : index;
  if (!(from >= 0 && from < size)) throw refused(source, `there is no place ${index} of ${size}`);
  return from;
}

function axisOf(source: Source, rank: number): number {
  return fromStart([source.int("axis", 0)], rank)[0]!;
}

/** Of each index of `GatherElements` and `ScatterElements` the flat place that it names. */
function elementPlaces(source: Source, dims: readonly number[]): number[] {
  const axis = axisOf(source, dims.length);
  const indices = indicesOf(source);
  return indices.values.map((index, i) => {
    const place = placeOf(i, indices.dims);
    place[axis] = counted(source, index, dims[axis]!);
    return offsetOf(place, dims);
  });
}

/** Of each index tuple of `GatherND` and `ScatterND` the flat places of the slice that it names, one tuple after the other. */
function slicePlaces(source: Source, dims: readonly number[], batch: number): number[] {
  const { values, dims: own } = indicesOf(source);
  const depth = own.at(-1)!;
  const inner = sizeOf(dims.slice(batch + depth));
  bearable(source, (values.length / Math.max(1, depth)) * inner);
  return Array.from({ length: values.length / depth }, (_, t) => {
    const tuple = values.slice(t * depth, (t + 1) * depth);
    const leading = placeOf(t, own.slice(0, -1)).slice(0, batch);
    const place = [...leading, ...tuple.map((index, k) => counted(source, index, dims[batch + k]!))];
    const first = offsetOf(place, dims.slice(0, batch + depth)) * inner;
    return Array.from({ length: inner }, (_, k) => first + k);
  }).flat();
}

function gatherElements(source: Source): Expression {
  const x = needed(source, 0);
  return taken(x, elementPlaces(source, sizes(source, x)), sizes(source, needed(source, 1)));
}

function gatherND(source: Source): Expression {
  const x = needed(source, 0);
  const dims = sizes(source, x);
  const batch = source.int("batch_dims", 0);
  const own = sizes(source, needed(source, 1));
  return taken(x, slicePlaces(source, dims, batch), [
    ...own.slice(0, -1),
    ...dims.slice(batch + own.at(-1)!),
  ]);
}

/** `x` with elements of the updates at some places: what is put last stays. */
function scattered(source: Source, places: readonly number[]): Expression {
  if (source.text("reduction", "none") !== "none")
    throw refused(source, "what meets at one place is put together");
  const [x, updates] = [needed(source, 0), needed(source, 2)];
  const [dims, count] = [sizes(source, x), sizeOf(sizes(source, updates))];
  if (places.length !== count) throw refused(source, `it has ${count} updates for ${places.length} places`);
  const size = bearable(source, sizeOf(dims));
  const from = Array.from({ length: size }, (_, i) => i);
  for (const [u, place] of places.entries()) from[place] = size + u;
  const both = node("Concat", [reshape(x, [size]), reshape(updates, [count])], { axis: { int: 0 } });
  return taken(both, from, dims);
}

/** The upper or lower triangle of the last two dimensions. */
function triangle(source: Source): Expression {
  const x = needed(source, 0);
  const [rows, cols] = sizes(source, x).slice(-2) as [number, number];
  const shift = numbersOf(source, 1)?.[0] ?? 0;
  const isUpper = source.int("upper", 1) === 1;
  const kept = Uint8Array.from({ length: bearable(source, rows * cols) }, (_, i) => {
    const beyond = (i % cols) - Math.floor(i / cols) - shift;
    return Number(isUpper ? beyond >= 0 : beyond <= 0);
  });
  return where(constant(kept, [rows, cols], "bool"), x, scalar(0, x.type));
}

/** Sums up to each place of an axis. */
function sums(source: Source): Expression {
  const x = needed(source, 0);
  const axis = fromStart([numbersOf(source, 1)?.[0] ?? 0], x.shape.length)[0]!;
  const size = sizes(source, x)[axis]!;
  const [isOpen, isReverse] = [source.int("exclusive", 0) === 1, source.int("reverse", 0) === 1];
  const weights = new Float32Array(bearable(source, size * size));
  for (let to = 0; to < size; to++) {
    for (let from = 0; from < size; from++) {
      const before = isReverse ? from - to : to - from;
      weights[to * size + from] = Number(isOpen ? before > 0 : before >= 0);
    }
  }
  return along(x, axis, weights);
}

export const INDEXING_READERS: Readonly<Record<string, Reader>> = {
  GatherElements: gatherElements,
  GatherND: gatherND,
  ScatterElements: (source) => scattered(source, elementPlaces(source, sizes(source, needed(source, 0)))),
  ScatterND: (source) => scattered(source, slicePlaces(source, sizes(source, needed(source, 0)), 0)),
  Trilu: triangle,
  CumSum: sums,
};
