import { clearlyBetter, comparedNames, type Entrant, ranking } from "./ranking.ts";
import type { Placing, Standing } from "./result.ts";
import { type JudgedName, SCORE_GROUPS } from "./rules.ts";

/** What a comparison says of neighbourhoods, of distances, and of all scores, a sentence each. No winner where intervals overlap. */
export function recommendation(entrants: readonly Entrant[]): string[] {
  const standings = ranking(entrants);
  const names = comparedNames(entrants);
  if (standings.length === 0) return ["Nothing to compare.", "No score is known of all."];
  const [neighbourhoods, distances] = SCORE_GROUPS;
  const own = (group: { readonly names: readonly JudgedName[] }) =>
    names.filter((name) => group.names.includes(name));
  const field = { entrants, standings };
  return [
    ...sentence("for neighbourhoods", own(neighbourhoods!), (s) => s.neighbourhoods, field),
    ...sentence("for distances", own(distances!), (s) => s.distances, field),
    ...sentence("overall", names, (s) => s, field),
    `Mean places over ${names.length} scores: ${standings.map(({ name, meanPlace }) => `${name} ${meanPlace.toFixed(2)}`).join(", ")}.`,
  ];
}

interface Field {
  readonly entrants: readonly Entrant[];
  readonly standings: readonly Standing[];
}

function sentence(
  what: string,
  names: readonly JudgedName[],
  placing: (standing: Standing) => Placing | null,
  { entrants, standings }: Field,
): string[] {
  if (names.length === 0) return [];
  const firsts = standings.filter((standing) => placing(standing)?.place === 1);
  if (firsts.length === standings.length) return [`No winner ${what}: all share the first place.`];
  const latents = firsts.filter(({ kind }) => kind === "latent");
  if (latents.length === 1 && firsts.length > 1) {
    const baseline = firsts.find(({ kind }) => kind === "baseline")!;
    return [`Best ${what}: ${latents[0]!.name}; the baseline, ${baseline.name}, does as well.`];
  }
  if (firsts.length > 1) {
    return [`No single winner ${what}: ${listOf(firsts.map(labelOf))} share the first place.`];
  }
  const [first] = firsts;
  const winner = entrants.find(({ name }) => name === first!.name)!;
  const level = entrants.filter(
    (other) =>
      other !== winner &&
      !names.some((name) => clearlyBetter(name, winner.scores[name]!, other.scores[name]!)),
  );
  if (level.length === 0) return [`Best ${what}: ${labelOf(first!)}.`];
  const others = listOf(level.map(labelOf));
  const verb = level.length === 1 ? "is" : "are";
  return [
    `No clear winner ${what}: ${labelOf(first!)} comes first, but ${others} ${verb} level with it on every score.`,
  ];
}

function labelOf({ name, kind }: { readonly name: string; readonly kind: Standing["kind"] }): string {
  return kind === "baseline" ? `${name} (the baseline)` : name;
}

function listOf(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
