import { percent, plural, significant } from "./numbers.ts";
import type { TrainFinding, TrainResult } from "./train-result.ts";

type Facts = Pick<TrainResult, "epochs" | "scores" | "collapse" | "geometry" | "reconstruction" | "options">;

/** What the numbers of a training say of the space that was learned, where it is not what one would wish. */
export function trainFindings(facts: Facts): TrainFinding[] {
  return [badSpace(facts), collapse(facts), folded(facts), overfitting(facts)].filter(
    (found) => found !== null,
  );
}

/** Loss that falls by less than this share from a tenth of the epochs to the next has stopped falling. */
const STILL = 0.02;

/** The loss has come to rest, and distances are worse than those of the best linear map. */
function badSpace({ epochs, scores: { stress }, options }: Facts): TrainFinding | null {
  if (!stress?.baseline || stress.value <= stress.baseline.value || !hasSettled(epochs)) return null;
  const [own, linear] = [significant(stress.value, 3), significant(stress.baseline.value, 3)];
  const advice =
    options.isometry.length === 0
      ? "Nothing that was minimised asks for distances; --isometry stress does, or auto."
      : "More weight for penalties of pairs, wider --hidden layers or more dimensions help, or --epochs where the loss is still high.";
  return {
    code: "bad-space",
    message: `The loss has come to rest, and yet the distances of the codes are further from those of the data than PCA's (stress ${own} against ${linear}). ${advice}`,
  };
}

function hasSettled(epochs: Facts["epochs"]): boolean {
  const part = Math.floor(epochs.length / 10);
  if (part < 1) return false;
  const mean = (some: Facts["epochs"]) =>
    some.reduce((sum, epoch) => sum + (epoch.terms.loss ?? Number.NaN), 0) / some.length;
  const [before, last] = [mean(epochs.slice(-2 * part, -part)), mean(epochs.slice(-part))];
  return before - last < STILL * Math.abs(before);
}

/** Columns of the code that say nothing. */
function collapse({ collapse: { columns, active, effectiveRank, shares } }: Facts): TrainFinding | null {
  if (active === 0) {
    return { code: "collapse", message: "All codes are one: the model has collapsed." };
  }
  // Of a latent that is long in one direction the others may yet say something.
  if (active >= columns && effectiveRank >= 1 + (columns - 1) / 10) return null;
  const most = `${percent(shares[0] ?? 0)} of the variance lie along one direction`;
  return {
    code: "collapse",
    message: `${active} of ${plural(columns, "column")} of the code are in use, as many as ${significant(effectiveRank, 2)} equal ones; ${most}. A smaller --to, or for vae a smaller --beta, loses little.`,
  };
}

/** What a decoder that keeps lengths, and a latent that keeps neighbours, have at most and at least. */
const FOLDED = { condition: 1.5, recall: 0.3 } as const;

/** Near to an isometry at each point, and yet not one of the whole: neighbours are lost that even a linear map keeps. */
function folded({ scores: { neighborRecall: recall }, geometry, options }: Facts): TrainFinding | null {
  const condition = geometry?.conditionNumber.value;
  if (condition === undefined || !recall || condition > FOLDED.condition || recall.value >= FOLDED.recall)
    return null;
  if (recall.baseline && recall.value >= recall.baseline.value) return null;
  const advice =
    options.isometry === "auto"
      ? "More --epochs let it unfold."
      : "Terms of Jacobians do not see folds; add one of pairs: --isometry geodesic, or auto.";
  return {
    code: "folded",
    message: `The decoder is nearly an isometry around each code (condition number ${significant(condition, 3)}), and yet only ${percent(recall.value)} of the neighbours of a row are near in the latent: it is folded. ${advice}`,
  };
}

/** Held-out rows come back this much worse than they once did. */
const RISEN = 1.1;

/** Held-out rows come back worse and worse, while those that are trained on come back better. */
function overfitting({ epochs, options }: Facts): TrainFinding | null {
  if (options.holdout === 0) return null;
  const seen = epochs.flatMap(({ epoch, look, terms }) => {
    return look && look.reconstruction !== null
      ? [{ epoch, held: look.reconstruction, own: terms.reconstruction ?? Number.NaN }]
      : [];
  });
  const last = seen.at(-1);
  if (!last) return null;
  const best = seen.reduce((a, b) => (b.held < a.held ? b : a));
  if (!(last.held > RISEN * best.held && last.own < best.own)) return null;
  return {
    code: "overfitting",
    message: `Rows that were held out came back best at epoch ${best.epoch}, and ${percent(last.held / best.held - 1)} worse at the end, while those that were trained on came back better: the network learns them by heart. Fewer --epochs, --weight-decay, or smaller --hidden layers help.`,
  };
}
