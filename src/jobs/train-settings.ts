import { IsometerError } from "../base/index.ts";
import type { FitOptions, NetworkOptions } from "../learn/options.ts";
import { keepsGeodesics } from "../learn/recipe.ts";
import type { TrainModel, TrainOptions } from "../report/index.ts";
import { kebab } from "./define.ts";
import { checkSides, type Isometry, isometryRecord, parseIsometry } from "./train-isometry.ts";
import type { TrainValues } from "./train-options.ts";

/** What is said of a model, whether it has a decoder, and which options are its own: the others refuse them. */
export const MODELS: Readonly<
  Record<
    TrainModel,
    { readonly about: string; readonly hasDecoder: boolean; readonly options: readonly OwnOption[] }
  >
> = {
  ae: {
    about: "an autoencoder: what comes back through code and decoder is what went in",
    hasDecoder: true,
    options: [],
  },
  vae: {
    about: "a variational autoencoder: codes are clouds, and together like one normal cloud",
    hasDecoder: true,
    options: ["beta", "freeBits"],
  },
  contrastive: {
    about: "an encoder alone, that brings together what belongs together and parts the rest",
    hasDecoder: false,
    options: ["loss", "positives", "temperature"],
  },
  distill: {
    about: "an encoder alone, whose distances are those of another one's embeddings",
    hasDecoder: false,
    options: ["teacher"],
  },
};

const OWN_OPTIONS = ["beta", "freeBits", "loss", "positives", "temperature", "teacher"] as const;
type OwnOption = (typeof OWN_OPTIONS)[number];

/** Epochs of a schedule that falls in steps, as a share of all; and what a plateau is. */
const STEP = { share: 1 / 3, factor: 0.1 } as const;
export const PLATEAU = { patience: 5, factor: 0.5 } as const;
const LOOKS = 50;
/** Share of the rows that are held out where nobody said how many. */
const HOLDOUT = 0.1;

/** Everything that a training goes by, as it was resolved. */
export interface Settings {
  readonly options: TrainOptions;
  readonly isometry: Isometry;
  readonly hasDecoder: boolean;
}

/** Options as they were meant. @throws bad-option where they contradict each other */
export function resolveSettings(values: TrainValues): Settings {
  const { model, epochs, optimizer } = values;
  checkOwn(values);
  const isometry = parseIsometry(values.isometry);
  const { hasDecoder } = MODELS[model];
  checkSides(isometry, model, hasDecoder);
  const isConv = values.network === "conv";
  const isContrastive = model === "contrastive";
  const continues = values.encoder !== undefined || values.decoder !== undefined;
  const options: TrainOptions = {
    to: values.to,
    model,
    isometry: isometryRecord(isometry),
    metric: model === "distill" ? "teacher" : keepsGeodesics(isometry) ? "geodesic" : "euclidean",
    epochs,
    batchSize: values.batchSize,
    learningRate: values.learningRate,
    optimizer,
    weightDecay: values.weightDecay ?? (optimizer === "adamw" ? 0.01 : 0),
    momentum: optimizer === "sgd" ? (values.momentum ?? 0) : null,
    schedule: values.schedule,
    warmup: values.warmup,
    clip: values.clip ?? null,
    network: values.network,
    hidden: widthsOf("hidden", values.hidden) ?? (isConv ? [] : [256, 256]),
    channels: isConv ? (widthsOf("channels", values.channels) ?? [32, 64]) : null,
    activation: values.activation,
    normalization: values.normalization,
    residual: values.residual,
    output: values.output,
    standardize: values.standardize ?? (continues ? "none" : "scale"),
    init: values.init,
    nNeighbors: values.nNeighbors,
    beta: model === "vae" ? (values.beta ?? 1) : null,
    freeBits: model === "vae" ? (values.freeBits ?? 0) : null,
    loss: isContrastive ? (values.loss ?? "infonce") : null,
    positives: values.positives ?? null,
    temperature: isContrastive ? (values.temperature ?? 0.1) : null,
    labels: values.labels ?? null,
    pairs: values.pairs ?? null,
    teacher: values.teacher ?? null,
    encoder: values.encoder ?? null,
    decoder: values.decoder ?? null,
    frozen: values.frozen,
    holdout: values.holdout ?? HOLDOUT,
    patience: values.patience ?? null,
    lookEvery: values.lookEvery ?? Math.max(1, Math.ceil(epochs / LOOKS)),
    seed: values.seed,
    rows: values.rows ?? null,
    id: values.id ?? null,
    vector: values.vector ?? null,
    imageSize: values.imageSize ?? null,
    imageMode: values.imageMode,
    imageShape: values.imageShape ?? null,
  };
  return { options, isometry, hasDecoder };
}

/** Refuses options of other models and networks: one that is silently ignored misleads. @throws bad-option */
function checkOwn(values: TrainValues): void {
  for (const option of OWN_OPTIONS) {
    const value = values[option];
    if (value === undefined || MODELS[values.model].options.includes(option)) continue;
    const [owner] = Object.entries(MODELS).find(([, { options }]) => options.includes(option))!;
    throw refused(
      option,
      `is of ${owner}, not of ${values.model}`,
      `Leave it out, or train --model ${owner}.`,
    );
  }
  if (values.momentum !== undefined && values.optimizer !== "sgd")
    throw refused(
      "momentum",
      `is of sgd, not of ${values.optimizer}`,
      "Leave it out, or take --optimizer sgd.",
    );
  if (values.optimizer === "lbfgs" && (values.weightDecay ?? 0) > 0)
    throw refused("weightDecay", "is not of lbfgs", "Leave it out, or take --optimizer adamw.");
  if (values.optimizer === "lbfgs" && values.normalization === "batch")
    throw refused(
      "normalization",
      "batch keeps means of steps, and lbfgs takes none of a batch",
      "Take layer or none.",
    );
  if (values.channels !== undefined && values.network !== "conv")
    throw refused("channels", "is of convolutions", "Leave it out, or take --network conv.");
  if (values.frozen && values.encoder === undefined)
    throw refused("frozen", "keeps an encoder, and there is none", "Name it with --encoder.");
  if (values.decoder !== undefined && !MODELS[values.model].hasDecoder)
    throw refused("decoder", `is given, and ${values.model} has none`, "Leave it out, or train --model ae.");
  if (values.init === "pca" && (values.network === "conv" || values.encoder !== undefined))
    throw refused("init", "pca is for linear layers that begin anew", "Leave it out.");
  if (values.model === "distill" && values.teacher === undefined)
    throw new IsometerError("bad-option", "distill needs the embeddings whose distances are to be kept", {
      hint: "Give them, or the ONNX model that makes them: --teacher embeddings.npy.",
    });
  if (values.output !== "none" && (values.standardize ?? "scale") !== "none" && values.decoder === undefined)
    throw refused(
      "output",
      `${values.output} cannot give standardized data`,
      "Add --standardize none, and give data within that range.",
    );
}

function refused(option: string, what: string, hint: string): IsometerError {
  return new IsometerError("bad-option", `--${kebab(option)} ${what}`, { got: option, hint });
}

/** "256,256"; "none" for none. */
function widthsOf(option: string, text: string | undefined): readonly number[] | undefined {
  if (text === undefined || text === "none") return text === undefined ? undefined : [];
  const widths = text.split(",").map((part) => (/^\s*\d{1,6}\s*$/.test(part) ? Number(part) : 0));
  if (widths.every((width) => width > 0)) return widths;
  throw refused(option, `needs widths, got ${JSON.stringify(text)}`, `For instance --${option} 256,256.`);
}

/** The options of networks and fits as `learn` calls them; files and images are read elsewhere. */
export function learnOptions({ options, isometry }: Settings): NetworkOptions & FitOptions {
  const { normalization, optimizer, weightDecay, momentum, channels } = options;
  return {
    network: options.network,
    hidden: options.hidden,
    ...(channels && { channels }),
    activation: options.activation as NonNullable<NetworkOptions["activation"]>,
    normalisation: normalization as NonNullable<NetworkOptions["normalisation"]>,
    residual: options.residual,
    output: options.output as NonNullable<NetworkOptions["output"]>,
    frozen: options.frozen,
    init: options.init,
    isometry,
    epochs: options.epochs,
    batchSize: options.batchSize,
    learningRate: options.learningRate,
    descent: { optimizer, weightDecay, ...(momentum !== null && { momentum }) },
    schedule: scheduleOf(options),
    warmup: options.warmup,
    clip: options.clip,
    standardize: options.standardize,
    nNeighbors: options.nNeighbors,
    seed: options.seed,
  };
}

function scheduleOf({ schedule, epochs }: TrainOptions): NonNullable<FitOptions["schedule"]> {
  switch (schedule) {
    case "cosine":
      return { kind: "cosine", floor: 0.01 };
    case "step":
      return { kind: "step", every: Math.max(1, Math.round(epochs * STEP.share)), factor: STEP.factor };
    default:
      return { kind: "constant" };
  }
}
