import { IsometerError } from "../../base/index.ts";
import {
  add,
  cast,
  div,
  type Expression,
  exp,
  greater,
  max,
  mul,
  reduceSum,
  slice,
  stopGradient,
  sub,
} from "../../graph/index.ts";
import { flat, like, meanAll, square, sumAll } from "../algebra.ts";
import type { Objective } from "../model.ts";

export interface VaeOptions {
  /** Nats of each dimension that cost nothing (free bits: Kingma et al. 2016, with the mean over the batch within). Default: 0. */
  readonly freeBits?: number;
  /** Of the normal law whose mean the decoder gives: the mean squared error of the batch ("calibrated", the default; Rybkin et al. 2021), or 1 in the units of the rows ("unit"). */
  readonly variance?: "calibrated" | "unit";
}

/** The name of the number that the divergence is multiplied by: beta of Higgins et al. 2017, 1 for the evidence bound. It may be ramped. */
export const BETA = "beta";

/** A dimension is in use where its mean has more variance than this (Burda, Grosse & Salakhutdinov 2016). */
const ACTIVE = 0.01;

/**
 * A variational autoencoder (Kingma & Welling 2014; beta of Higgins et al. 2017). The encoder gives B x 2 d: means m and logarithms of variances v; the decoder takes m + exp(v / 2) e, e
 * normal. Codes are the means.
 *
 * loss = reconstruction + divergence, 2 / D times the negative evidence bound of a normal likelihood of "unit" variance, less its constant:
 * reconstruction = mean over all elements of (g(z) - x)^2, the number of the plain autoencoder;
 * divergence = 2 beta / D sum over dimensions of max(KL_j, freeBits), KL_j the mean over the batch of (m^2 + exp(v) - 1 - v) / 2, in nats.
 * So beta is that of the literature, where squared errors are added over the D columns and halved; a likelihood of standard deviation s is beta = s^2. Rows in small units, pixels within [0, 1] for one, are
 * then worth few nats, and codes collapse. With the "calibrated" variance the divergence is multiplied by the reconstruction itself, as a constant: the gradient is 2 MSE / D times that of
 * (D / 2) ln MSE + beta KL, which is the same in any unit.
 *
 * Shown: `kl`, in nats, without what is free; `activeUnits`, the dimensions whose mean varies over the batch. 0 of them: all codes are one, the decoder does not listen.
 */
export function vae({ freeBits = 0, variance = "calibrated" }: VaeOptions = {}): Objective {
  return ({ model, rows, scope, feeds }) => {
    const d = model.outputs;
    const encoded = flat(model.encoder.apply(rows, scope));
    if (!model.decoder || encoded.shape[1] !== 2 * d)
      throw new IsometerError(
        "internal",
        "a variational autoencoder needs a decoder, and means and variances",
      );
    const [mean, logVariance] = [slice(encoded, 1, 0, d), slice(encoded, 1, d, 2 * d)];
    const draw = feeds.ask("posterior", mean.shape as number[], { kind: "random", law: "normal" });
    const z = add(mean, mul(exp(mul(logVariance, like(mean, 0.5))), draw));
    const again = flat(model.decoder.apply(z, scope));
    const reconstruction = meanAll(square(sub(again, rows)));
    const kl = divergences(mean, logVariance);
    const beta = feeds.ask(BETA, [], { kind: "number", of: BETA });
    const weight = mul(beta, like(kl, 2 / (rows.shape[1] as number)));
    const unit = mul(weight, sumAll(max(kl, like(kl, freeBits))));
    return {
      codes: mean,
      losses: {
        reconstruction,
        divergence: variance === "unit" ? unit : mul(stopGradient(reconstruction), unit),
      },
      shown: { kl: sumAll(kl), activeUnits: activeUnits(mean) },
    };
  };
}

/** Of each dimension the mean over rows of KL(N(mean, exp(logVariance)) | N(0, 1)), 1 x d. */
function divergences(mean: Expression, logVariance: Expression): Expression {
  const each = sub(add(square(mean), exp(logVariance)), add(logVariance, like(mean, 1)));
  return mul(overRows(each), like(mean, 0.5));
}

function activeUnits(mean: Expression): Expression {
  const variance = overRows(square(sub(mean, overRows(mean))));
  return sumAll(cast(greater(variance, like(mean, ACTIVE)), mean.type));
}

/** Means of columns, 1 x d. */
function overRows(e: Expression): Expression {
  return div(reduceSum(e, [0]), like(e, e.shape[0] as number));
}
