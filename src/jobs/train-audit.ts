import { gatherRows, type Matrix, type Points, type Watch } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import type { Snapshot } from "../learn/run.ts";
import type { PrincipalComponents } from "../linalg/index.ts";
import type { Audit, Scores } from "../measure/index.ts";
import type { Collapse, Reconstruction, TrainOptions, TrainResult } from "../report/index.ts";
import { rowsAt } from "./reduce-rows.ts";
import { collapseOf } from "./train-collapse.ts";
import type { TrainInputs } from "./train-inputs.ts";
import { decoderGeometry, meanSquare } from "./train-look.ts";

/** What there is to say of a model once it is trained. */
export interface Measured {
  /** Of all rows, in order. */
  readonly codes: Matrix;
  readonly scores: Scores;
  readonly reconstruction: Reconstruction | null;
  readonly geometry: TrainResult["geometry"];
  readonly collapse: Collapse;
  readonly warnings: Audit["warnings"];
}

type How = Watch & { readonly engine: EngineInfo };

/** Codes at which the decoder is looked at. */
const JACOBIANS = 256;

/** Measures a model on rows that it was not trained on, beside PCA fitted to those that it was trained on. */
export async function measureModel(
  model: Snapshot,
  options: TrainOptions,
  inputs: TrainInputs,
  how: How,
): Promise<Measured> {
  const { points, source, at, held } = inputs;
  const codes = await model.codes(points);
  const rows = held ?? at;
  const own = gatherRows(codes, rows);
  const [fitted, scored] = [await rowsAt(source, points, at, how), await rowsAt(source, points, rows, how)];
  try {
    const linear = options.to < points.cols ? await fitLinear(fitted.points, options, how) : null;
    const { scores, warnings } = await audited(
      { ...inputs, rows, codes, own, scored: scored.points, linear },
      options,
      how,
    );
    const geometry = await decoderGeometry(model, own, Math.min(rows.length, JACOBIANS), how);
    return {
      codes,
      scores,
      warnings,
      reconstruction:
        model.decode && linear && (await reconstructed(model.decode, own, scored.points, linear, how)),
      geometry: geometry?.scores ?? null,
      collapse: await collapseOf(own),
    };
  } finally {
    await fitted.remove();
    await scored.remove();
  }
}

async function fitLinear(points: Points, { to, seed }: TrainOptions, how: How): Promise<PrincipalComponents> {
  const { principalComponents } = await import("../linalg/index.ts");
  return principalComponents(points, to, { ...how, seed });
}

interface Subject extends TrainInputs {
  /** Rows that are scored, their data and their codes. */
  readonly rows: Int32Array;
  readonly scored: Points;
  readonly own: Matrix;
  /** Of all rows. */
  readonly codes: Matrix;
  readonly linear: PrincipalComponents | null;
}

/** The audit of held-out rows among themselves; with geodesics of all rows, as the graph of some would cut across the folds of the data. */
async function audited(
  subject: Subject,
  options: TrainOptions,
  how: How,
): Promise<Pick<Audit, "scores" | "warnings">> {
  const { auditAll } = await import("../measure/index.ts");
  const { rows, labels, linear, own, teacher, points, codes } = subject;
  const { engine, ...watch } = how;
  const isGeodesic = options.metric === "geodesic";
  const [original, latent] = [isGeodesic ? points : subject.scored, isGeodesic ? codes : own];
  const classes = isGeodesic ? labels : labels && Array.from(rows, (row) => labels[row]!);
  const baseline = linear && { name: `PCA to ${options.to}`, latent: await projected(original, linear, how) };
  const [audit] = await auditAll(
    teacher ? gatherRows(teacher, rows) : original,
    [{ name: "codes", latent, ...(baseline && { baseline }) }],
    {
      ...watch,
      threads: engine.threads,
      provider: engine.provider,
      nNeighbors: Math.min(options.nNeighbors, Math.max(1, Math.floor((latent.rows - 1) / 2) - 1)),
      seed: options.seed,
      labels: classes,
      ...(isGeodesic && {
        metric: "geodesic" as const,
        graphNeighbors: Math.min(options.nNeighbors, latent.rows - 1),
      }),
    },
  );
  return audit!;
}

async function projected(points: Points, linear: PrincipalComponents, how: How): Promise<Matrix> {
  const { project } = await import("../linalg/index.ts");
  return project(points, linear, how);
}

/** Mean squared errors, of the model and of PCA, and what share of the variance about the mean of the rows trained on they are. */
async function reconstructed(
  decode: NonNullable<Snapshot["decode"]>,
  codes: Matrix,
  points: Points,
  linear: PrincipalComponents,
  how: How,
): Promise<Reconstruction> {
  const { heldMatrix } = await import("../engine/index.ts");
  const x = heldMatrix(points);
  const error = meanSquare(await decode(codes), x);
  const along = await projected(points, linear, how);
  let [variance, kept] = [0, 0];
  for (let p = 0; p < x.data.length; p++) variance += (x.data[p]! - linear.mean[p % x.cols]!) ** 2;
  for (const value of along.data) kept += value * value;
  const ofLinear = Math.max(0, variance - kept) / x.data.length;
  variance /= x.data.length;
  return {
    error,
    unexplained: error / variance,
    baseline: { name: "PCA", error: ofLinear, unexplained: ofLinear / variance },
  };
}
