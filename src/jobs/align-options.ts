import { METHOD_NAMES, USUAL_METHODS } from "../align/method-table.ts";
import { MATRIX_OPTIONS } from "./align-matrix.ts";
import { AUDIT_OPTIONS } from "./audit-options.ts";
import * as common from "./common.ts";
import { choice, flag, integer, list, number, text, type Values } from "./define.ts";

const AUTO = "auto";

/** The options of job `align`. */
export const ALIGN_OPTIONS = {
  with: list({
    group: common.GROUPS.method,
    about: `a method that is tried, may be repeated: ${METHOD_NAMES.join(", ")}`,
    placeholder: "METHOD",
    otherwise: `${AUTO}: ${USUAL_METHODS.join(", ")}`,
  }),
  anchors: text({
    group: common.GROUPS.method,
    about:
      "pairs that maps are fitted to: how many are drawn, or a file of row numbers (counted from 0); the others are scored",
    placeholder: "N|FILE",
    otherwise: "four fifths of the rows, in turns",
  }),
  unpaired: flag({
    group: common.GROUPS.method,
    about:
      "rows are in no common order: seek a map without known pairs (of at most 4,000 rows a side); works for spaces that are nearly isometric, and says when it does not",
  }),
  search: choice({
    group: common.GROUPS.method,
    about: "how mapped queries are sought: by cosine, or by CSLS, which corrects for hubs",
    placeholder: "NAME",
    choices: ["nearest", "csls"],
    default: "nearest",
  }),
  fixedOrigin: flag({
    group: common.GROUPS.method,
    about: "maps may not shift: 0 stays where it is (local shifts its regions all the same)",
  }),
  fixedScale: flag({ group: common.GROUPS.method, about: "rotations may not scale: strict isometries" }),
  queries: integer({
    group: common.GROUPS.method,
    about: "rows that are scored, none of which a map was fitted to",
    placeholder: "N",
    min: 10,
    default: 1000,
  }),
  target: number({
    group: common.GROUPS.method,
    about: "recall that a migration has to keep, with 95 % confidence",
    placeholder: "X",
    min: 0,
    max: 1,
    default: 0.95,
  }),
  gap: flag({
    group: common.GROUPS.measure,
    about:
      "two modalities in one space, as images and texts of CLIP: measure the gap between them, and what closes it",
  }),
  ...MATRIX_OPTIONS,
  nNeighbors: {
    ...MATRIX_OPTIONS.nNeighbors,
    about: "neighbours of each row that the map should find: recall@K",
  },
  ids: AUDIT_OPTIONS.ids,
  provider: common.provider,
  failUnder: list({
    group: common.GROUPS.gate,
    about: "fail when a held-out score is under its limit: recall=0.9, top1=0.8, mrr=0.9, corpusRecall=0.9",
    placeholder: "NAME=VALUE",
  }),
  out: text({
    group: common.GROUPS.output,
    about:
      "write the map that was chosen, fitted to all pairs: an ONNX model, for apply and any ONNX runtime",
    placeholder: "FILE",
    writes: true,
  }),
  pairs: text({
    group: common.GROUPS.output,
    about: "with --unpaired: write the pairs that were found as a table",
    placeholder: "FILE",
    writes: true,
  }),
  gapMaps: text({
    group: common.GROUPS.output,
    about: "with --gap: write the repair that is recommended as PREFIX-from.onnx and PREFIX-to.onnx",
    placeholder: "PREFIX",
  }),
  force: common.force,
};

export type AlignValues = Values<typeof ALIGN_OPTIONS>;
