/** What the children of bench/recommend.mjs share: the split, and the scores that they leave. */

import { readFileSync, writeFileSync } from "node:fs";
import { mean } from "../../dist/base/index.js";
import { interactionsFrom, splitByTime } from "../../dist/spaces/recommend/index.js";

/** Who rated what, and when; every rating counts as one. Split by time. */
export function readSplit(path) {
  const { settings, events } = JSON.parse(readFileSync(path, "utf8"));
  return { settings, split: splitByTime(interactionsFrom(events), settings.share) };
}

/** The same split for peers: sparse rows of numbers, with 1 everywhere. */
export function writeSplit(path, settings, events) {
  const { train, held } = splitByTime(interactionsFrom(events), settings.share);
  const rows = ({ starts, columns }) => ({ starts: [...starts], columns: [...columns] });
  const shape = [train.userIds.length, train.itemIds.length];
  writeFileSync(
    path,
    JSON.stringify({ settings, events, shape, train: rows(train.byUser), held: rows(held) }),
  );
  return { shape, entries: train.byUser.columns.length, held: held.columns.length };
}

/** Keeps each user's recall and nDCG, means over fits, for pairing. Gives what the table shows. */
export function keepScores(path, evaluations) {
  const over = (measure) =>
    Array.from(evaluations[0][measure], (_, u) => mean(evaluations.map((e) => e[measure][u])));
  const [recalls, ndcgs] = [over("recalls"), over("ndcgs")];
  writeFileSync(path, JSON.stringify({ recalls, ndcgs }));
  const coverage = mean(evaluations.map((e) => e.coverage.value));
  return { "recall@10": mean(recalls), "nDCG@10": mean(ndcgs), coverage };
}
