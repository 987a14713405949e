import { permutation, type Rng } from "../base/index.ts";
import type { Law } from "./feeds.ts";

/** Fills an array of rows of `columns` with random numbers of a law. */
export function draw(law: Law, source: Rng, out: Float32Array | BigInt64Array, columns: number): void {
  if (out instanceof BigInt64Array) {
    const order = permutation(source, out.length);
    for (let i = 0; i < out.length; i++) out[i] = BigInt(order[i]!);
    return;
  }
  if (law === "uniform") for (let i = 0; i < out.length; i++) out[i] = source.uniform();
  else for (let i = 0; i < out.length; i++) out[i] = source.normal();
  if (law === "sphere") toUnitRows(out, columns);
}

function toUnitRows(out: Float32Array, columns: number): void {
  for (let from = 0; from < out.length; from += columns) {
    let square = 0;
    for (let k = from; k < from + columns; k++) square += out[k]! * out[k]!;
    const length = Math.sqrt(square) || 1;
    for (let k = from; k < from + columns; k++) out[k]! /= length;
  }
}
