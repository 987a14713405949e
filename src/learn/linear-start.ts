import { IsometerError, type Points } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import { gatherPoints } from "../engine/index.ts";
import { PCA_COLS, pca } from "../linalg/index.ts";
import type { Layer, Parameter } from "./networks/index.ts";
import type { Standards } from "./standard.ts";

/** How far from 0, in standard deviations, the hidden units that carry the codes begin: where the activation is the identity. */
const LIFT = 4;

/** Rows that components are computed from. */
const MOST_ROWS = 20_000;

export interface LinearStartOptions {
  readonly points: Points;
  readonly at: Int32Array;
  readonly standards: Standards;
  /** Numbers of a code. */
  readonly outputs: number;
  readonly engine: EngineInfo;
}

/**
 * Parameters of a network of linear layers, and of its mirror image, such that codes begin as principal components and rows come back from them, up to what activations bend: as many hidden units as the narrowest
 * layer has carry one component each, lifted to where the activation is the identity; what goes from the other units into these, and into the end, begins as 0. All else begins as
 * it would.
 *
 * @throws bad-option where parameters are not those of plain linear layers, or rows have too many columns
 */
export async function linearStart(
  { encoder, decoder }: { readonly encoder: Layer; readonly decoder: Layer | null },
  { points, at, standards, outputs, engine }: LinearStartOptions,
): Promise<{ readonly encoder: Layer; readonly decoder: Layer | null }> {
  const { cols } = points;
  if (cols > PCA_COLS) throw refused(`rows have ${cols} columns, components need at most ${PCA_COLS}`);
  const step = Math.max(1, Math.floor(at.length / MOST_ROWS));
  const sample = gatherPoints(
    points,
    at.filter((_, k) => k % step === 0),
  );
  const widths = widthsOf(encoder);
  const carried = Math.min(...widths.slice(0, -1), ...(widths.length > 2 ? [] : [outputs]), sample.rows - 1);
  const found = await pca(sample, Math.max(outputs, Math.min(carried, cols)), { engine });
  const { unit, standard } = standards;
  const mean = standard ? Float64Array.from(standard.mean) : new Float64Array(cols);
  // Of rows as the encoder takes them.
  const shift = (direction: Float32Array) => {
    let sum = 0;
    for (let c = 0; c < cols; c++) sum += ((found.mean[c]! - mean[c]!) / unit) * direction[c]!;
    return sum;
  };
  const components = Array.from({ length: found.variances.length }, (_, k) =>
    found.components.slice(k * cols, (k + 1) * cols),
  );
  const carriers = components.map((direction, k) => ({
    direction,
    centre: shift(direction),
    lift: LIFT * Math.max(Math.sqrt(found.variances[k]!) / unit, 1e-3),
  }));
  return {
    encoder: withStarts(encoder, encoderStarts(encoder, carriers, outputs)),
    decoder: decoder && withStarts(decoder, decoderStarts(decoder, carriers.slice(0, outputs))),
  };
}

interface Carrier {
  readonly direction: Float32Array;
  readonly centre: number;
  readonly lift: number;
}

type Starts = ReadonlyMap<string, (before: Float32Array) => void>;

function weightsOf({
  parameters,
}: Layer): readonly { readonly weight: Parameter; readonly bias: Parameter }[] {
  const pairs = Array.from({ length: parameters.length / 2 }, (_, k) => ({
    weight: parameters[2 * k]!,
    bias: parameters[2 * k + 1]!,
  }));
  const isPlain = pairs.every(
    ({ weight, bias }) =>
      weight.shape.length === 2 && bias.shape[0] === 1 && bias.shape[1] === weight.shape[1],
  );
  if (!isPlain || parameters.length % 2 === 1 || pairs.length === 0)
    throw refused("the network has more than linear layers");
  return pairs;
}

const widthsOf = (layer: Layer): number[] => {
  const layers = weightsOf(layer);
  return [layers[0]!.weight.shape[0]!, ...layers.map(({ weight }) => weight.shape[1]!)];
};

function encoderStarts(layer: Layer, carriers: readonly Carrier[], outputs: number): Starts {
  const layers = weightsOf(layer);
  const starts = new Map<string, (before: Float32Array) => void>();
  layers.forEach(({ weight, bias }, k) => {
    const [inputs, width] = weight.shape as [number, number];
    const isFirst = k === 0;
    const isLast = k === layers.length - 1;
    const own = isLast ? carriers.slice(0, outputs) : carriers.slice(0, width);
    starts.set(weight.name, (w) => {
      own.forEach(({ direction }, j) => {
        for (let i = 0; i < inputs; i++) w[i * width + j] = isFirst ? direction[i]! : Number(i === j);
      });
    });
    starts.set(bias.name, (b) => {
      own.forEach(({ centre, lift }, j) => {
        b[j] = (isFirst ? -centre : 0) + (isFirst && !isLast ? lift : 0) - (isLast && !isFirst ? lift : 0);
      });
    });
  });
  return starts;
}

function decoderStarts(layer: Layer, carriers: readonly Carrier[]): Starts {
  const layers = weightsOf(layer);
  const starts = new Map<string, (before: Float32Array) => void>();
  layers.forEach(({ weight, bias }, k) => {
    const [inputs, width] = weight.shape as [number, number];
    const isFirst = k === 0;
    const isLast = k === layers.length - 1;
    starts.set(weight.name, (w) => {
      if (isLast) {
        w.fill(0);
        carriers.forEach(({ direction }, j) => {
          w.set(direction, j * width);
        });
        return;
      }
      carriers.forEach((_, j) => {
        for (let i = 0; i < inputs; i++) w[i * width + j] = Number(i === j);
      });
    });
    starts.set(bias.name, (b) => {
      if (!isLast) {
        carriers.forEach(({ lift }, j) => {
          b[j] = isFirst ? lift : 0;
        });
        return;
      }
      b.fill(0);
      for (const { direction, centre, lift } of carriers) {
        const moved = centre - (isFirst ? 0 : lift);
        for (let c = 0; c < width; c++) b[c]! += moved * direction[c]!;
      }
    });
  });
  return starts;
}

/** The layer with its parameters begun anew, after their own start. */
function withStarts(layer: Layer, starts: Starts): Layer {
  const parameters = layer.parameters.map((parameter): Parameter => {
    const change = starts.get(parameter.name);
    return change ? { ...parameter, init: { kind: "changed", from: parameter.init, change } } : parameter;
  });
  return { ...layer, parameters };
}

function refused(why: string): IsometerError {
  return new IsometerError("bad-option", `networks cannot begin as PCA: ${why}`, {
    hint: "Leave out --init pca, or use --network mlp without normalisation and residual blocks.",
  });
}
