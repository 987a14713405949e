import { evaluate } from "../../src/engine/index.ts";
import {
  type ElementType,
  type Graph,
  input,
  scalar,
  simplify,
  type Tensor,
  vjp,
} from "../../src/graph/index.ts";
import { openFeeds } from "../../src/learn/feeds.ts";
import { PENALTIES, type PenaltyName } from "../../src/learn/penalties/index.ts";
import { pairSite } from "../../src/learn/penalties/pair-site.ts";
import type { PairSite, Penalty, PenaltyNumbers } from "../../src/learn/penalties/penalty.ts";
import { spanningTrees } from "../../src/learn/penalties/spanning-trees.ts";
import { topologicalLook } from "../../src/learn/penalties/topological.ts";

/** A batch in float64: rows and their codes, row-major. */
export interface PairBatch {
  readonly rows: number;
  readonly x: ArrayLike<number>;
  readonly z: ArrayLike<number>;
  /** Distances that are given. */
  readonly dx?: ArrayLike<number> | null;
  /** Edges 0 or 1, rows x rows; found where left out. */
  readonly trees?: Readonly<Record<"x" | "z" | "min", ArrayLike<number>>>;
  readonly radius?: number;
  readonly push?: number;
}

/** A penalty as a test uses it: its name, and what to tell it. */
export interface PairCase {
  readonly name: PenaltyName;
  readonly numbers?: PenaltyNumbers;
}

export interface PairResult {
  readonly value: number;
  /** Of the value in the codes. */
  readonly gradient: Float64Array;
}

/** The pairs of a batch as expressions. */
export function openPairs(batch: PairBatch, type: ElementType): PairSite {
  const { rows } = batch;
  const feeds = openFeeds(type);
  const x = input("x", [rows, batch.x.length / rows], type);
  const z = input("z", [rows, batch.z.length / rows], type);
  return pairSite({ x, z, ...(batch.dx && { dx: input("dx", [rows, rows], type) }), feeds });
}

/** A penalty and its gradient in the codes. */
export function pairGraph({ name, numbers }: PairCase, batch: PairBatch, type: ElementType): Graph {
  const penalty: Penalty = PENALTIES[name];
  if (penalty.on !== "pairs") throw new Error(`${name} is not about pairs`);
  const site = openPairs(batch, type);
  const value = penalty.build(site, { ...penalty.numbers, ...numbers });
  if (site.z.kind !== "input") throw new Error("codes are an input here");
  const [gradient] = vjp({ outputs: { value } }, [site.z], { value: scalar(1, type) });
  return simplify({ outputs: { value, gradient: gradient! } });
}

/** What such a graph is given, in float64. */
export function pairFeeds(batch: PairBatch): Record<string, Tensor> {
  const { rows } = batch;
  const tensor = (values: ArrayLike<number>, dims: readonly number[]): Tensor => ({
    data: Float64Array.from(values),
    dims,
  });
  const square = (values: ArrayLike<number>) => tensor(values, [rows, rows]);
  const own = {
    x: tensor(batch.x, [rows, batch.x.length / rows]),
    z: tensor(batch.z, [rows, batch.z.length / rows]),
  };
  const given = batch.dx ? { dx: square(batch.dx) } : {};
  const trees = batch.trees ?? treesOf(batch, { ...own, ...given });
  return {
    ...own,
    ...given,
    nearRadius: tensor([batch.radius ?? 1], []),
    "localIsometry.push": tensor([batch.push ?? 0], []),
    "topological.treeX": square(trees.x),
    "topological.treeZ": square(trees.z),
    "topological.treeMin": square(trees.min),
  };
}

function treesOf(batch: PairBatch, feeds: Readonly<Record<string, Tensor>>) {
  const found = evaluate({ outputs: topologicalLook(openPairs(batch, "double")) }, feeds);
  const narrowed = (e: Tensor) => Float32Array.from(e.data as Float64Array);
  return spanningTrees(narrowed(found.dx!), narrowed(found.dz!), batch.rows);
}

/** By the reference in float64. */
export function pairResult(of: PairCase, batch: PairBatch): PairResult {
  const { value, gradient } = evaluate(pairGraph(of, batch, "double"), pairFeeds(batch));
  return { value: Number(value!.data[0]), gradient: Float64Array.from(gradient!.data as Float64Array) };
}
