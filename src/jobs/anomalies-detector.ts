import { IsometerError, type Matrix, type Warning, type Watch } from "../base/index.ts";
import type { ModelSource } from "../engine/index.ts";
import type { Autoencoder, Detector } from "../spaces/anomalies/index.ts";
import type { DetectorMethodName } from "../spaces/anomalies/methods.ts";
import type { AnomaliesValues } from "./anomalies-options.ts";
import { type RowsRead, readRows } from "./read-rows.ts";
import { defined } from "./result.ts";

/** A detector, and what it was made from where it was made now. */
export interface Made {
  readonly detector: Detector;
  readonly autoencoder: Autoencoder | null;
  /** Null where the detector was saved before. */
  readonly normal: RowsRead | null;
  readonly warnings: readonly Warning[];
}

/** Whether NORMAL is a detector that was saved. */
export const isSaved = (path: string): boolean => /\.json$/i.test(path);

/** Reads a detector, or fits one to normal rows. */
export async function makeDetector(path: string, options: AnomaliesValues, watch: Watch): Promise<Made> {
  checkModels(path, options);
  if (isSaved(path)) {
    const detector = await savedDetector(path);
    const autoencoder = await autoencoderOf(detector.cols, options);
    checkGiven(path, detector, autoencoder);
    return { detector, autoencoder, normal: null, warnings: autoencoder?.warnings ?? [] };
  }
  const normal = await readRows(path, { rows: undefined, vector: options.vector }, "normal", watch);
  watch.onProgress?.({ stage: "fitting", done: 0, total: 1 });
  const autoencoder = await autoencoderOf(normal.matrix.cols, options);
  const detector = await fitted(normal.matrix, autoencoder, watch, options);
  return { detector, autoencoder, normal, warnings: [...normal.warnings, ...(autoencoder?.warnings ?? [])] };
}

/** @throws bad-option for what needs something that is not there */
function checkModels(path: string, { encoder, decoder, method, original }: AnomaliesValues): void {
  const refuse = (message: string, hint: string) => {
    throw new IsometerError("bad-option", message, { hint });
  };
  if (encoder !== undefined && decoder === undefined)
    refuse("--encoder needs --decoder: what comes back through both is looked at", "Give the decoder too.");
  if (method === "geometry" && decoder === undefined)
    refuse("--method geometry needs --decoder", "Give an ONNX model from codes to data.");
  if (decoder !== undefined && method !== undefined && method !== "geometry" && method !== "ensemble")
    refuse(
      `--method ${method} does not look at --decoder`,
      "Choose ensemble or geometry, or leave --method out.",
    );
  if (original !== undefined && isSaved(path))
    refuse(`--original goes with normal rows, and ${path} is a detector`, "Give the normal rows themselves.");
}

/** @throws bad-option where a detector was fitted with models that are not given now */
function checkGiven(path: string, { model }: Detector, autoencoder: Autoencoder | null): void {
  const members = model.method === "ensemble" ? model.members.map((member) => member.model) : [model];
  const names = members.flatMap((own) => (own.method === "given" ? [own.name] : []));
  const missing = names.filter((name) => !autoencoder?.names.includes(name));
  if (missing.length === 0) return;
  throw new IsometerError(
    "bad-option",
    `${path} was fitted with ${missing.join(" and ")}, of models that it does not hold`,
    {
      hint: `Give them again: ${names.includes("residual") ? "--encoder and --decoder" : "--decoder"}.`,
    },
  );
}

async function savedDetector(path: string): Promise<Detector> {
  const { readJson } = await import("../data/index.ts");
  const { unpackDetector } = await import("../spaces/anomalies/index.ts");
  return unpackDetector(await readJson(path));
}

async function autoencoderOf(cols: number, options: AnomaliesValues): Promise<Autoencoder | null> {
  const { encoder, decoder, threads, provider } = options;
  if (decoder === undefined) return null;
  const { openAutoencoder } = await import("../spaces/anomalies/index.ts");
  const models = {
    ...(encoder !== undefined && { encoder: await modelAt(encoder) }),
    decoder: await modelAt(decoder),
  };
  return openAutoencoder(models, cols, defined({ threads, provider }));
}

async function modelAt(path: string): Promise<ModelSource> {
  const { openModel } = await import("../data/index.ts");
  return { ...(await openModel(path)), name: path };
}

async function fitted(
  normal: Matrix,
  autoencoder: Autoencoder | null,
  { signal }: Watch,
  options: AnomaliesValues,
): Promise<Detector> {
  const { fitDetector } = await import("../spaces/anomalies/index.ts");
  const { metric, nNeighbors, standardize, seed, threads, provider } = options;
  const method = options.method ?? (autoencoder ? "ensemble" : "knn");
  const own =
    method === "geometry"
      ? { method: "ensemble" as const, members: [] }
      : { method: method as DetectorMethodName };
  const seen = autoencoder && (await autoencoder.look(normal, defined({ signal })));
  return fitDetector(normal, {
    ...defined({ nNeighbors, threads, provider, signal }),
    ...own,
    ...(seen && autoencoder && { given: seen.given, twoSided: autoencoder.twoSided }),
    metric,
    standardize,
    seed,
  });
}

/** The names of the members of an ensemble, in order. */
export async function memberNames({ model }: Detector): Promise<string[]> {
  const { memberName } = await import("../spaces/anomalies/index.ts");
  return model.method === "ensemble" ? model.members.map((member) => memberName(member.model)) : [];
}
