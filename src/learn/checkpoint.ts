import { encodeTensors, IsometerError, type Matrix, matrix, sharedFloat32 } from "../base/index.ts";
import type { Training, TrainingState } from "./training.ts";

/** Where the state of a training stands in the metadata of its file. */
const STATE = "isometer.training";

/** A training so far as a .safetensors file: all its numbers, those of the best model, and in the metadata where it stands. Any training of the same model and options can go on from it. */
export function saveCheckpoint(
  { values, best, ...state }: TrainingState,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const row = (data: Float32Array) => matrix(data.slice(), 1, data.length);
  const stands = { ...state, best: best && { epoch: best.epoch, look: best.look } };
  return encodeTensors(
    { values: row(values), ...(best && { best: row(best.values) }) },
    { ...metadata, [STATE]: JSON.stringify(stands) },
  );
}

/** What the file of a checkpoint holds. */
export interface CheckpointFile {
  readonly values: Matrix;
  readonly best: Matrix | null;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A training so far, from its file. @throws bad-format where it is of another model, or of none */
export function readCheckpoint(
  { layout }: Pick<Training, "layout">,
  { values, best, metadata }: CheckpointFile,
): TrainingState {
  const stands = standsOf(metadata);
  const fits = values.data.length === layout.size && (!best || best.data.length === layout.modelSize);
  if (!stands || !fits || Boolean(stands.best) !== Boolean(best)) {
    throw new IsometerError("bad-format", "this is no checkpoint of this model", {
      needed: `${layout.size} numbers`,
      got: `${values.data.length} numbers`,
      hint: "Resume with the options that the training began with.",
    });
  }
  const own = sharedFloat32(layout.size);
  own.set(values.data);
  return { ...stands, values: own, best: stands.best && best ? { ...stands.best, values: best.data } : null };
}

type Stands = Omit<TrainingState, "values" | "best"> & {
  best: Omit<NonNullable<TrainingState["best"]>, "values"> | null;
};

function standsOf(metadata: Readonly<Record<string, string>>): Stands | null {
  try {
    const stands = JSON.parse(metadata[STATE] ?? "null") as Stands;
    return Number.isInteger(stands.step) && Array.isArray(stands.epochs) ? stands : null;
  } catch {
    return null;
  }
}
