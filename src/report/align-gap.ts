import type {
  GapChanges,
  GapFigures,
  GapRepair,
  GapRepairName,
  GapScore,
  ModalityGap,
} from "../align/gap-result.ts";
import type { Estimate } from "../align/result.ts";
import { count, percent, plural } from "./numbers.ts";
import {
  BLANK,
  type Column,
  type Line,
  line,
  type Span,
  type Style,
  span,
  table,
  type View,
  wrap,
  wrapParts,
} from "./text.ts";

/** Columns of text that the table takes with the intervals of both, and with that of the change and chance. */
const INTERVALS_FROM = 80;
const ALL_FROM = 106;

/** What each repair does, in a few words. */
const REPAIR_WORDS: Readonly<Record<GapRepairName, { readonly name: string; readonly does: string }>> = {
  centring: { name: "Centring", does: "take each side's own mean off its rows, then scale them to length 1" },
  orthogonal: {
    name: "Centring and rotation",
    does: "take each side's own mean off, and turn the first side by orthogonal Procrustes",
  },
  ridge: {
    name: "Centring and ridge regression",
    does: "take each side's own mean off, and map the first side linearly",
  },
  contrastive: {
    name: "Centring and a contrastive map",
    does: "take each side's own mean off, and map the first side by what tells partners from other rows",
  },
};

/** How a repair is chosen. */
const RULE =
  "Recommended is the stiffest repair that surely closes the gap, surely costs no more than a point of recall, both ways taken together, and is surely more than a point above chance.";

/** The gap between two sides, before and after repair, as a person reads it: words first. */
export function gapLines(gap: ModalityGap, view: View): Line[] {
  return [
    line(span("Modality gap", "strong")),
    ...gapWords(gap).flatMap((words) => wrap(words, view.width, "  ")),
    BLANK,
    ...figureTable(gap, view),
    BLANK,
    ...gap.repairs.flatMap((own) => repairLines(own, gap, view)),
    ...wrap(RULE, view.width, "  ", "muted"),
    ...wrapParts(gapHow(gap), " · ", view.width, "  ", "muted"),
    BLANK,
  ];
}

/** How far apart the sides are, whether partners find each other, and what to do: a sentence each. */
export function gapWords(gap: ModalityGap): string[] {
  return [distanceWords(gap.before), partnerWords(gap), adviceWords(gap)];
}

function distanceWords({ gap, separability }: GapFigures): string {
  const { value, interval } = gap;
  if (interval[0] === 0) {
    return `No gap is seen: the means of the two sides are ${fixed(value)} apart, which few rows alone can make, and a linear classifier tells ${percent(separability.value)} of rows apart (chance 50 %).`;
  }
  return `The means of the two sides are ${fixed(value)} apart (${ends(interval)}; 0 = no gap, rows have length 1), and a linear classifier tells ${percent(separability.value)} of rows apart (chance 50 %).`;
}

function partnerWords({ before, nNeighbors: k }: ModalityGap): string {
  const { matchedCosine, unmatchedCosine, forward, backward } = before;
  const found = [forward, backward].map(({ recall }) => percent(recall.value)).join(" and ");
  const cosines = `Rows of one item have a cosine of ${fixed(matchedCosine.value)}, of different items ${fixed(unmatchedCosine.value)}`;
  return `${cosines}; ${found} of rows find their partner among the ${k} nearest of the other side, there and back (chance ${percent(forward.recall.null!)}).`;
}

function adviceWords({ repairs, recommended, nNeighbors: k }: ModalityGap): string {
  const own = repairs.find(({ repair }) => repair === recommended);
  if (own) {
    const { name, does } = REPAIR_WORDS[own.repair];
    const then = `on items that it was not fitted to the gap is ${fixed(own.after.gap.value)}, and recall@${k} both ways changes by ${recallChange(own)}`;
    return `Recommended: ${name.toLowerCase()} (${does}); ${then}.`;
  }
  if (repairs.length === 0) return "No repair was tried.";
  if (!repairs.some(({ closes }) => closes)) return "No repair is recommended: none surely closes the gap.";
  if (!repairs.some(({ findsPartners }) => findsPartners)) {
    return "No repair is recommended: rows find their partners hardly more often than by chance, so the sides do not go together. Is row i of both the same item?";
  }
  const last = repairs.some(({ keepsRecall }) => keepsRecall)
    ? "none does all that the rule below asks"
    : `with none is it sure that recall@${k} falls by less than a point`;
  return `No repair is recommended: ${last}. More pairs would tell more.`;
}

function recallChange({ change: { recall } }: GapRepair): string {
  return `${signed(recall.value)}, ${ends(recall.interval)}`;
}

export interface GapFigure {
  readonly name: string;
  of(figures: GapFigures): GapScore;
  change(changes: GapChanges): Estimate;
}

/** The figures of a gap, as tables have them. */
export function gapFiguresOf(k: number): GapFigure[] {
  const plain = (
    name: string,
    key: "gap" | "separability" | "matchedCosine" | "unmatchedCosine",
  ): GapFigure => ({
    name,
    of: (figures) => figures[key],
    change: (changes) => changes[key],
  });
  const ways = [
    ["FROM→TO", "forward"],
    ["TO→FROM", "backward"],
  ] as const;
  const searches = [
    ["top-1", "top1"],
    [`recall@${k}`, "recall"],
    ["MRR", "mrr"],
  ] as const;
  return [
    plain("gap of the means", "gap"),
    plain("separability", "separability"),
    plain("matched cosine", "matchedCosine"),
    plain("unmatched cosine", "unmatchedCosine"),
    ...ways.flatMap(([arrow, way]) =>
      searches.map(
        ([name, key]): GapFigure => ({
          name: `${name} ${arrow}`,
          of: (figures) => figures[way][key],
          change: (changes) => changes[way][key],
        }),
      ),
    ),
  ];
}

/** The recommended repair, or else the stiffest. */
export function shownRepair({ repairs, recommended }: Pick<ModalityGap, "repairs" | "recommended">) {
  const own = repairs.find(({ repair }) => repair === recommended) ?? repairs[0];
  return own ? { ...own, words: REPAIR_WORDS[own.repair].name.toLowerCase() } : null;
}

/** Before, and after the repair that is shown. */
function figureTable({ before, repairs, recommended, nNeighbors }: ModalityGap, view: View): Line[] {
  const shown = shownRepair({ repairs, recommended });
  const [wide, widest] = [view.width >= INTERVALS_FROM, view.width >= ALL_FROM];
  const right = (head: string): Column => ({ head, align: "right" });
  const ofInterval = wide ? [right("95 % interval")] : [];
  const columns: Column[] = [
    { head: "", align: "left" },
    right("before"),
    ...ofInterval,
    ...(shown ? [right("after"), ...ofInterval, right("change")] : []),
    ...(shown && widest ? [right("95 % interval")] : []),
    ...(widest ? [right("chance")] : []),
  ];
  const cells = (
    { value, interval }: Estimate,
    withInterval: boolean,
    text = fixed,
    style: Style = "plain",
  ) => [span(text(value), style), ...(withInterval ? [span(range(interval), "muted")] : [])];
  const body = gapFiguresOf(nNeighbors).map(({ name, of, change }): Span[] => {
    const chance = of(before).null;
    return [
      span(name),
      ...cells(of(before), wide),
      ...(shown ? cells(of(shown.after), wide) : []),
      ...(shown ? cells(change(shown.change), widest, signed) : []),
      ...(widest ? [span(chance === null ? "" : fixed(chance), "muted")] : []),
    ];
  });
  const head = shown ? [span(`  Before and after ${shown.words}`, "muted")] : [];
  return [...(shown ? [line(...head)] : []), ...table(columns, body, { width: view.width })];
}

function repairLines(own: GapRepair, { nNeighbors: k, before }: ModalityGap, view: View): Line[] {
  const { name } = REPAIR_WORDS[own.repair];
  const passed = own.closes && own.keepsRecall && own.findsPartners;
  const gap = `gap ${fixed(before.gap.value)} to ${fixed(own.after.gap.value)}`;
  const recall = `recall@${k} ${recallChange(own)}`;
  const words = `${name}: ${gap}; ${recall}${own.closes ? "" : "; the gap may stay"}${own.findsPartners ? "" : "; partners are hardly found"}.`;
  return wrap(words, view.width - 4, "    ").map((text, i) =>
    i === 0 ? line(span(passed ? "  + " : "  - ", passed ? "good" : "fair"), ...text.slice(1)) : text,
  );
}

/** How the numbers came about, in parts that stay whole. */
function gapHow({ items, rows, queries, folds, seed }: ModalityGap): string[] {
  return [
    plural(folds, "fold"),
    "no item scored by what was fitted to it",
    items === rows ? `all ${count(rows)} items` : `${count(items)} of ${count(rows)} items`,
    `${count(queries)} looked for among ${count(rows)}`,
    `seed ${seed}`,
  ];
}

function fixed(value: number): string {
  return value.toFixed(3).replace(/^-(0\.0+)$/, "$1");
}

function signed(value: number): string {
  const text = fixed(value);
  return text.startsWith("-") ? text : `+${text}`;
}

function range([low, high]: Estimate["interval"]): string {
  return `${fixed(low)} to ${fixed(high)}`;
}

function ends(interval: Estimate["interval"]): string {
  return `95 %: ${range(interval)}`;
}
