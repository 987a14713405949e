import { IsometerError } from "../../base/index.ts";
import { sub } from "../../graph/index.ts";
import { meanAll, square } from "../algebra.ts";
import type { Objective } from "../model.ts";

/** An autoencoder: mean over all elements of (g(f(x)) - x)^2, the mean squared error of PyTorch. */
export const autoencoder: Objective = ({ model, rows, scope }) => {
  if (!model.decoder) throw new IsometerError("internal", "an autoencoder needs a decoder");
  const codes = model.encoder.apply(rows, scope);
  const again = model.decoder.apply(codes, scope);
  return { codes, losses: { reconstruction: meanAll(square(sub(again, rows))) } };
};
