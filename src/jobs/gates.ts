import { IsometerError, nearestName } from "../base/index.ts";
import type { ScoreName } from "../measure/result.ts";
import { type GateRecord, lessIsBetter, SCORE_NAMES } from "../report/index.ts";
import { kebab } from "./define.ts";

/** A limit that a score has to keep. */
export interface Limit<N extends string = ScoreName> {
  readonly score: N;
  readonly kind: "under" | "over";
  readonly limit: number;
}

/**
 * Reads `--fail-under` and `--fail-over` values, each `name=value`.
 *
 * @param names the scores that there are; default those of an audit
 * @param isLess whether less of a score is better
 * @throws bad-option for an unknown score (with the nearest name), for what is no number, and for the
 * wrong direction: `--fail-under` is for scores where more is better, `--fail-over` where less is.
 */
export function parseLimits(under: readonly string[], over: readonly string[]): Limit[];
export function parseLimits<N extends string>(
  under: readonly string[],
  over: readonly string[],
  names: readonly N[],
  isLess?: (name: N) => boolean,
): Limit<N>[];
export function parseLimits(
  under: readonly string[],
  over: readonly string[],
  names: readonly string[] = SCORE_NAMES,
  isLess: (name: never) => boolean = lessIsBetter,
): Limit<string>[] {
  return [
    ...under.map((text) => parseLimit("under", text, names, isLess)),
    ...over.map((text) => parseLimit("over", text, names, isLess)),
  ];
}

function parseLimit(
  kind: Limit["kind"],
  text: string,
  names: readonly string[],
  isLess: (name: never) => boolean,
): Limit<string> {
  const match = /^\s*([^=]*?)\s*=\s*(.*?)\s*$/.exec(text);
  const limit = match?.[2] ? Number(match[2]) : Number.NaN;
  if (!match || !Number.isFinite(limit)) {
    throw new IsometerError("bad-option", `--fail-${kind} needs name=value, got ${JSON.stringify(text)}`, {
      got: text,
      hint: `For instance --fail-${kind} ${kind === "under" ? "trustworthiness=0.95" : "stretch=3"}.`,
    });
  }
  const score = scoreNamed(match[1]!, names);
  if (isLess(score as never) !== (kind === "over")) {
    const [better, other] = kind === "under" ? ["less", "over"] : ["more", "under"];
    throw new IsometerError(
      "bad-option",
      `--fail-${kind} ${score} is the wrong way round: ${better} ${score} is better`,
      {
        got: text,
        hint: `Use --fail-${other} ${score}=${match[2]}.`,
      },
    );
  }
  return { score, kind, limit };
}

function scoreNamed(name: string, names: readonly string[]): string {
  const found = names.find((known) => known === name || kebab(known) === name);
  if (found) return found;
  const nearest = nearestName(name, names);
  throw new IsometerError("bad-option", `there is no score ${JSON.stringify(name)}`, {
    got: name,
    hint: nearest ? `Did you mean ${nearest}?` : `There are ${names.join(", ")}.`,
  });
}

/** How each limit ended. A score that is no number fails; the headline value counts, not its interval. */
export function checkLimits<N extends string>(
  limits: readonly Limit<N>[],
  scores: Readonly<Partial<Record<N, { readonly value: number } | null>>>,
): GateRecord[] {
  return limits.map(({ score, kind, limit }) => {
    const value = scores[score]?.value ?? Number.NaN;
    return { score, kind, limit, value, passed: kind === "under" ? value >= limit : value <= limit };
  });
}
