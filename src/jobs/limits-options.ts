import { IsometerError } from "../base/index.ts";
import * as common from "./common.ts";
import { list, number, text, type Values } from "./define.ts";

/** The options of job `limits`. */
export const LIMITS_OPTIONS = {
  target: number({
    group: common.GROUPS.measure,
    about: "share of the nearest neighbours that has to be found, above 0, to 1",
    placeholder: "SHARE",
    min: 0,
    max: 1,
    default: 0.95,
  }),
  metric: {
    ...common.keptMetric,
    about: "distance that neighbours are nearest by; under cosine, rows are scaled to length 1 first",
  },
  nNeighbors: {
    ...common.nNeighbors,
    about: "k: nearest rows of each query that are to be found",
    default: 10,
  },
  dims: text({
    group: common.GROUPS.method,
    about: "dimensions that are tried, with commas between",
    placeholder: "D,D",
    otherwise: "about fourteen steps, from a 64th of all up to all",
  }),
  bits: text({
    group: common.GROUPS.method,
    about:
      "bits of a number that are tried, with commas between: 32 and 16 are floating point, 8, 4, 2 and 1 levels per dimension",
    placeholder: "B,B",
    otherwise: "32,16,8,4,2,1",
  }),
  holdout: number({
    group: common.GROUPS.measure,
    about:
      "share of rows that are queries and that nothing is fitted to, above 0; half of them choose, half report",
    placeholder: "SHARE",
    min: 0,
    max: 0.9,
    otherwise: "1,000 rows; at most a quarter, or of few rows 200, or half",
  }),
  seed: common.seed,
  rows: common.rows,
  vector: common.vector,
  failUnder: list({
    group: common.GROUPS.gate,
    about: "fail when less is reached at the target: compression=8 for an eighth of the bytes",
    placeholder: "NAME=VALUE",
  }),
  failOver: list({
    group: common.GROUPS.gate,
    about: "fail when more is needed for the target: bytes=128",
    placeholder: "NAME=VALUE",
  }),
  threads: common.threads,
  provider: common.provider,
};

/** The values of job `limits`. */
export type LimitsValues = Values<typeof LIMITS_OPTIONS>;

/** "8,16" as numbers; nothing where nothing was given. @throws bad-option */
export function numbersOf(name: "dims" | "bits", { [name]: given }: LimitsValues): number[] | undefined {
  if (given === undefined) return undefined;
  return given.split(",").map((word) => {
    if (/^\s*\d+\s*$/.test(word)) return Number(word);
    throw new IsometerError("bad-option", `--${name} takes whole numbers with commas between`, {
      got: given,
      hint: `For instance --${name} ${name === "dims" ? "64,96,128" : "8,4,1"}.`,
    });
  });
}
