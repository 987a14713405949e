import { IsometerError } from "../../base/index.ts";
import {
  add,
  cast,
  div,
  type Expression,
  equal,
  exp,
  greater,
  log,
  max,
  min,
  mul,
  neg,
  node,
  relu,
  sqrt,
  sub,
  where,
} from "../../graph/index.ts";
import { like, rowSums, sumAll } from "../algebra.ts";
import type { Objective } from "../model.ts";
import type { Positives } from "../pairing.ts";
import { openViews, type Views } from "./views.ts";

/** What a contrastive encoder learns by. */
export type ContrastiveLoss = "infonce" | "supervised" | "triplet";

export interface ContrastiveOptions {
  readonly loss: ContrastiveLoss;
  /** What a row belongs together with. Null: rows with the same label alone ("supervised", "triplet"). With "supervised" labels count, and these are further rows of them; otherwise labels do not. */
  readonly positives: Positives | null;
  /** Of "infonce" and "supervised": what cosines are divided by. Default: .1. */
  readonly temperature?: number;
  /** Of "triplet": how much farther than what belongs together what does not has to be, on the sphere. Default: .2. */
  readonly margin?: number;
}

/**
 * A contrastive encoder, without a decoder. Losses are about directions u = f(x) / |f(x)| of V rows: those of the batch, or two views of each.
 *
 * Codes are what the encoder gives, not their directions: the saved encoder is the one that was trained; penalties have all d dimensions to keep distances in, where a sphere has d - 1 and closes;
 * and who wants directions normalises, or takes the cosine metric. Lengths of codes are free unless a penalty holds them.
 *
 * Shown (Wang & Isola 2020, alpha = 2, t = 2): `alignment`, the mean of |u - u'|^2 over what belongs together; `uniformity`, ln of the mean of exp(-2 |u - u'|^2) over views of different rows: 0
 * where all codes are one, about -4 at the least.
 */
export function contrastive(options: ContrastiveOptions): Objective {
  const { loss, positives, temperature = 0.1, margin = 0.2 } = options;
  if (loss === "infonce" && !positives) {
    throw new IsometerError("bad-option", "infonce has nothing that belongs together", {
      needed: "augmentations of images, or neighbours",
      hint: "With labels it is called supervised.",
    });
  }
  return (site) => {
    if (site.rows.shape[0] === 1)
      throw new IsometerError("bad-option", "contrast needs batches of two rows at least");
    const views = openViews(site, positives, loss === "supervised" || !positives);
    const { codes, squares, together, apart } = views;
    const draw = () =>
      site.feeds.ask("positive", squares.shape as number[], { kind: "random", law: "uniform" });
    const value =
      loss === "triplet" ? triplet(views, positives ? null : draw(), margin) : infonce(views, temperature);
    const gaussian = exp(mul(squares, like(squares, -2)));
    return {
      codes,
      losses: { [loss]: value },
      shown: { alignment: meanOver(squares, together), uniformity: log(meanOver(gaussian, apart)) },
    };
  };
}

/** Below the logarithm of any number. */
const NOTHING = -1e9;

/**
 * Mean over rows i with a positive of -1 / |P(i)| sum over p in P(i) of ln(exp(u_i u_p / t) / sum over a != i of exp(u_i u_a / t)): Khosla et al. 2020, equation 2. With two views of each row and no labels
 * P(i) is the other view: NT-Xent, Chen et al. 2020, equation 1, from both views.
 */
function infonce({ squares, together, self }: Views, temperature: number): Expression {
  // u u' = 1 - |u - u'|^2 / 2, and the 1 is in every term.
  const cosines = mul(squares, like(squares, -0.5 / temperature));
  const scores = where(isOne(self), like(squares, NOTHING), cosines);
  const logarithms = node("LogSoftmax", [scores], { axis: { int: -1 } });
  const count = rowSums(together);
  const own = div(rowSums(mul(logarithms, together)), max(count, like(count, 1)));
  return neg(meanOver(own, min(count, like(count, 1))));
}

/** Chords below it count as it: rounding of products in float32. */
const CLOSEST = 1e-3;

/**
 * Mean over rows i, and over all n that do not belong to i, of max(0, margin + |u_i - u_p| - |u_i - u_n|), p one of what belongs to i at random, drawn anew at each step: all triplets of the batch (Hermans, Beyer
 * & Leibe 2017, equation 6), of which those of one p are a fair sample, on the sphere as in Schroff et al. 2015. The hardest triplets alone (equation 5) let all codes fall into one: where the farthest that belongs to
 * a row is farther than the nearest that does not, as at the start, that is the way down. Rows without either do not count.
 */
function triplet({ squares, together, self }: Views, draw: Expression | null, margin: number): Expression {
  const chords = sqrt(max(squares, like(squares, CLOSEST ** 2)));
  const chosen = draw ? oneOf(together, draw) : together;
  const other = sub(like(self, 1), add(together, self));
  const [positives, negatives] = [rowSums(chosen), rowSums(other)];
  const pulled = div(rowSums(mul(chords, chosen)), max(positives, like(positives, 1)));
  const hinges = relu(add(sub(pulled, chords), like(chords, margin)));
  const each = div(rowSums(mul(hinges, other)), max(negatives, like(negatives, 1)));
  return meanOver(each, min(mul(positives, negatives), like(positives, 1)));
}

/** Of each row of 1 and 0 one 1 at random, V x V, by draws evenly in [0, 1). */
function oneOf(mask: Expression, draw: Expression): Expression {
  const marks = mul(mask, add(draw, like(draw, 1)));
  const most = node("ReduceMax", [marks], { axes: { ints: [1] } });
  return mul(mask, cast(equal(marks, most), mask.type));
}

function isOne(mask: Expression): Expression {
  return greater(mask, like(mask, 0.5));
}

/** The mean of those that count, 1 where one does; 0 where none does. */
function meanOver(e: Expression, counted: Expression): Expression {
  const count = sumAll(counted);
  return div(sumAll(mul(e, counted)), max(count, like(count, 1)));
}
