import { IsometerError, type Matrix } from "../base/index.ts";
import type { SearchSpace } from "./search-inputs.ts";
import type { SearchValues } from "./search-options.ts";

/** Vectors that are sought. */
export interface Queries {
  /** As a report names them. */
  readonly names: readonly string[];
  /** m x d */
  readonly vectors: Matrix;
  /** The item of the space that each is; null where it is none. */
  readonly own: readonly (string | null)[];
}

/** The vectors of rows that are named, then those of a file. @throws bad-value */
export async function queriesOf(space: SearchSpace, { like, queries }: SearchValues): Promise<Queries> {
  const { stackRows } = await import("../base/index.ts");
  const parts: Matrix[] = like.length > 0 ? [await space.vectorsOf(like)] : [];
  const names = like.map((name) => `row ${name}`);
  if (queries !== undefined) {
    const more = await vectorsFrom(queries, space);
    parts.push(more);
    for (let i = 0; i < more.rows; i++) names.push(`query ${i}`);
  }
  const vectors = stackRows(parts);
  return { names, vectors, own: names.map((_, q) => like[q] ?? null) };
}

async function vectorsFrom(path: string, { name, cols }: Pick<SearchSpace, "name" | "cols">) {
  const { readMatrix } = await import("../data/node-read.ts");
  const vectors = await readMatrix(path);
  if (vectors.cols === cols) return vectors;
  throw new IsometerError("bad-value", `${path} has ${vectors.cols} numbers a row, ${name} ${cols}`, {
    got: String(vectors.cols),
    needed: String(cols),
    hint: "Send queries through the same encoder and map as the space: isometer apply MAP.",
  });
}
