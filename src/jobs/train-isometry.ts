import { IsometerError, nearestName } from "../base/index.ts";
import type { IsometryUse } from "../learn/options.ts";
import { PENALTIES, type PenaltyName } from "../learn/penalties/index.ts";
import type { Penalty } from "../learn/penalties/penalty.ts";
import type { IsometryRecord } from "../report/index.ts";
import { kebab } from "./define.ts";

/** What keeps distances: penalties, or our own recipe. */
export type Isometry = readonly IsometryUse[] | "auto";

export const PENALTY_NAMES = Object.keys(PENALTIES) as PenaltyName[];

/**
 * Penalties as a person asks for them: NAME[:WEIGHT][,OPTION=VALUE], each once; or `auto`, or `none`, alone. Names are spelled as in Python, as on the command line, or as they are.
 *
 * @throws bad-option, with the nearest name
 */
export function parseIsometry(texts: readonly string[]): Isometry {
  const alone = texts.find((text) => text === "auto" || text === "none");
  if (alone !== undefined && texts.length > 1)
    throw wrong(alone, "stands beside other penalties", "Give it alone.");
  if (alone !== undefined) return alone === "auto" ? "auto" : [];
  const uses = texts.map(parseUse);
  const twice = uses.find(({ name }, i) => uses.findIndex((use) => use.name === name) < i);
  if (twice) throw wrong(twice.name, "is given twice", "Give it once.");
  return uses;
}

function parseUse(text: string): IsometryUse {
  const [head, ...settings] = text.split(",");
  const [spelling, weight, ...rest] = head!.split(":");
  const name = known(spelling!, PENALTY_NAMES);
  if (name === undefined || rest.length > 0) {
    const nearest = nearestName(spelling!.toLowerCase(), [...PENALTY_NAMES.map(kebab), "auto", "none"]);
    const hint = nearest ? `Did you mean ${nearest}?` : "isometer train --help lists all.";
    throw wrong(text, "is no penalty", hint, "NAME[:WEIGHT][,OPTION=VALUE], auto or none");
  }
  const numbers = Object.fromEntries(settings.map((setting) => parseNumber(name, setting)));
  return {
    name,
    ...(weight !== undefined && { weight: numberOf(weight, text, "a weight") }),
    ...(settings.length > 0 && { numbers }),
  };
}

function parseNumber(name: PenaltyName, setting: string): readonly [string, number] {
  const [spelling, value] = setting.split("=");
  const options = Object.keys(PENALTIES[name].numbers);
  const option = known(spelling!, options);
  if (option === undefined || value === undefined) {
    const has = options.length > 0 ? `It has ${options.map(kebab).join(", ")}.` : "It has none.";
    throw wrong(setting, `is no option of ${kebab(name)}`, has);
  }
  return [option, numberOf(value, setting, "a value")];
}

function numberOf(text: string, whole: string, what: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  throw wrong(whole, `needs ${what} of 0 or more, got ${JSON.stringify(text)}`, "For instance distance:0.5.");
}

function known<T extends string>(spelling: string, names: readonly T[]): T | undefined {
  const wanted = kebab(spelling).replaceAll("_", "-");
  return names.find((name) => kebab(name) === wanted);
}

function wrong(got: string, what: string, hint: string, needed?: string): IsometerError {
  return new IsometerError("bad-option", `--isometry ${got} ${what}`, {
    got,
    hint,
    ...(needed && { needed }),
  });
}

/** Refuses penalties of a decoder where there is none. @throws bad-option */
export function checkSides(isometry: Isometry, model: string, hasDecoder: boolean): void {
  if (hasDecoder) return;
  const own =
    isometry === "auto" ? "auto" : isometry.find(({ name }) => PENALTIES[name].on === "decoder")?.name;
  if (own === undefined) return;
  throw wrong(
    own,
    `looks at a decoder, and ${model} has none`,
    "Choose a penalty of pairs: distance, stress, geodesic.",
  );
}

/** What a result remembers. */
export function isometryRecord(isometry: Isometry): "auto" | readonly IsometryRecord[] {
  if (isometry === "auto") return "auto";
  return isometry.map(({ name, weight = null, numbers }) => ({
    name,
    weight,
    numbers: { ...PENALTIES[name].numbers, ...numbers },
  }));
}

/** A line for each penalty, for the help. */
export function penaltyLines(): string[] {
  return PENALTY_NAMES.map((name) => {
    const penalty: Penalty = PENALTIES[name];
    const numbers = Object.entries(penalty.numbers).map(([option, value]) => `${kebab(option)}=${value}`);
    return `${kebab(name)}: ${penalty.about}${numbers.length > 0 ? ` (${numbers.join(", ")})` : ""}.`;
  });
}
