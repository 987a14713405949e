import { IsometerError, type Matrix, sharedFloat32, sharedInt32, type Watch } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import type { Augment } from "../learn/augment.ts";
import type { Objective } from "../learn/model.ts";
import type { Positives } from "../learn/pairing.ts";
import type { PrepareSpec } from "../learn/prepare.ts";
import type { TrainOptions } from "../report/index.ts";
import type { TrainInputs } from "./train-inputs.ts";

/** What a model is trained for, and what it needs for that beside the rows. */
export type Aim = Required<Pick<PrepareSpec, "objective" | "encoded" | "hasDecoder" | "columns">> &
  Pick<PrepareSpec, "numbers">;

/** How images are changed: moved by a twelfth of their height at most, in other light, with some noise. */
const CHANGES: Omit<Augment, "shift"> = { flip: false, brightness: 0.2, contrast: 0.2, noise: 0.05 };

/** The aim of a model. @throws bad-option where what it needs is not there */
export async function aimOf(
  options: TrainOptions,
  inputs: TrainInputs,
  how: Watch & { readonly engine: EngineInfo },
): Promise<Aim> {
  const objectives = await import("../learn/objectives/index.ts");
  const { to } = options;
  switch (options.model) {
    case "ae":
      return { objective: objectives.autoencoder, encoded: to, hasDecoder: true, columns: {} };
    case "vae": {
      const objective = objectives.vae({ freeBits: options.freeBits ?? 0 });
      const numbers = { [objectives.BETA]: options.beta ?? 1 };
      return { objective, encoded: 2 * to, hasDecoder: true, columns: {}, numbers };
    }
    case "distill": {
      const { data, cols } = inputs.teacher!;
      const objective = objectives.distill({ teacher: cols });
      return { objective, encoded: to, hasDecoder: false, columns: { [objectives.TEACHER]: { data, cols } } };
    }
    case "contrastive":
      return contrastiveAim(options, inputs, how, objectives.contrastive);
  }
}

async function contrastiveAim(
  options: TrainOptions,
  inputs: TrainInputs,
  how: Watch & { readonly engine: EngineInfo },
  contrastive: typeof import("../learn/objectives/index.ts")["contrastive"],
): Promise<Aim> {
  const { to, temperature, loss } = options;
  const kind = positivesKind(options, inputs);
  const own: Objective = contrastive({
    loss: loss === "triplet" ? "triplet" : kind === "labels" ? "supervised" : "infonce",
    positives: await positivesOf(kind, options, inputs, how),
    ...(temperature !== null && { temperature }),
  });
  const columns: Aim["columns"] = kind === "labels" ? { labels: classNumbers(inputs.labels!) } : {};
  return { objective: own, encoded: to, hasDecoder: false, columns };
}

type Kind = "labels" | "augmented" | "neighbors";

/** What belongs together, where nobody said it. */
export function positivesKind({ positives }: TrainOptions, { labels, picture }: TrainInputs): Kind {
  const usual = labels ? "labels" : picture?.isPlanar ? "augmented" : "neighbors";
  const kind = (positives as Kind | null) ?? usual;
  const missing = kind === "labels" ? !labels : kind === "augmented" && !picture;
  if (!missing) return kind;
  throw new IsometerError(
    "bad-option",
    `--positives ${kind}: there are no ${kind === "labels" ? "labels" : "images"}`,
    {
      hint: kind === "labels" ? "Give them: --labels FILE." : "Say what rows are: --image-shape 28x28.",
    },
  );
}

async function positivesOf(
  kind: Kind,
  { nNeighbors }: TrainOptions,
  { points, at, picture }: TrainInputs,
  { engine, ...watch }: Watch & { readonly engine: EngineInfo },
): Promise<Positives | null> {
  if (kind === "labels") return null;
  if (kind === "augmented") {
    const { image } = picture!;
    const shift = Math.max(1, Math.round(image[1] / 12));
    return { kind: "augmented", image, augment: { ...CHANGES, shift } };
  }
  const { gatherPoints } = await import("../engine/index.ts");
  const { nearestNeighbors } = await import("../neighbors/index.ts");
  const rows: Matrix = gatherPoints(points, at);
  const k = Math.min(nNeighbors, at.length - 1);
  const found = await nearestNeighbors(rows, rows, { ...engine, ...watch, nNeighbors: k });
  const ids = sharedInt32(found.ids.length);
  ids.set(found.ids);
  return { kind: "neighbors", ids };
}

/** Labels as the numbers of their classes, by first occurrence. */
function classNumbers(labels: readonly string[]): { readonly data: Float32Array; readonly cols: number } {
  const numbers = new Map<string, number>();
  const data = sharedFloat32(labels.length);
  labels.forEach((label, row) => {
    if (!numbers.has(label)) numbers.set(label, numbers.size);
    data[row] = numbers.get(label)!;
  });
  return { data, cols: 1 };
}
