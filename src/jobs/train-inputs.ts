import {
  collectRows,
  IsometerError,
  type Matrix,
  type Points,
  rng,
  sampleWithoutReplacement,
  sharedFloat32,
  type Warning,
  type Watch,
} from "../base/index.ts";
import type { Source } from "../data/source.ts";
import type { EngineInfo } from "../engine/index.ts";
import type { KnownDistances } from "../learn/known-distances.ts";
import type { ImageShape } from "../learn/networks/index.ts";
import type { TrainOptions } from "../report/index.ts";
import { checkObeyed, openOptions } from "./open.ts";
import { openMap } from "./open-map.ts";
import { checkTo, heldOutRows, LEAST_HELD_OUT, readPoints, without } from "./reduce-rows.ts";
import type { TrainValues } from "./train-options.ts";
import { readPairs } from "./train-pairs.ts";

/** Everything that a training reads. */
export interface TrainInputs {
  readonly source: Source;
  readonly points: Points;
  /** Rows to train on, and those that are held out; null: none are. */
  readonly at: Int32Array;
  readonly held: Int32Array | null;
  /** Rows that looks are at: held out, where there are such. */
  readonly seen: Int32Array;
  /** Class of each row. */
  readonly labels: readonly string[] | null;
  /** Embeddings of all rows. */
  readonly teacher: Matrix | null;
  readonly given: KnownDistances | null;
  /** What rows are images of, and how; null: they are none. */
  readonly picture: Picture | null;
  readonly warnings: readonly Warning[];
  /** To be called when nothing is read any more. */
  close(): Promise<void>;
}

/** Rows of a look. */
const LOOKED = 1000;

/** Opens and reads what a training needs. Files are closed again whatever happens. */
export async function readTrainInputs(
  vectors: string,
  options: TrainOptions,
  values: TrainValues,
  how: Watch & { readonly engine: EngineInfo },
): Promise<TrainInputs> {
  const { openSource, parseRange, readLabels } = await import("../data/index.ts");
  const source = await openSource(vectors, openOptions(values, parseRange));
  let remove = async () => {};
  const close = async () => {
    await remove();
    await source.close();
  };
  try {
    checkObeyed(values, source);
    const read = await readPoints(source, "euclidean", how);
    remove = () => read.remove();
    const { points } = read;
    checkTo(options.to, points, vectors);
    const held = heldOutRows(points.rows, shareOf(points, options, values), options.seed);
    const at = held ? without(points.rows, held) : without(points.rows, new Int32Array(0));
    const labels = values.labels === undefined ? null : await readLabels(values.labels, source);
    const ids = values.id === undefined || !source.ids ? null : await source.ids();
    const pairs = values.pairs === undefined ? null : await readPairs(values.pairs, at, points.rows, ids);
    const teacher =
      values.teacher === undefined ? null : await readTeacher(values.teacher, points, vectors, how);
    return {
      source,
      points,
      at,
      held,
      seen: lookedRows(held ?? at, options.seed),
      labels,
      teacher,
      given: pairs?.given ?? null,
      picture: pictureOf(source, options),
      warnings: [...source.warnings, ...read.warnings, ...(pairs?.warnings ?? []), ...noHoldout(held)],
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Where nobody said it: as many as can be scored, and none of so few that no more than twice as many would be left. */
function shareOf({ rows }: Points, { holdout }: TrainOptions, { holdout: given }: TrainValues): number {
  if (given !== undefined) return holdout;
  return rows < 3 * LEAST_HELD_OUT ? 0 : Math.max(holdout, LEAST_HELD_OUT / rows);
}

function lookedRows(rows: Int32Array, seed: number): Int32Array {
  if (rows.length <= LOOKED) return rows;
  const places = sampleWithoutReplacement(rng(seed).split("looks"), rows.length, LOOKED);
  return places.map((place) => rows[place]!);
}

function noHoldout(held: Int32Array | null): Warning[] {
  if (held) return [];
  const message =
    "no rows were held out: the model was chosen, and is scored, on rows that it was trained on";
  return [{ code: "no-holdout", message }];
}

/** Embeddings of the same rows: a file of them, or an encoder that makes them. */
async function readTeacher(
  path: string,
  points: Points,
  vectors: string,
  how: Watch & { readonly engine: EngineInfo },
): Promise<Matrix> {
  if (/\.onnx$/i.test(path)) {
    const { gatherPoints } = await import("../engine/index.ts");
    const map = await openMap(path, undefined, points.cols);
    const all = Int32Array.from({ length: points.rows }, (_, i) => i);
    return shared(await map.run(gatherPoints(points, all), how));
  }
  const { checkFinite, openSource } = await import("../data/index.ts");
  const source = await openSource(path);
  try {
    if (source.rows !== points.rows) {
      throw new IsometerError(
        "row-count-mismatch",
        `${path} has ${source.rows} rows, ${vectors} has ${points.rows}`,
        {
          needed: `${points.rows} rows`,
          got: `${source.rows} rows`,
          hint: "Row i of the teacher's embeddings is row i of VECTORS.",
        },
      );
    }
    const teacher = await collectRows(source);
    await checkFinite(teacher, path);
    return shared(teacher);
  } finally {
    await source.close();
  }
}

function shared({ data, rows, cols }: Matrix): Matrix {
  const own = sharedFloat32(data.length);
  own.set(data);
  return { data: own, rows, cols };
}

/** What rows are images of. */
export interface Picture {
  readonly image: ImageShape;
  /** Channel by channel; else pixel by pixel. */
  readonly isPlanar: boolean;
}

/** @throws bad-option where images are needed and rows are none, or are to be changed and have their colours side by side */
function pictureOf(source: Source, { imageShape, network, positives }: TrainOptions): Picture | null {
  const picture = imageShape === null ? storedShape(source) : toldShape(imageShape, source.cols);
  if (!picture && (network === "conv" || positives === "augmented")) {
    throw new IsometerError("bad-option", `${source.path} has no images that say so`, {
      needed: "a folder of images, IDX, or arrays of rows x channels x height x width",
      hint: "Say what rows are: --image-shape 28x28.",
    });
  }
  if (positives === "augmented" && !picture?.isPlanar) {
    throw new IsometerError("bad-option", "images whose colours lie side by side are not changed", {
      hint: "Use --image-mode grey, or store channels first.",
    });
  }
  return picture;
}

function toldShape(told: string, cols: number): Picture {
  const match = /^(\d{1,5})x(\d{1,5})(?:x(1|3))?$/i.exec(told);
  const [height, width, channels] = [Number(match?.[1]), Number(match?.[2]), Number(match?.[3] ?? 1)];
  if (!match || height * width * channels !== cols) {
    throw new IsometerError("bad-option", `--image-shape ${told} is no shape of rows of ${cols} numbers`, {
      needed: "HxW or HxWx3",
      got: told,
      hint: "For instance --image-shape 28x28.",
    });
  }
  return { image: [channels, height, width], isPlanar: channels === 1 };
}

/** Arrays and files of pictures: n x H x W, n x H x W x C, n x C x H x W. */
function storedShape({ shape }: Source): Picture | null {
  const [, a, b, c] = shape;
  if (a === undefined || b === undefined || shape.length > 4) return null;
  if (c === undefined) return { image: [1, a, b], isPlanar: true };
  if (c === 1 || c === 3) return { image: [c, a, b], isPlanar: c === 1 };
  return { image: [a, b, c], isPlanar: true };
}
