import type { Format } from "../data/source.ts";
import type { Audit } from "../measure/result.ts";
import { MOST_LENGTHS } from "../neighbors/table.ts";
import { type Compared, isChance, type NextCommand, type Standing } from "../report/index.ts";
import { commandLine } from "./command-line.ts";
import { imageMode, imageSize, rows, vector } from "./common.ts";
import type { OptionSpecs } from "./define.ts";
import { obeyed } from "./open.ts";
import { idsOfPair } from "./read-inputs.ts";

/** The options of job `info` that say what is read. */
const INFO = { name: "info", options: { rows, vector, imageSize, imageMode } };

type Measured = Pick<Audit, "cols" | "options" | "rows" | "scores">;

/** What the rules look at. */
export interface NextInput {
  readonly audit: Measured;
  readonly job: { readonly name: string; readonly options: OptionSpecs };
  /** ORIGINAL and LATENT, as given. */
  readonly inputs: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly gated: boolean;
  /** The input with rows that need care. */
  readonly care: CareInput | null;
}

/** One of the two inputs of an audit. */
export interface CareInput {
  readonly role: "original" | "latent";
  readonly format: Format;
}

/**
 * What to type after an audit, at most two commands: a look at files whose rows need care; a narrower interval when
 * the scores were sampled; the same latent distance as the original's when only the original got a metric and the
 * latent is too wide for a picture (straight distance in the latent is what geodesics are usually compared with); else a gate that keeps what was reached.
 */
export function nextCommands({ audit, job, inputs, options, gated, care }: NextInput): NextCommand[] {
  const again = (more: Readonly<Record<string, unknown>>) =>
    commandLine(job, inputs, { ...options, ...more });
  const next: NextCommand[] = [];
  if (care !== null) {
    const latent = care.role === "latent";
    const vector = (latent ? options.latentVector : undefined) ?? options.vector;
    next.push({
      command: commandLine(INFO, [inputs[latent ? 1 : 0]!], obeyed({ ...options, vector }, care.format)),
      why: `which rows of the ${care.role} need care`,
    });
  }
  const { metric } = audit.options;
  if (metric !== audit.options.latentMetric && metric !== "geodesic" && audit.cols[1] > 3) {
    next.push({
      command: again({ latentMetric: metric }),
      why: `the latent by ${metric} distance too; this audit used ${audit.options.latentMetric}`,
    });
  }
  const tooMany = audit.options.graphNeighbors !== null && audit.rows ** 2 > MOST_LENGTHS;
  if (audit.options.sample !== "exact" && !tooMany) {
    const command = again({ sample: undefined, exact: true });
    next.push({ command, why: "no sampling error; time grows with the square of the rows" });
  }
  if (!gated && next.length < 2 && !isChance(audit.scores)) {
    const limits = gateLimits(audit);
    if (limits)
      next.push({
        command: again(limits),
        why: "a gate for continuous integration: exit status 3 below this",
      });
  }
  return next.slice(0, 2);
}

/** What the rules look at after an audit of several latents. */
export interface NextOfSeveral extends Pick<NextInput, "job" | "options"> {
  readonly audits: readonly Compared[];
  readonly ranking: readonly Standing[];
  readonly inputs: { readonly original: string; readonly latent: readonly string[] };
}

/**
 * What to type after an audit of several latents, at most two commands: the full audit of the first one, without the gates that were
 * told; then the same latent distance as the original's when only the original got a metric, or narrower intervals where scores were sampled.
 */
export function nextOfSeveral({ audits, ranking, job, inputs, options }: NextOfSeveral): NextCommand[] {
  const first = ranking.find(({ kind }) => kind === "latent")?.name ?? audits[0]!.name;
  const at = audits.findIndex(({ name }) => name === first);
  const all = [inputs.original, ...inputs.latent];
  const next: NextCommand[] = [
    {
      command: commandLine(job, [inputs.original, inputs.latent[at]!], {
        ...options,
        ids: idsOfPair(options.ids as readonly string[], at),
        failUnder: [],
        failOver: [],
      }),
      why: `${first} in full, the first by mean place: its distances by band, its worst points and pairs`,
    },
  ];
  const { metric, latentMetric, sample } = audits[0]!.audit.options;
  if (metric !== latentMetric && audits.some(({ audit }) => audit.inputs[1]!.cols > 3)) {
    next.push({
      command: commandLine(job, all, { ...options, latentMetric: metric }),
      why: `the latents by ${metric} distance too; this audit used ${latentMetric}`,
    });
  } else if (sample !== "exact") {
    const command = commandLine(job, all, { ...options, sample: undefined, exact: true });
    next.push({ command, why: "no sampling error; time grows with the square of the rows" });
  }
  return next;
}

/** Limits just outside of the intervals of what was reached, so that another seed passes too. */
function gateLimits({ scores }: Measured): { failUnder: string[]; failOver: string[] } | undefined {
  if (!scores.trustworthiness || !scores.stretch || !Number.isFinite(scores.stretch.interval[1]))
    return undefined;
  const trust = Math.floor(scores.trustworthiness.interval[0] * 100) / 100;
  const stretch = Math.ceil(scores.stretch.interval[1] * 10) / 10;
  return { failUnder: [`trustworthiness=${trust}`], failOver: [`stretch=${stretch}`] };
}
