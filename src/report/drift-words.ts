import type { DriftResult } from "./drift-result.ts";
import { count, percent, plural, significant, times } from "./numbers.ts";

type Told = Pick<
  DriftResult,
  "scores" | "rows" | "regions" | "options" | "quantiles" | "unmatched" | "chance"
>;

/** How much there is, in five steps. */
export type DriftLevel = "none" | "little" | "loosened" | "much" | "unrelated";

/** Movement that rounding alone makes. */
const NOTHING = 1e-3;

/** From this share of rows that left on there is much drift; from this typical movement on, or where fewer neighbours stayed, neighbourhoods are loosened. Conventions. */
const MUCH = 0.05;
const LOOSENED = { movement: 0.2, recall: 0.7 } as const;

/** From this share of chance on nothing of the old space is left. */
const ALL = 0.9;

export function driftLevel({ scores, quantiles }: Pick<DriftResult, "scores" | "quantiles">): DriftLevel {
  const { movement, moved, neighborRecall } = scores;
  if (movement!.value >= ALL * movement!.null) return "unrelated";
  if (moved!.value >= MUCH) return "much";
  if (quantiles.movement[3]! >= LOOSENED.movement || neighborRecall!.value < LOOSENED.recall)
    return "loosened";
  return movement!.value > NOTHING || moved!.value > 0 ? "little" : "none";
}

/** What moved and how sure that is, in a sentence. */
export function driftHeadline(result: Told): string {
  const { scores, rows } = result;
  const level = driftLevel(result);
  if (level === "unrelated") {
    const shuffled = `rows are as far from their old neighbours as shuffled rows (movement ${scores.movement!.value.toFixed(2)}, chance ${scores.movement!.null.toFixed(2)})`;
    return `The new space has nothing of the old one: ${shuffled}.`;
  }
  if (level === "none") {
    return (scores.shift?.value ?? 0) > NOTHING
      ? "No row left its neighbours, but regions moved against each other."
      : "No drift: the new space is the old one but for a rotation, a shift and a scale.";
  }
  const { value, interval, exact } = scores.moved!;
  const left = Math.round(value * rows);
  const sure = exact ? "" : `, 95 %: ${percent(interval[0])} to ${percent(interval[1])}`;
  const share =
    value === 0
      ? exact
        ? "no row left its neighbours"
        : `none of the rows looked at left its neighbours (95 %: at most ${percent(interval[1])})`
      : `${exact ? "" : "about "}${count(left)} of ${count(rows)} rows left ${left === 1 ? "its" : "their"} neighbours (${percent(value)}${sure})`;
  const starts = { little: "Little drift", loosened: "Neighbourhoods loosened", much: "Drift" } as const;
  return `${starts[level]}: ${share}.`;
}

/** What became of neighbourhoods and regions, and what to do: a sentence each. */
export function driftWords(result: Told): string[] {
  const level = driftLevel(result);
  return [neighborWords(result), ...regionWords(result), joinWords(result), advice(level)].filter(
    (text) => text !== null,
  );
}

function neighborWords({ scores, options, quantiles, chance }: Told): string {
  const { nNeighbors: k } = options;
  const kept = `Of a row's ${plural(k, "nearest neighbour")} ${significant(scores.neighborRecall!.value * k, 3)} stayed (chance ${significant(scores.neighborRecall!.null * k, 2)})`;
  const typical = Math.exp(quantiles.movement[3]! * Math.log(chance.movement));
  const changed =
    typical < 1.001
      ? "and the typical row's distances to its neighbours did not change"
      : `and the typical row's distances to its neighbours changed ${times(typical)}`;
  const doubt =
    chance.movement < 1.02
      ? ` Neighbours are hardly nearer than any other rows here (${times(chance.movement)}): movement says little.`
      : "";
  return `${kept}, ${changed} (shuffled rows: ${times(chance.movement)}).${doubt}`;
}

function regionWords({ regions }: Told): string[] {
  const of = (kind: string) => regions.filter((region) => region.kind === kind);
  const named = (list: Told["regions"]) =>
    list.map(({ region, rows }) => `${region} (${plural(rows, "row")})`).join(", ");
  const [drifted, together] = [of("drifted"), of("together")];
  const which = (list: Told["regions"]) => (list.length === 1 ? "Region" : "Regions");
  return [
    ...(drifted.length > 0 && drifted.length < regions.length
      ? [`${which(drifted)} ${named(drifted)} drifted: most of the rows left their neighbours.`]
      : []),
    ...(together.length > 0
      ? [
          `${which(together)} ${named(together)} moved together: the rows kept their neighbours and lie elsewhere among the others, which is no drift; distances to other regions changed.`,
        ]
      : []),
  ];
}

function joinWords({ unmatched }: Told): string | null {
  const parts = [
    ...(unmatched.old.count > 0 ? [`${plural(unmatched.old.count, "row")} of the old space alone`] : []),
    ...(unmatched.new.count > 0 ? [`${plural(unmatched.new.count, "row")} of the new one alone`] : []),
  ];
  return parts.length === 0 ? null : `Not compared: ${parts.join(", ")}.`;
}

const ADVICE: Readonly<Record<DriftLevel, string>> = {
  none: "Neighbours and clusters carry over. Vectors of both must not be mixed in one index before they lie in one frame.",
  little: "Look at the rows below; what was made from the neighbours of others carries over.",
  loosened:
    "Few rows went far, but lists of neighbours changed in many places: rebuild indexes, and check what depends on single neighbours or on thresholds of distance.",
  much: "Rebuild indexes and whatever was made from neighbours; look at the rows and regions below before the new space goes live.",
  unrelated:
    "Are ids, or the order of rows, the same in both? If they are, nothing that was made from the old space holds in the new one.",
};

function advice(level: DriftLevel): string {
  return ADVICE[level];
}
