import {
  checkFinite,
  checkInteger,
  checkNumber,
  deepFreeze,
  IsometerError,
  type Matrix,
  row,
  type Warning,
  type Watch,
} from "../../base/index.ts";
import { type EngineInfo, type EngineOptions, findEngine, type ModelSource } from "../../engine/index.ts";
import { type DataPath, dataPath, openDataGraph } from "./data-path.ts";
import { type Decoder, openDecoder } from "./decoder.ts";
import { type Frames, framesAlong } from "./frames.ts";
import { type GeodesicPath, geodesicPath } from "./geodesic-path.ts";
import { type MeasureOptions, measurePath, type PathReport, type PathSetting } from "./measure-path.ts";
import { PATH_KINDS, type Path, type PathKind, sphericalPath, straightPath } from "./path.ts";
import { openSpaced } from "./spacing.ts";

export interface MorphOptions extends EngineOptions, Watch, MeasureOptions {
  /** From codes to data. Default: none, the codes are data themselves. */
  readonly decoder?: ModelSource | null;
  /** Rows in the space of data, n x D or any others of that space. Default: the codes as the decoder has them. */
  readonly data?: Matrix;
  /** Default: geodesic with a decoder, else data. */
  readonly path?: PathKind;
  /** With both ends, default 9. */
  readonly frames?: number;
  /** Of the graph of `data` and `geodesic`. Default 10, or all other rows. */
  readonly nNeighbors?: number;
  /** Rows of that graph are near as codes, or as the decoder has them, which costs D / d times as much. Default: codes. */
  readonly graph?: "codes" | "decoded";
  /** Of `data`: the power of the lengths of edges. Default 2. */
  readonly power?: number;
  /** Of `geodesic`: the toll on what is off the data. Default 1; 0: the geodesic of the decoder alone. */
  readonly density?: number;
  /** Of `spherical`, d numbers. Default: the origin. */
  readonly centre?: ArrayLike<number>;
  /** Default 0. */
  readonly seed?: number;
}

/** The frames of a morph, each with the real item that it is most like. */
export interface MorphFrames extends Frames {
  /** Rows of the data, n. */
  readonly nearest: Int32Array;
  /** How far they are, in the space of data. */
  readonly distances: Float64Array;
}

/** A path from one item to another, what it looks like, and how smooth it is. */
export interface Morph {
  readonly path: Path | DataPath | GeodesicPath;
  readonly frames: MorphFrames;
  readonly report: PathReport;
  /** The same of the straight line: what the path is better or worse than. */
  readonly straight: PathReport;
  readonly options: {
    readonly path: PathKind;
    readonly frames: number;
    readonly nNeighbors: number;
    readonly graph: "codes" | "decoded";
    readonly power: number;
    readonly density: number;
    readonly seed: number;
  };
  readonly warnings: readonly Warning[];
  readonly engine: EngineInfo;
}

/**
 * A path between two codes, its frames at equal steps in the space of data, and a report of how smooth it is. Same seed, same engine, same bytes.
 *
 * Cost: with a decoder n runs of it; the neighbours of 1,000 rows; and the path (`dataPath`, `geodesicPath`).
 *
 * @param codes n x d
 * @param from a row of the codes by its number, or d numbers
 * @param to the same
 * @throws bad-option, for a geodesic without a decoder too; bad-range for rows that are not there; bad-value; non-finite; too-few-rows; no-derivative; aborted
 */
export async function morph(
  codes: Matrix,
  from: number | ArrayLike<number>,
  to: number | ArrayLike<number>,
  given: MorphOptions = {},
): Promise<Morph> {
  const options = resolved(given, codes.rows);
  checkFinite(codes, "codes");
  const [a, b] = [endOf(codes, from), endOf(codes, to)];
  const engine = await findEngine(given);
  const decoder = given.decoder ? await openDecoder(given.decoder, codes.cols, engine) : null;
  const setting = await settingOf(codes, decoder, given, { engine, seed: options.seed });
  const { path, warnings } = await pathOf(a, b, { codes, decoder, setting, engine, given, options });
  const frames = await framesAlong(path, decoder, options.frames);
  const { ids, distances } = await setting.data.searched.nearest(frames.images, 1);
  return deepFreeze({
    path,
    frames: { ...frames, nearest: ids, distances },
    report: await measurePath(path, setting, given),
    straight: await measurePath(straightPath(a, b), setting, given),
    options,
    warnings: [...(decoder?.warnings ?? []), ...warnings],
    engine,
  });
}

function resolved(given: MorphOptions, rows: number): Morph["options"] {
  const {
    frames = 9,
    nNeighbors = Math.min(10, rows - 1),
    graph = "codes",
    power = 2,
    density = 1,
    seed = 0,
  } = given;
  const path = given.path ?? (given.decoder ? "geodesic" : "data");
  if (!PATH_KINDS.includes(path)) {
    throw new IsometerError("bad-option", `path must be one of ${PATH_KINDS.join(", ")}, got ${path}`);
  }
  if (path === "geodesic" && !given.decoder) {
    throw new IsometerError("bad-option", "a geodesic needs a decoder: without one the straight line is it", {
      hint: "Give the decoder, or choose data, spherical or straight.",
    });
  }
  checkInteger("frames", frames, 2);
  checkNumber("density", density, 0, Number.MAX_VALUE);
  return { path, frames, nNeighbors, graph, power, density, seed };
}

function endOf(codes: Matrix, end: number | ArrayLike<number>): ArrayLike<number> {
  if (typeof end !== "number") {
    if (end.length === codes.cols) return end;
    throw new IsometerError("bad-value", `an end has ${end.length} dimensions, the codes have ${codes.cols}`);
  }
  if (Number.isInteger(end) && end >= 0 && end < codes.rows) return row(codes, end);
  throw new IsometerError("bad-range", `row ${end} was asked for, there are ${codes.rows}`, {
    needed: `0 to ${codes.rows - 1}`,
    got: String(end),
  });
}

async function settingOf(
  codes: Matrix,
  decoder: Decoder | null,
  { data }: MorphOptions,
  how: { readonly engine: EngineInfo; readonly seed: number },
): Promise<PathSetting> {
  if (!decoder) return { decoder, data: await openSpaced(data ?? codes, how), codes: null };
  return {
    decoder,
    data: await openSpaced(data ?? (await decoder.decode(codes)), how),
    codes: await openSpaced(codes, how),
  };
}

interface Work {
  readonly codes: Matrix;
  readonly decoder: Decoder | null;
  readonly setting: PathSetting;
  readonly engine: EngineInfo;
  readonly given: MorphOptions;
  readonly options: Morph["options"];
}

async function pathOf(
  from: ArrayLike<number>,
  to: ArrayLike<number>,
  { codes, decoder, setting, engine, given, options }: Work,
): Promise<{ readonly path: Morph["path"]; readonly warnings: readonly Warning[] }> {
  if (options.path === "straight") return { path: straightPath(from, to), warnings: [] };
  if (options.path === "spherical") return { path: sphericalPath(from, to, given), warnings: [] };
  const { onProgress, signal } = given;
  const watch = { ...(onProgress && { onProgress }), ...(signal && { signal }) };
  const near = options.graph === "decoded" ? decoder : null;
  const { nNeighbors, power, density } = options;
  const graph = await openDataGraph(codes, { engine, decoder: near, nNeighbors, ...watch });
  const start = await dataPath(graph, from, to, { power });
  if (options.path === "data") return { path: start, warnings: graph.warnings };
  const path = await geodesicPath(from, to, decoder!, {
    ...watch,
    starts: [start],
    density: { codes, usual: setting.codes!.usual, weight: density },
    ...(given.segments !== undefined && { segments: given.segments }),
  });
  const lost: Warning = {
    code: "no-convergence",
    message: `the geodesic was still getting shorter after ${path.iterations} steps`,
  };
  return { path, warnings: path.converged ? [] : [lost] };
}
