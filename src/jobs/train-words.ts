import type { EpochRecord } from "../learn/training.ts";
import { significant } from "../report/index.ts";
import { trainLook } from "./train-look.ts";

/** The columns of a table that grows while a model is trained, 70 wide: told line by line. */
const COLUMNS = [
  ["epoch", 5],
  ["loss", 9],
  ["held out", 10],
  ["stress", 8],
  ["stretch", 9],
  ["recall", 8],
  ["condition", 11],
  ["rank", 6],
] as const;

/** The heads of the table. */
export const LOOK_HEAD = COLUMNS.map(([name, width]) => name.padStart(width)).join("");

/** An epoch that was looked at: loss of rows trained on; of held-out rows reconstruction, stress, stretch, recall, condition number of the decoder and directions in use. */
export function lookText({ epoch, terms, look }: EpochRecord, isBest: boolean): string {
  const found = look && trainLook(look);
  const values = [
    terms.loss,
    found?.reconstruction,
    found?.stress,
    found?.stretch,
    found?.recall,
    found?.conditionNumber,
    found?.effectiveRank,
  ];
  const texts = [
    String(epoch),
    ...values.map((value) => (typeof value === "number" ? significant(value, 3) : "")),
  ];
  const cells = COLUMNS.map(([, width], i) => texts[i]!.padStart(width));
  return `${cells.join("")}${isBest ? "  best" : ""}`.trimEnd();
}
