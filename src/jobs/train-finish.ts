import { rowsFromMatrix, type Watch } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import type { TrainingState } from "../learn/training.ts";
import { type NextCommand, type TrainEpoch, type TrainResult, trainFindings } from "../report/index.ts";
import { shellQuote } from "./command-line.ts";
import { engineWarnings } from "./engine-warning.ts";
import { inputRecord } from "./open.ts";
import { secondsSince } from "./result.ts";
import type { Session } from "./train.ts";
import { type Measured, measureModel } from "./train-audit.ts";
import { frameOf } from "./train-frames.ts";
import { trainLook } from "./train-look.ts";
import { MODELS } from "./train-settings.ts";
import { fileIn } from "./train-state.ts";

/** Measures the best model, and writes it with all that is known of it. */
export async function finish(
  session: Session,
  stopped: TrainResult["stopped"],
  how: Watch & { readonly engine: EngineInfo },
): Promise<TrainResult> {
  const { run, state, settings, inputs, looker, frames, out, ctx, started } = session;
  const { values, epoch } = state.best!;
  const model = run.snapshot(values);
  how.onProgress?.({ stage: "auditing", done: 0, total: 1 });
  const measured = await measureModel(model, settings.options, inputs, { ...how, onProgress: () => {} });
  const codes = await model.codes(inputs.points, looker.rows);
  frames.push(await frameOf(epoch, codes, frames.at(-1)));
  await session.live?.show(epoch, codes, true);
  const { writeBytes, writeRows } = await import("../data/index.ts");
  const result = resultOf(session, measured, stopped);
  const { encoder, decoder } = model.save(metadataOf(session, result));
  await writeBytes(fileIn(out, "encoder"), encoder);
  if (decoder) await writeBytes(fileIn(out, "decoder"), decoder);
  await writeRows(fileIn(out, "codes"), rowsFromMatrix(measured.codes));
  const whole = { ...result, seconds: secondsSince(ctx.clock, started) };
  await writePage(session, whole);
  await writeBytes(fileIn(out, "report"), new TextEncoder().encode(`${JSON.stringify(whole, null, 2)}\n`));
  return whole;
}

/** The page of a training: of one that is over, or (`result` null) of one that runs. */
export async function writePage(session: Session, result: TrainResult | null): Promise<void> {
  const { ctx, inputs, looker, frames, out, state } = session;
  const { trainPage, trainingPage } = await import("../report/html/index.ts");
  const { writeBytes } = await import("../data/index.ts");
  const rows = Array.from(looker.rows);
  const labels = inputs.labels ? rows.map((row) => inputs.labels![row]!) : null;
  const evidence = { rows, labels, frames };
  const page = result
    ? await trainPage(result, evidence, ctx.documents?.date ?? null)
    : await trainingPage({ ...factsOf(session), epochs: state.epochs.map(epochOf) }, evidence);
  await writeBytes(fileIn(out, "page"), new TextEncoder().encode(page));
}

/** What does not change while it trains. */
function factsOf({ ctx, inputs, settings, run }: Session) {
  const { options } = settings;
  return {
    isometer: ctx.version,
    inputs: [inputRecord("vectors", inputs.source)],
    rows: { train: inputs.at.length, heldOut: inputs.held?.length ?? 0 },
    about: MODELS[options.model].about,
    options,
    network: {
      parameters: run.prepared.training.layout.parameters.reduce((sum, { size }) => sum + size, 0),
      inputs: inputs.points.cols,
      outputs: options.to,
    },
  };
}

function resultOf(session: Session, measured: Measured, stopped: TrainResult["stopped"]): TrainResult {
  const { ctx, engine, inputs, settings, run, state, out, started, vectors } = session;
  const { options } = settings;
  const { model } = options;
  const { scores, reconstruction, geometry, collapse } = measured;
  const epochs = state.epochs.map(epochOf);
  const best = state.best!;
  return {
    schema: "isometer/train/1",
    job: "train",
    ...factsOf(session),
    engine,
    model,
    before: session.before,
    epochs,
    best: { epoch: best.epoch, score: best.look.score },
    stopped,
    steps: state.step,
    scored: options.metric === "geodesic" ? "all" : inputs.held ? "held-out" : "trained-on",
    scores,
    reconstruction,
    geometry,
    collapse,
    findings: trainFindings({ epochs, scores, collapse, geometry, reconstruction, options }),
    files: filesOf(out, settings.hasDecoder),
    warnings: [...inputs.warnings, ...run.warnings, ...engineWarnings(engine), ...measured.warnings],
    next: nextCommands(out, vectors, settings.hasDecoder),
    seconds: secondsSince(ctx.clock, started),
  };
}

function epochOf({ look, ...record }: TrainingState["epochs"][number]): TrainEpoch {
  return { ...record, look: look && trainLook(look) };
}

function filesOf(out: string, hasDecoder: boolean): TrainResult["files"] {
  const names = [
    "encoder",
    ...(hasDecoder ? (["decoder"] as const) : []),
    "codes",
    "report",
    "page",
    "checkpoint",
  ] as const;
  return names.map((what) => ({ what, path: fileIn(out, what) }));
}

/** What travels with the models: nothing that differs between equal runs. */
function metadataOf({ data }: Session, result: TrainResult): Record<string, string> {
  const { isometer, model, options, scores, rows, best, steps, stopped } = result;
  const values = Object.fromEntries(Object.entries(scores).map(([name, score]) => [name, score.value]));
  return {
    "isometer.version": isometer,
    "isometer.method": `train ${model}`,
    "isometer.options": JSON.stringify(options),
    "isometer.data": data,
    "isometer.seed": String(options.seed),
    "isometer.training": JSON.stringify({ rows, best, steps, stopped }),
    "isometer.scores": JSON.stringify(values),
  };
}

function nextCommands(out: string, vectors: string, hasDecoder: boolean): NextCommand[] {
  const path = (name: Parameters<typeof fileIn>[1]) => shellQuote(fileIn(out, name));
  return [
    {
      command: `isometer audit ${shellQuote(vectors)} ${path("codes")}`,
      why: "all rows, those that were trained on too, with the worst of them",
    },
    hasDecoder
      ? {
          command: `isometer geometry ${path("decoder")} ${path("codes")}`,
          why: "what the decoder does to lengths, angles and volumes",
        }
      : {
          command: `isometer apply ${path("encoder")} MORE.npy --out codes.npy`,
          why: "the same map for other rows",
        },
  ];
}
