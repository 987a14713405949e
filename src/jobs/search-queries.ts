import { IsometerError, type Matrix } from "../base/index.ts";
import type { EncodedQueries } from "./encode-queries.ts";
import type { SearchSpace } from "./search-inputs.ts";
import type { SearchValues } from "./search-options.ts";

/** Vectors that are sought. */
export interface Queries {
  /** As a report names them. */
  readonly names: readonly string[];
  /** m x d */
  readonly vectors: Matrix;
  /** m x D: the same in the original; null where nothing is put in order by it. */
  readonly originals: Matrix | null;
  /** The item of the space that each is; null where it is none. */
  readonly own: readonly (string | null)[];
}

/** The vectors of rows that are named, then those of a file or of an encoder. @throws bad-value */
export async function queriesOf(
  space: SearchSpace,
  encoded: EncodedQueries | null,
  options: SearchValues,
): Promise<Queries> {
  const { like, queries, rerank, originalQueries } = options;
  const { stackRows } = await import("../base/index.ts");
  const parts: Matrix[] = like.length > 0 ? [await space.vectorsOf(like)] : [];
  const originals: Matrix[] = [];
  if (rerank !== undefined && like.length > 0) originals.push(await originalsOf(space, like));
  if (encoded) {
    parts.push(encoded.vectors);
    if (rerank !== undefined) originals.push(beforeMap(encoded, space));
  } else if (queries !== undefined) {
    const own = await vectorsFrom(queries, space.name, space.cols);
    parts.push(own);
    if (originalQueries !== undefined) originals.push(await beside(own, queries, originalQueries, space));
  }
  const vectors = stackRows(parts);
  return {
    names: Array.from({ length: vectors.rows }, (_, q) =>
      q < like.length ? `row ${like[q]}` : (encoded?.names[q - like.length] ?? `query ${q - like.length}`),
    ),
    vectors,
    originals: originals.length > 0 ? stackRows(originals) : null,
    own: Array.from({ length: vectors.rows }, (_, q) => like[q] ?? null),
  };
}

/** What is encoded, in the space of the original. @throws bad-value */
function beforeMap({ before }: EncodedQueries, { joined, records }: SearchSpace): Matrix {
  const cols = joined!.original.cols;
  if (before?.cols === cols) return before;
  throw new IsometerError(
    "bad-value",
    `--rerank: what is sought is not known in the space of ${records[0]!.path}`,
    {
      got: before ? `${before.cols} numbers` : "vectors of SPACE alone",
      needed: `${cols} numbers`,
      hint: "Give the encoder of the original with --encoder, and with --map the map from there to SPACE.",
    },
  );
}

async function originalsOf(space: SearchSpace, like: readonly string[]): Promise<Matrix> {
  const found = await space.originalsOf(like);
  if (found) return found;
  throw new IsometerError("bad-value", "--rerank: the original does not have all items of --like", {
    got: like.join(", "),
    hint: "Leave --rerank out, or give their vectors: --queries with --original-queries.",
  });
}

async function vectorsFrom(path: string, name: string, cols: number): Promise<Matrix> {
  const { readMatrix } = await import("../data/node-read.ts");
  const vectors = await readMatrix(path);
  if (vectors.cols === cols) return vectors;
  throw new IsometerError("bad-value", `${path} has ${vectors.cols} numbers a row, ${name} ${cols}`, {
    got: String(vectors.cols),
    needed: String(cols),
    hint: "Send queries through the same encoder and map as the space: isometer apply MAP.",
  });
}

/** The queries in the original: as many, as wide as that. */
async function beside(
  own: Matrix,
  queries: string,
  path: string,
  { joined, records }: SearchSpace,
): Promise<Matrix> {
  const vectors = await vectorsFrom(path, records[0]!.path, joined!.original.cols);
  if (vectors.rows === own.rows) return vectors;
  throw new IsometerError(
    "row-count-mismatch",
    `${path} has ${vectors.rows} queries, ${queries} has ${own.rows}`,
    {
      got: String(vectors.rows),
      needed: String(own.rows),
      hint: "Row i of both is one query.",
    },
  );
}
