import { IsometerError } from "../base/index.ts";
import type { TrainingRun } from "../learn/run.ts";
import type { TrainingState } from "../learn/training.ts";
import type { LatentFrame, TrainLook, TrainOptions } from "../report/index.ts";
import type { JobContext } from "./define.ts";
import { kebab } from "./define.ts";
import type { TrainValues } from "./train-options.ts";

/** The files of a training, in its folder. */
export const FILES = {
  encoder: "encoder.onnx",
  decoder: "decoder.onnx",
  codes: "codes.npy",
  report: "report.json",
  page: "report.html",
  checkpoint: "checkpoint.safetensors",
} as const;

export const fileIn = (folder: string, name: keyof typeof FILES): string =>
  `${folder.replace(/[/\\]+$/, "")}/${FILES[name]}`;

/** A training so far, in words that go with it. */
export interface Stored {
  readonly options: TrainOptions;
  /** See `fingerprintOf`. */
  readonly data: string;
  /** Threads that computed: the last digits of a weight may depend on them. */
  readonly threads: number;
  readonly before: TrainLook | null;
  readonly frames: readonly LatentFrame[];
}

const [OPTIONS, DATA, SEEN] = ["isometer.options", "isometer.data", "isometer.seen"] as const;

/** Looks at the folder before anything is read. @throws file-exists, missing-file, bad-option */
export async function checkFolder(
  ctx: JobContext,
  out: string,
  { resume, force }: TrainValues,
): Promise<void> {
  if (resume && force) {
    throw new IsometerError("bad-option", "--resume goes on and --force begins anew", {
      hint: "Give one of them.",
    });
  }
  if (resume) {
    if (await ctx.exists(fileIn(out, "checkpoint"))) return;
    throw new IsometerError("missing-file", `${out} holds no training that could go on`, {
      needed: FILES.checkpoint,
      hint: "Name its folder with --out, or leave --resume out.",
    });
  }
  if (force) return;
  for (const name of Object.keys(FILES) as (keyof typeof FILES)[]) {
    if (!(await ctx.exists(fileIn(out, name)))) continue;
    throw new IsometerError("file-exists", `${out} holds a training already (${FILES[name]})`, {
      got: out,
      hint: "Go on with it: --resume; begin anew: --force; or choose another --out.",
    });
  }
}

/** What a checkpoint says of itself. @throws bad-format where it is none */
export async function readStored(out: string): Promise<Stored> {
  const { readCheckpointFile } = await import("../data/index.ts");
  const { metadata } = await readCheckpointFile(fileIn(out, "checkpoint"));
  try {
    const options = JSON.parse(metadata[OPTIONS]!) as TrainOptions;
    const seen = JSON.parse(metadata[SEEN]!) as Omit<Stored, "options" | "data">;
    return { options, data: metadata[DATA]!, ...seen };
  } catch (cause) {
    throw new IsometerError("bad-format", `${fileIn(out, "checkpoint")} is no checkpoint of a training`, {
      cause,
    });
  }
}

/** Options that may change while a training goes on. */
const FREE: readonly (keyof TrainOptions)[] = ["epochs", "patience"];

/**
 * Refuses to go on with what would be another training. Epochs may be more where nothing that was done depended on their number: with a constant rate or one that falls at a plateau, and
 * without a recipe or penalty that is ramped over them.
 *
 * @throws bad-option that names what differs
 */
export function checkSame(stored: Stored, options: TrainOptions, data: string): void {
  if (stored.data !== data) {
    throw new IsometerError("bad-option", "the rows are not those that the training began with", {
      needed: stored.data,
      got: data,
      hint: "Name the same data, or begin anew in another folder.",
    });
  }
  const differing = (Object.keys(options) as (keyof TrainOptions)[]).filter(
    (name) => !FREE.includes(name) && JSON.stringify(stored.options[name]) !== JSON.stringify(options[name]),
  );
  if (differing.length > 0) {
    const words = differing.map((name) => `--${kebab(name)} was ${JSON.stringify(stored.options[name])}`);
    throw new IsometerError("bad-option", `the training began with other options: ${words.join(", ")}`, {
      got: differing.map((name) => `--${kebab(name)} ${JSON.stringify(options[name])}`).join(", "),
      hint: "Resume with the options that it began with, or begin anew in another folder.",
    });
  }
  checkEpochs(stored.options, options);
}

function checkEpochs(before: TrainOptions, { epochs, schedule, isometry }: TrainOptions): void {
  if (epochs === before.epochs) return;
  const ramped = isometry === "auto" || isometry.some(({ name }) => name === "localIsometry");
  const depends = schedule === "cosine" || schedule === "step";
  if (epochs > before.epochs && !ramped && !depends) return;
  const why =
    epochs < before.epochs
      ? "fewer cannot be asked for later"
      : depends
        ? `the rate of --schedule ${schedule} depends on their number`
        : "penalties change over them";
  throw new IsometerError("bad-option", `the training began with --epochs ${before.epochs}: ${why}`, {
    needed: String(before.epochs),
    got: String(epochs),
    hint: "Resume with as many; with --schedule constant or plateau there may be more.",
  });
}

/** A training so far from its file. @throws bad-format */
export async function readState(out: string, { prepared }: TrainingRun): Promise<TrainingState> {
  const { readCheckpointFile } = await import("../data/index.ts");
  const { readCheckpoint } = await import("../learn/checkpoint.ts");
  return readCheckpoint(prepared.training, await readCheckpointFile(fileIn(out, "checkpoint")));
}

/** Writes where a training stands, whole or not at all. */
export async function writeState(
  out: string,
  state: TrainingState,
  { options, data, ...seen }: Stored,
  version: string,
): Promise<void> {
  const { writeBytes } = await import("../data/index.ts");
  const { saveCheckpoint } = await import("../learn/checkpoint.ts");
  const metadata = {
    "isometer.version": version,
    [OPTIONS]: JSON.stringify(options),
    [DATA]: data,
    [SEEN]: JSON.stringify(seen),
  };
  await writeBytes(fileIn(out, "checkpoint"), saveCheckpoint(state, metadata));
}
