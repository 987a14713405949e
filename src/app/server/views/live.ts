import { IsometerError, type Points } from "../../../base/index.ts";
import type { ImageShape } from "../../../data/index.ts";
import type { Source } from "../../../data/source.ts";
import { type EngineInfo, findEngine } from "../../../engine/index.ts";
import { distinctNames } from "../../../jobs/latent-names.ts";
import { type InputRead, type InputsRead, readInputs } from "../../../jobs/read-inputs.ts";
import { defined } from "../../../jobs/result.ts";
import { type RowNumbers, rowNumber } from "../../../jobs/row-numbers.ts";
import {
  bestScale,
  makeSpace,
  type PictureEllipses,
  type Positions,
  pictureEllipses,
  positionsOf,
  type RowsTrust,
  rowsTrust,
  type Space,
  type StraightMetric,
} from "../../../spaces/explore/index.ts";
import type { DistortionState, ViewColumn, ViewRequest } from "../../views-contract.ts";
import { belowFolder } from "../failure.ts";
import { inBackground } from "./background.ts";
import { columnOf, type DataColumn, readColumns } from "./columns.ts";
import { lazy } from "./lazy.ts";
import { auditValues, type ViewPlan } from "./plan.ts";

/** A space that is looked at. */
export interface LiveSpace {
  readonly path: string;
  readonly points: Points;
  readonly space: Space;
  readonly metric: StraightMetric;
  readonly duplicates: Int32Array | null;
}

/** A latent, and what is found of it when somebody asks. */
export interface LiveLatent extends LiveSpace {
  readonly name: string;
  readonly drawn: Positions;
  /** What brings its lengths to those of the original. */
  readonly scale: () => Promise<number>;
  /** How far all rows can be trusted, by a sample. */
  readonly whole: () => Promise<RowsTrust>;
  readonly ellipses: () => Promise<PictureEllipses>;
  distortion: DistortionState;
  /** Stops the measuring of it that is under way; null: there is none. */
  measuring: AbortController | null;
}

export const NOT_MEASURED: DistortionState = {
  state: "none",
  progress: null,
  rows: null,
  columns: [],
  error: null,
};

/** What a view holds in memory. Its columns grow when distortions are measured. */
export interface LiveView {
  readonly id: string;
  readonly request: ViewRequest;
  readonly engine: EngineInfo;
  readonly rows: number;
  readonly original: LiveSpace;
  readonly latents: readonly LiveLatent[];
  readonly columns: DataColumn[];
  readonly ids: readonly string[] | null;
  readonly numbers: RowNumbers;
  readonly picture: { readonly shape: ImageShape; readonly bytes: boolean } | null;
  /** Size to which the pictures of a folder were brought. */
  readonly imageSize: string | undefined;
  /** Fires when the view is dropped: what is under way stops. */
  readonly signal: AbortSignal;
  /** Does work that somebody may ask for, before they do. */
  readonly ahead: (work: () => Promise<unknown>) => void;
  close(): Promise<void>;
}

/** What distortions are called: "trust:0". */
const DISTORTION = /:\d$/;

/** Reads the spaces of a plan and makes them ready. @throws as an audit's reading does, aborted */
export async function openLive(plan: ViewPlan, signal: AbortSignal): Promise<LiveView> {
  try {
    const values = await auditValues(plan);
    const columns: { name: string; texts: readonly string[] }[] = [];
    const onOpened = async ([first]: readonly Source[]) => {
      columns.push(...(await readColumns(first!, [values.id, values.labels])));
    };
    const read = await readInputs({ signal }, plan.inputs, values, onOpened);
    try {
      // What is no path is a column of the original.
      const label = values.labels === plan.request.labels ? values.labels : undefined;
      const known = { label: label ?? "labels", columns, imageSize: values.imageSize };
      return await madeReady(plan, read, known, signal);
    } catch (error) {
      await read.close();
      throw error;
    }
  } catch (error) {
    throw belowFolder(error, plan.folder);
  }
}

async function madeReady(
  plan: ViewPlan,
  read: InputsRead,
  known: {
    /** What the column of labels is called. */
    readonly label: string;
    readonly columns: readonly { readonly name: string; readonly texts: readonly string[] }[];
    readonly imageSize: string | undefined;
  },
  signal: AbortSignal,
): Promise<LiveView> {
  const { request, id } = plan;
  const { numbers, labels, looks } = read;
  const engine = await findEngine();
  const spaceOf = async (path: string, input: InputRead, metric: StraightMetric): Promise<LiveSpace> => {
    const { points, duplicates, name } = input;
    const space = await makeSpace(points, metric, { engine, name, duplicates });
    return { path, points, space, metric, duplicates };
  };
  const original = await spaceOf(request.original, read.original, request.metric ?? "euclidean");
  const names = distinctNames(request.latent);
  const latents: LiveLatent[] = [];
  for (const [l, input] of read.latents.entries()) {
    const own = await spaceOf(request.latent[l]!, input, request.latentMetric ?? "euclidean");
    latents.push(await latentOf(own, names[l]!, original, { engine, signal }));
  }
  const kept = (texts: readonly string[]) =>
    numbers.opened ? Array.from(numbers.opened, (row) => texts[row]!) : texts;
  const columns = [
    labels && columnOf(known.label, labels, true),
    ...known.columns.map(({ name, texts }) => {
      const isTaken = name === known.label || DISTORTION.test(name);
      return columnOf(isTaken ? `${name} (column)` : name, kept(texts), false);
    }),
  ].filter((column) => column !== null);
  return {
    id,
    request: { ...defined(request), original: request.original, latent: request.latent },
    engine,
    rows: original.space.rows,
    original,
    latents,
    columns,
    ids: read.ids,
    numbers,
    picture: looks.shape && { shape: looks.shape, bytes: looks.bytes },
    imageSize: known.imageSize,
    signal,
    ahead: inBackground(signal),
    close: read.close,
  };
}

async function latentOf(
  own: LiveSpace,
  name: string,
  { space: x }: LiveSpace,
  how: { readonly engine: EngineInfo; readonly signal: AbortSignal },
): Promise<LiveLatent> {
  const drawn = await positionsOf(own.points, own.metric, how);
  return {
    ...own,
    name,
    drawn,
    scale: lazy(() => bestScale(x, own.space, { signal: how.signal })),
    whole: lazy(() => rowsTrust(x, own.space, null, how)),
    ellipses: lazy(() => pictureEllipses(drawn.positions, x, how)),
    distortion: NOT_MEASURED,
    measuring: null,
  };
}

/** What a row is called: its id, or its number in the file. */
export function nameOf({ ids, numbers }: LiveView, row: number): string {
  return ids?.[row] ?? String(rowNumber(numbers, row));
}

/** Bytes of a name, about. */
const NAME_BYTES = 48;

/** Memory that a view takes, about. */
export function bytesOf({ rows, original, latents, columns, ids }: LiveView): number {
  const held = ({ points }: LiveSpace) => ("data" in points ? points.data.byteLength : 0) + 16 * rows;
  return (
    [original, ...latents].reduce((sum, space) => sum + held(space), 0) +
    latents.reduce((sum, { drawn }) => sum + drawn.positions.data.byteLength + 12 * rows, 0) +
    columns.reduce((sum, { values }) => sum + values.byteLength, 0) +
    (ids ? NAME_BYTES * rows : 0)
  );
}

/** Whether a column is of the data or a distortion that was measured. */
export function columnNamed(view: LiveView, name: string): DataColumn {
  const found = view.columns.find(({ column }) => column.name === name);
  if (found) return found;
  const names = view.columns.map(({ column }: { readonly column: ViewColumn }) => column.name);
  throw new IsometerError("unknown-column", `this view has no column ${JSON.stringify(name)}`, {
    got: name,
    hint: names.length > 0 ? `It has ${names.join(", ")}.` : "It has none.",
  });
}
