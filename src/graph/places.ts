import { IsometerError } from "../base/index.ts";

/** How far one step along each dimension leads in a row-major array. */
export function stridesOf(dims: readonly number[]): number[] {
  const strides = dims.map(() => 1);
  for (let k = dims.length - 2; k >= 0; k--) strides[k] = strides[k + 1]! * dims[k + 1]!;
  return strides;
}

/** The place of element i along each dimension. */
export function placeOf(i: number, dims: readonly number[]): number[] {
  const place = dims.map(() => 0);
  let rest = i;
  for (let k = dims.length - 1; k >= 0; k--) {
    place[k] = rest % dims[k]!;
    rest = Math.floor(rest / dims[k]!);
  }
  return place;
}

/** The element at a place. */
export function offsetOf(place: readonly number[], dims: readonly number[]): number {
  return place.reduce((offset, at, k) => offset * dims[k]! + at, 0);
}

/** The element of a smaller array that broadcasts to a place of a larger one. */
export function broadcastOffset(place: readonly number[], dims: readonly number[]): number {
  const shift = place.length - dims.length;
  return dims.reduce((offset, dim, k) => offset * dim + (dim === 1 ? 0 : place[k + shift]!), 0);
}

/**
 * Dimensions counted from the end, as ONNX lets them be, counted from the start; ascending.
 *
 * @throws internal for one that is not there
 */
export function fromStart(axes: readonly number[], rank: number): number[] {
  const wrong = axes.find((axis) => !(axis >= -rank && axis < rank));
  if (wrong !== undefined) {
    throw new IsometerError("internal", `graph: there is no dimension ${wrong} of ${rank}`);
  }
  return axes.map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b);
}
