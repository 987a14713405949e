import { type AlignResult, anchorsNeeded } from "./align-result.ts";
import { count, plural, score } from "./numbers.ts";

type Told = Pick<
  AlignResult,
  | "verdict"
  | "heldOut"
  | "options"
  | "method"
  | "alignable"
  | "methods"
  | "learningCurve"
  | "anchors"
  | "regions"
>;

const between = ([low, high]: readonly [number, number]) => `95 %: ${score(low)} to ${score(high)}`;

/** The rows that carried over least, in a sentence; null where all did. */
export function lostWords({ worst }: Pick<AlignResult, "worst">): string | null {
  const lost = worst.filter(({ recall }) => recall < 1);
  if (lost.length === 0) return null;
  return `Rows that carried over least: ${lost.map(({ name, recall }) => `${name} (${score(recall)})`).join(", ")}.`;
}

/** The verdict and how sure it is, in a sentence. */
export function alignHeadline({ verdict, heldOut, options, method }: Told): string {
  const { value, interval } = heldOut.recall;
  const k = options.nNeighbors;
  const keeps = `keeps ${score(value)} of the ${k} nearest neighbours of rows that it never saw (${between(interval)})`;
  if (verdict === "unrelated") {
    return "Unrelated: no map does better with the true pairs than with shuffled ones.";
  }
  if (verdict === "migrate") return `Migrate: ${method} ${keeps}; you asked for ${options.target}.`;
  const isOpen = interval[1] >= options.target;
  return isOpen
    ? `Re-embed, or score more rows: ${method} ${keeps}; ${options.target} is not ruled out and not shown.`
    : `Re-embed: the best map, ${method}, ${keeps}; you asked for ${options.target}.`;
}

/** What the verdict means, a sentence each. */
export function alignWords(told: Told): string[] {
  const { verdict, alignable, heldOut, methods, options } = told;
  if (verdict === "unrelated") {
    return [
      `Recall is ${score(heldOut.recall.value)} with true pairs and ${score(heldOut.recall.null)} with shuffled ones. Are rows joined as they should be? See --id and --ids.`,
    ];
  }
  const words: string[] = [];
  if (alignable === "locally")
    words.push("The spaces agree locally, not globally: no single linear map keeps what a bent one does.");
  else if (told.method === "local")
    words.push("What can be kept is kept by a bent map alone: no rotation and no other matrix comes near.");
  else if (methods.length > 1) words.push(`Stiffest that is at most a point below the best: ${told.method}.`);
  if (heldOut.corpusRecall) {
    words.push(
      `The other way round, old vectors mapped and new queries native: ${score(heldOut.corpusRecall.value)} (${between(heldOut.corpusRecall.interval)}), among the ${count(heldOut.corpusRecall.n)} rows that were scored.`,
    );
  }
  const enough = anchorsNeeded(told);
  words.push(
    enough === null
      ? `Recall still grows with anchors: ${plural(told.anchors, "pair")} are not yet enough to see its end.`
      : `${plural(enough, "anchor")} reach the same within a point: so many rows have to be embedded with both models to fit the map.`,
  );
  const [worst] = told.regions;
  if (worst && worst.interval[1] < heldOut.recall.interval[0]) {
    words.push(
      `Region ${worst.region} carries over worst: ${score(worst.value)} (${between(worst.interval)}), for instance ${worst.worst.join(", ")}.`,
    );
  }
  if (verdict === "re-embed" && heldOut.recall.interval[1] >= options.target)
    words.push("--queries with more rows narrows the interval.");
  return words;
}
