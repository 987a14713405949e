import { count, duration, percent, plural, significant } from "./numbers.ts";
import { baselineWords, headline } from "./rules.ts";
import { scoreTable } from "./score-table.ts";
import { engineText, inputLines, nextLines, warningLines } from "./terminal.ts";
import {
  BLANK,
  type Column,
  type Line,
  line,
  type Span,
  span,
  table,
  tableWidth,
  type View,
  wrap,
  wrapParts,
} from "./text.ts";
import type { TrainEpoch, TrainResult } from "./train-result.ts";
import { adviceWords } from "./verdict.ts";

/** A training as a person reads it: what can be trusted in the latent, what is wrong with it, how it was learned, what was written. */
export function trainReport(result: TrainResult, view: View): Line[] {
  const { scores, options } = result;
  const baseline = baselineWords(scores);
  return [
    BLANK,
    ...wrap(headline(scores, options.nNeighbors), view.width, "", "strong"),
    ...wrap(adviceWords(scores) ?? "", view.width),
    BLANK,
    ...findingLines(result, view),
    ...inputLines(result.inputs, view),
    BLANK,
    ...wrap(trainedWords(result), view.width, "  "),
    ...wrap(bestWords(result), view.width, "  "),
    ...linesOf(beforeWords(result), view),
    BLANK,
    ...epochLines(result, view),
    BLANK,
    ...wrap(scoredWords(result), view.width, "  "),
    ...scoreTable(scores, options.nNeighbors, view),
    ...(baseline === null ? [] : [BLANK, ...wrap(baseline, view.width, "  ")]),
    BLANK,
    ...[reconstructionWords(result), geometryWords(result), latentWords(result)].flatMap((words) =>
      linesOf(words, view),
    ),
    BLANK,
    ...fileLines(result),
    ...warningLines(result.warnings, view),
    ...wrapParts(howParts(result), " · ", view.width, "", "muted"),
    ...nextLines(result.next, view),
  ];
}

function linesOf(words: string | null, view: View): Line[] {
  return words === null ? [] : wrap(words, view.width, "  ");
}

function findingLines({ findings }: TrainResult, view: View): Line[] {
  return findings.flatMap(({ message }) => [
    ...wrap(message, view.width - 2, "    ").map((text, i) =>
      i === 0 ? line(span("  ! ", "bad"), ...text.slice(1)) : text,
    ),
    BLANK,
  ]);
}

/** "an autoencoder ...: 64 to 2, 84,546 parameters; stress, geodesic". */
export function trainedWords({ about, network, options, rows }: TrainResult): string {
  const { isometry } = options;
  const kept =
    isometry === "auto"
      ? "isometry auto"
      : isometry.length === 0
        ? "no isometry penalty"
        : `isometry ${isometry.map(({ name, weight }) => (weight === null ? `${name} (balanced)` : `${name} ${weight}`)).join(", ")}`;
  return `${capital(about)}. ${count(network.inputs)} to ${plural(network.outputs, "dimension")}, ${plural(network.parameters, "parameter")}; ${plural(rows.train, "row")} to train on, ${count(rows.heldOut)} held out; ${kept}.`;
}

/** What the model has least of: lengths along the data are compared with what a flat map can have. */
const choiceWord = ({ metric }: TrainResult["options"]): string =>
  metric === "geodesic" ? "distance from any flat map" : "stress";

/** Which model was kept, and why. */
export function bestWords({ best, epochs, stopped, options, rows }: TrainResult): string {
  const done = epochs.length;
  const what = rows.heldOut > 0 ? "held-out rows" : "rows that it was trained on";
  const how = {
    finished: `All ${plural(done, "epoch")} were run`,
    early: `Stopped after ${done} of ${plural(options.epochs, "epoch")}: ${plural(options.patience ?? 0, "look")} found nothing better`,
    interrupted: `Interrupted after ${done} of ${plural(options.epochs, "epoch")}`,
  }[stopped];
  return `${how}; the model of epoch ${best.epoch} is kept, whose codes keep distances of ${what} best (${choiceWord(options)} ${significant(best.score, 3)}), whatever its loss.`;
}

/** What became of networks that somebody had. */
export function beforeWords({ before, best, epochs }: TrainResult): string | null {
  const now = epochs[best.epoch - 1]?.look;
  if (!before || !now) return null;
  const names = [
    ["stress", "stress"],
    ["stretch", "stretch"],
    ["recall", "recall"],
    ["condition number of the decoder", "conditionNumber"],
    ["reconstruction", "reconstruction"],
  ] as const;
  const parts = names.flatMap(([name, key]) => {
    const [old, own] = [before[key], now[key]];
    return old === null || own === null ? [] : [`${name} ${significant(old, 3)} to ${significant(own, 3)}`];
  });
  return `From what was given to what was kept, of held-out rows: ${parts.join(", ")}.`;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Epochs that a table shows. */
const SHOWN = 8;

/** Some of the epochs that were looked at: the first, the last, the best, and others evenly between; losses as many as the width allows. */
function epochLines({ epochs, best }: TrainResult, view: View): Line[] {
  const looked = epochs.filter(({ look }) => look);
  const step = Math.max(1, Math.ceil((looked.length - 1) / (SHOWN - 2)));
  const shown = looked.filter(
    ({ epoch }, i) => i % step === 0 || i === looked.length - 1 || epoch === best.epoch,
  );
  const heading = span("  losses of rows trained on, then looks at rows held out", "muted");
  const names = Object.keys(epochs[0]?.terms ?? {});
  const fitting = names
    .map((_, i) => names.slice(0, names.length - i))
    .find((terms) => {
      return tableWidth(epochColumns(terms), shown.map(epochCells(terms, best.epoch))) <= view.width;
    });
  const terms = fitting ?? [];
  return [
    line(span("Training", "strong"), heading),
    ...table(epochColumns(terms), shown.map(epochCells(terms, best.epoch)), { width: view.width }),
  ];
}

function epochColumns(terms: readonly string[]): Column[] {
  const numbers = ["epoch", ...terms, "held-out stress", "stretch", "recall"];
  return [...numbers.map((head): Column => ({ head, align: "right" })), { head: "", align: "left" }];
}

function epochCells(terms: readonly string[], best: number): (epoch: TrainEpoch) => Span[] {
  return ({ epoch, terms: own, look }) => [
    span(String(epoch)),
    ...terms.map((name) => span(significant(own[name] ?? Number.NaN, 3))),
    ...[look!.stress, look!.stretch, look!.recall].map((value) => span(significant(value, 3))),
    span(epoch === best ? "best" : "", "good"),
  ];
}

/** Which rows the scores are of. */
export function scoredWords({ rows, options, scored }: TrainResult): string {
  switch (scored) {
    case "held-out": {
      const to = options.metric === "teacher" ? ", to the teacher's distances" : "";
      return `Scores are of the ${plural(rows.heldOut, "row")} that were held out${to}.`;
    }
    case "all":
      return "Scores are of all rows, along the data: its graph needs them all. The looks above are of held-out rows alone.";
    case "trained-on":
      return "Scores are of rows that were trained on: new rows may fare worse.";
  }
}

/** What comes back of held-out rows. */
export function reconstructionWords({ reconstruction }: TrainResult): string | null {
  if (!reconstruction) return null;
  const { error, unexplained, baseline } = reconstruction;
  return `Reconstruction: mean squared error ${significant(error, 3)}, ${percent(unexplained)} of the variance is lost; of PCA ${significant(baseline.error, 3)}, ${percent(baseline.unexplained)}.`;
}

/** What the decoder does at held-out codes. */
export function geometryWords({ geometry }: TrainResult): string | null {
  if (!geometry) return null;
  const { conditionNumber, stretch, biLipschitz } = geometry;
  return `Decoder: condition number of its metric ${significant(conditionNumber.value, 3)} (1 keeps angles), stretch by direction and place ${significant(stretch.value, 3)} (1 keeps lengths), largest over smallest ${significant(biLipschitz.value, 3)}.`;
}

function latentWords({ collapse: { active, columns, effectiveRank } }: TrainResult): string {
  return `Latent: ${active} of ${plural(columns, "column")} in use, as many as ${significant(effectiveRank, 2)} equal ones.`;
}

function fileLines({ files }: TrainResult): Line[] {
  const lines = files.map(({ what, path }) => line(span(`  ${what.padEnd(12)}`, "muted"), path));
  return [line(span("Written", "strong")), ...lines, BLANK];
}

function howParts({ options, steps, engine, seconds }: TrainResult): string[] {
  return [
    plural(steps, "step"),
    ...(options.optimizer === "lbfgs"
      ? ["all rows at a step", "L-BFGS"]
      : [
          `batches of ${count(options.batchSize)}`,
          `${options.optimizer} ${options.learningRate}`,
          options.schedule,
        ]),
    `k = ${options.nNeighbors}`,
    `seed ${options.seed}`,
    engineText(engine),
    duration(seconds),
  ];
}
