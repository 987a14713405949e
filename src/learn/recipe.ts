import { IsometerError, nearestName } from "../base/index.ts";
import type { Ramp } from "../optim/index.ts";
import { type PenaltyUse, weightName } from "./losses.ts";
import type { IsometryUse } from "./options.ts";
import { PENALTIES, type PenaltyName } from "./penalties/index.ts";
import type { Penalty } from "./penalties/penalty.ts";
import type { Phase } from "./training.ts";

/** A part of a training as a recipe says it, its length as a share of all epochs. */
interface Part {
  readonly of: number;
  /** Far pairs of `localIsometry` push each other away at first. */
  readonly pushes: boolean;
  readonly isometry: readonly RecipeUse[];
}

/** A penalty and, where it has no weight, the length of its gradient as a share of that of what the model is for. */
interface RecipeUse extends IsometryUse {
  readonly share?: number;
  /** Distances along the data, also for a penalty that is mostly of straight ones. */
  readonly isGeodesic?: true;
}

/**
 * Our own recipe. Terms of Jacobians alone end in folds, which they do not see; terms of pairs alone are coarse (Zhan et al. 2026). So the stress of lengths along the data first: it unfolds from
 * all starts that were tried, given steps enough. Where the data have holes such lengths are not those of a flat map; so then the hinge on them, near pairs, and singular values of the decoder, which an isometry keeps at 0 all at
 * once. Weights are balanced by gradients.
 */
const AUTO: readonly Part[] = [
  {
    of: 0.3,
    pushes: false,
    isometry: [
      { name: "stress", share: 10, isGeodesic: true },
      { name: "geodesic", share: 1 },
    ],
  },
  {
    of: 0.7,
    pushes: false,
    isometry: [
      { name: "geodesic", share: 1 },
      { name: "localIsometry", share: 0.3 },
      { name: "biLipschitz", share: 0.3 },
    ],
  },
];

/** What distances of which kind are known beforehand, and given to every pair of penalties that wants them. */
export interface RecipeSpec {
  readonly isometry: readonly IsometryUse[] | "auto";
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  /** Distances that take the place of those of the data: of a file of pairs. */
  readonly given: string | null;
}

/** @throws bad-option for weights and numbers that are none, unknown names, and penalties on a decoder where there is none */
export function checkIsometry(isometry: RecipeSpec["isometry"], hasDecoder: boolean): void {
  for (const { name, weight = 0, numbers = {} } of partsOf(isometry).flatMap((part) => part.isometry)) {
    const penalty: Penalty | undefined = PENALTIES[name];
    if (!penalty) throw unknown("penalty", name, Object.keys(PENALTIES));
    if (!(weight >= 0 && Number.isFinite(weight)))
      throw new IsometerError("bad-option", `the weight of ${name} must be 0 or more, got ${weight}`);
    for (const [key, value] of Object.entries(numbers)) {
      if (!(key in penalty.numbers)) throw unknown(`option of ${name}`, key, Object.keys(penalty.numbers));
      if (!Number.isFinite(value))
        throw new IsometerError("bad-option", `${key} of ${name} must be a number, got ${value}`);
    }
    if (penalty.on === "decoder" && !hasDecoder) {
      throw new IsometerError(
        "bad-option",
        `${isometry === "auto" ? "auto" : name} is about a decoder, and this model has none`,
        {
          hint: "Choose penalties of pairs or of the encoder, or train an autoencoder.",
        },
      );
    }
  }
}

function unknown(what: string, name: string, known: readonly string[]): IsometerError {
  const nearest = nearestName(name, known);
  return new IsometerError("bad-option", `there is no ${what} called ${name}`, {
    needed: known.join(", ") || "none",
    got: name,
    ...(nearest && { hint: `Did you mean ${nearest}?` }),
  });
}

const partsOf = (isometry: RecipeSpec["isometry"]): readonly Part[] =>
  isometry === "auto" ? AUTO : [{ of: 1, pushes: true, isometry }];

/** Names of the known distances that penalties want. */
export function wantedDistances({
  isometry,
  given,
}: Pick<RecipeSpec, "isometry" | "given">): ReadonlySet<string> {
  const uses = partsOf(isometry).flatMap((part) => part.isometry);
  const names = uses.map(({ name, isGeodesic = false }) => distancesOf(name, given, isGeodesic));
  return new Set(names.filter((name) => name !== null));
}

/** The phases of a training. */
export function phasesOf({ isometry, epochs, stepsPerEpoch, given }: RecipeSpec): readonly Phase[] {
  let [done, sum] = [0, 0];
  return partsOf(isometry).map((part) => {
    sum += part.of;
    const own = Math.round(epochs * sum) - done;
    done += own;
    return phaseOf(part, own, own * stepsPerEpoch, given);
  });
}

/** The share of the gradient of what the model is for that a penalty without a weight has. */
const SHARE = 1;

function phaseOf({ isometry, pushes }: Part, epochs: number, steps: number, given: string | null): Phase {
  const fixed = isometry.flatMap(({ name, weight }) =>
    weight === undefined ? [] : [[weightName(name), weight] as const],
  );
  const shares = isometry.flatMap(({ name, weight, share = SHARE }) =>
    weight === undefined ? [[name, share] as const] : [],
  );
  return {
    epochs,
    penalties: isometry.map(
      ({ name, numbers, isGeodesic = false }): PenaltyUse => ({
        name,
        ...(numbers && { numbers }),
        distances: distancesOf(name, given, isGeodesic),
      }),
    ),
    numbers: { ...Object.fromEntries(fixed), "localIsometry.push": pushes ? pushRamp(steps) : 0 },
    ...(shares.length > 0 && { shares: Object.fromEntries(shares) }),
  };
}

function distancesOf(name: PenaltyName, given: string | null, isGeodesic: boolean): string | null {
  const penalty: Penalty = PENALTIES[name];
  if (penalty.on !== "pairs") return null;
  return given ?? (isGeodesic || penalty.distances === "geodesic" ? "geodesic" : null);
}

/** Far pairs push from .8 to 0 between a twentieth and a tenth of the steps (Li, Zang & Wu 2020: epochs 500 to 1,000 of 10,000). */
function pushRamp(steps: number): Ramp {
  return { from: 0.8, to: 0, start: 0.05 * steps, end: 0.1 * steps };
}

/** Whether these penalties keep distances along the data: a model is then chosen by them as well. */
export function keepsGeodesics(isometry: RecipeSpec["isometry"]): boolean {
  if (isometry === "auto") return true;
  return isometry.some(({ name }) => {
    const penalty: Penalty = PENALTIES[name];
    return penalty.on === "pairs" && penalty.distances === "geodesic";
  });
}
