import { TRAIN_MODELS } from "../report/train-result.ts";
import * as common from "./common.ts";
import { choice, flag, integer, list, number, text, type Values } from "./define.ts";

const { method, network, training, measure, output } = common.GROUPS;

/** What is trained, and by what. */
const MODEL_OPTIONS = {
  model: choice({
    group: method,
    about: "what the encoder is trained for: see above",
    placeholder: "MODEL",
    choices: TRAIN_MODELS,
    default: "ae",
  }),
  to: common.to,
  isometry: list({
    group: method,
    about:
      "a penalty on distortion, weight 0 or more (default: balanced, so that it pulls as hard as the first loss), with its own options; or auto, our recipe; or none",
    placeholder: "NAME[:WEIGHT][,OPTION=VALUE]",
  }),
  pairs: text({
    group: method,
    about:
      "distances of your own for penalties of pairs: a table of a, b and distance (or similarity), a and b row numbers or ids; other pairs do not count",
    placeholder: "FILE",
  }),
  beta: number({
    group: method,
    about:
      "vae: weight of the divergence; 1 is the evidence bound for noise of one standard deviation of the data",
    placeholder: "X",
    min: 0,
    otherwise: "1",
  }),
  freeBits: number({
    group: method,
    about: "vae: nats of each dimension that cost nothing",
    placeholder: "X",
    min: 0,
    otherwise: "0",
  }),
  loss: choice({
    group: method,
    about: "contrastive: cross entropy of who belongs together, or triplets",
    placeholder: "LOSS",
    choices: ["infonce", "triplet"],
    otherwise: "infonce",
  }),
  positives: choice({
    group: method,
    about:
      "contrastive: what belongs together: rows of one label, an image and itself changed, nearest neighbours",
    placeholder: "KIND",
    choices: ["labels", "augmented", "neighbors"],
    otherwise: "labels where there are some, augmented for images, else neighbors",
  }),
  temperature: number({
    group: method,
    about: "contrastive: what cosines are divided by",
    placeholder: "X",
    min: 1e-3,
    otherwise: "0.1",
  }),
  teacher: text({
    group: method,
    about:
      "distill: the embeddings whose distances are to be kept, one for each row, or the ONNX model that makes them",
    placeholder: "FILE",
  }),
  labels: {
    ...common.labels,
    group: method,
    about:
      "class of each row, a file with one value per row or a column of VECTORS: for contrastive, for scores of classes and for colours",
  },
};

/** What networks are made of. */
const NETWORK_OPTIONS = {
  network: choice({
    group: network,
    about: "linear layers, or convolutions for images",
    placeholder: "KIND",
    choices: ["mlp", "conv"],
    default: "mlp",
  }),
  hidden: text({
    group: network,
    about: "widths of the encoder's hidden layers; the decoder is its mirror image; none: a linear map",
    placeholder: "N,N,...",
    otherwise: "256,256; conv: none",
  }),
  channels: text({
    group: network,
    about: "conv: channels of the convolutions, each of which halves the image",
    placeholder: "N,N,...",
    otherwise: "32,64",
  }),
  activation: choice({
    group: network,
    about: "the function between layers",
    placeholder: "NAME",
    choices: ["elu", "relu", "leaky-relu", "silu", "softplus", "tanh"],
    default: "elu",
  }),
  normalization: choice({
    group: network,
    about: "what brings the numbers between layers to one size",
    placeholder: "KIND",
    choices: ["none", "batch", "layer"],
    default: "none",
    aliases: ["normalisation", "norm"],
  }),
  residual: flag({ group: network, about: "layers of equal width add to what goes into them" }),
  output: choice({
    group: network,
    about:
      "what the decoder ends with: any numbers, those within (0, 1), those within (-1, 1); the latter two want --standardize none",
    placeholder: "NAME",
    choices: ["none", "sigmoid", "tanh"],
    default: "none",
  }),
  standardize: choice({
    group: network,
    about:
      "what is done to data first: one scale for all columns (distances stay, up to that), one for each, or nothing",
    placeholder: "KIND",
    choices: ["scale", "columns", "none"],
    otherwise: "scale; none with --encoder or --decoder",
    aliases: ["standardise"],
  }),
  init: choice({
    group: network,
    about: "where weights begin: at random, or so that the networks are PCA and back (mlp)",
    placeholder: "START",
    choices: ["random", "pca"],
    default: "random",
  }),
  encoder: text({
    group: network,
    about: "an ONNX encoder to go on from, of any framework; its outputs are the code",
    placeholder: "FILE",
  }),
  decoder: text({
    group: network,
    about: "an ONNX decoder to go on from",
    placeholder: "FILE",
  }),
  frozen: flag({ group: network, about: "keep that encoder as it is, and train a linear layer behind it" }),
};

/** How it is trained. */
const FIT_OPTIONS = {
  epochs: integer({
    group: training,
    about: "passes over the rows",
    min: 1,
    default: 100,
    aliases: ["nEpochs", "maxEpochs", "maxIter"],
  }),
  batchSize: integer({
    group: training,
    about: "rows of a step; all of them where there are fewer",
    min: 2,
    default: 256,
    aliases: ["batch", "bs"],
  }),
  learningRate: number({
    group: training,
    about: "length of a step",
    placeholder: "X",
    min: 0,
    default: 1e-3,
    aliases: ["lr", "learningRateInit"],
  }),
  optimizer: choice({
    group: training,
    about:
      "how gradients become steps; lbfgs takes all rows at each step and needs no learning rate, for small problems",
    placeholder: "NAME",
    choices: ["adam", "adamw", "sgd", "lbfgs"],
    default: "adam",
    aliases: ["optimiser", "solver"],
  }),
  weightDecay: number({
    group: training,
    about: "pulls weights to 0",
    placeholder: "X",
    min: 0,
    otherwise: "0; adamw 0.01",
    aliases: ["alpha"],
  }),
  momentum: number({
    group: training,
    about: "sgd: share of the last step in the next",
    placeholder: "X",
    min: 0,
    max: 1,
    otherwise: "0",
  }),
  schedule: choice({
    group: training,
    about:
      "the learning rate: falls as a cosine to a hundredth, to a tenth after each third of the epochs, stays, or halves after 5 looks that found nothing better",
    placeholder: "NAME",
    choices: ["cosine", "step", "constant", "plateau"],
    default: "cosine",
  }),
  warmup: number({
    group: training,
    about: "epochs in which the learning rate rises",
    placeholder: "EPOCHS",
    min: 0,
    default: 0,
  }),
  clip: number({
    group: training,
    about: "longest gradient; longer ones are shortened",
    placeholder: "X",
    min: 0,
    otherwise: "any",
    aliases: ["gradClip", "clipNorm", "gradientClipVal"],
  }),
};

/** How it is watched, and where it goes. */
const RUN_OPTIONS = {
  nNeighbors: integer({
    group: measure,
    about: "neighbours of each row: of the graph of geodesics, of what counts as near, of recall",
    placeholder: "K",
    min: 1,
    default: 10,
    aliases: ["k", "nNeighbours"],
  }),
  holdout: number({
    group: measure,
    about:
      "share of the rows that are never trained on, drawn at random: the model that keeps their distances best is the one that is kept; 0: none",
    placeholder: "SHARE",
    min: 0,
    max: 0.9,
    otherwise: "0.1, 20 rows at least; none of fewer than 60 rows",
    aliases: ["validationFraction", "validationSplit"],
  }),
  lookEvery: integer({
    group: measure,
    about: "epochs between looks at the held-out rows",
    placeholder: "EPOCHS",
    min: 1,
    otherwise: "so that there are about 50",
  }),
  patience: integer({
    group: measure,
    about: "stop after so many looks without a better one",
    placeholder: "LOOKS",
    min: 1,
    otherwise: "never",
    aliases: ["nIterNoChange"],
  }),
  seed: common.seed,
  rows: common.rows,
  id: common.id,
  vector: common.vector,
  imageSize: common.imageSize,
  imageMode: common.imageMode,
  imageShape: {
    ...common.imageShape,
    about:
      "rows are pictures of this shape, for conv; arrays of pictures, IDX files and folders of images say so themselves",
  },
  out: text({
    group: output,
    about:
      "folder of the training, which is made: encoder.onnx, decoder.onnx, codes.npy, report.json, report.html, checkpoint.safetensors",
    placeholder: "DIR",
    otherwise: "trained",
  }),
  resume: flag({
    group: output,
    about: "go on where the training in --out stopped: the same bytes as without a stop",
  }),
  force: common.force,
  threads: {
    ...common.threads,
    about: "threads that compute; the last digits of weights may depend on them",
    otherwise: "ISOMETER_THREADS, else all cores; with --resume as before",
  },
  provider: common.provider,
};

/** The options of job `train`; those that are of some models only say so first. */
export const TRAIN_OPTIONS = { ...MODEL_OPTIONS, ...NETWORK_OPTIONS, ...FIT_OPTIONS, ...RUN_OPTIONS };

export type TrainValues = Values<typeof TRAIN_OPTIONS>;
