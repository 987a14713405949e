import type { CurveScore, Scores, StretchBand, StretchScore } from "../measure/result.ts";
import { count, percent, times } from "./numbers.ts";
import { isChance } from "./rules.ts";

/** Up to these spreads (q95 / q05 of the stretch) a band is an isometry, and nearly one. */
const ISOMETRY = 1.1;
const NEAR_ISOMETRY = 1.5;

/** From this R_NX on a neighbourhood is worth reading: half of what chance leaves is kept. */
const HALF = 0.5;

/**
 * What may be read off a latent, and what not, below the headline. Near pairs (the k nearest) and far pairs (the upper third) are judged by their own spread and by how
 * their median compares with that of all pairs; neighbourhoods by the sizes K whose R_NX is at least 1/2. Null for an isometry, for chance, and where nothing is known.
 */
export function adviceWords(scores: Scores): string | null {
  const { stretch, aucLogRnx } = scores;
  if (!stretch || isChance(scores) || stretch.value <= 1.001) return null;
  const local = bandWords("Locally", "near pairs", stretch.near, stretch);
  const global = bandWords("globally", "far pairs", stretch.far, stretch);
  const first = local && global ? `${local}; ${global}.` : null;
  const reading = [sizesWords(aucLogRnx), distancesWords(scores)].flatMap((words) => words ?? []);
  const second = reading.length > 0 ? `${capital(reading.join("; "))}.` : null;
  return [first, second].flatMap((words) => words ?? []).join(" ") || null;
}

/** "Locally not: near pairs vary 12.6x and are shrunk 2.1x". Null where no pair has a finite stretch. */
function bandWords(where: string, pairs: string, band: StretchBand, stretch: StretchScore): string | null {
  const median = band.quantiles[stretch.levels.indexOf(0.5)] ?? Number.NaN;
  if (!(median > 0) || !Number.isFinite(band.value)) return null;
  const factor = median >= 1 ? median : 1 / median;
  const moved = median >= 1 ? "stretched" : "shrunk";
  const shift = factor < 1.05 ? "" : ` and are ${moved} ${times(factor)}`;
  if (band.value <= ISOMETRY)
    return `${where} an isometry: ${pairs} stay within ${within(band, stretch)}${shift}`;
  if (band.value <= NEAR_ISOMETRY)
    return `${where} near-isometric: ${pairs} stay within ${within(band, stretch)}${shift}`;
  return `${where} not: ${pairs} vary ${times(band.value)}${shift}`;
}

/** How far the middle 90 % of a band lie from its own median. */
function within(band: StretchBand, { levels }: StretchScore): string {
  const at = (level: number) => band.quantiles[levels.indexOf(level)]!;
  return percent(Math.max(at(0.95) / at(0.5) - 1, at(0.5) / at(0.05) - 1));
}

/** Of the sizes K with R_NX at least 1/2 the longest run. */
function sizesWords(curve: CurveScore | undefined): string | null {
  if (!curve) return null;
  let best: readonly [from: number, to: number] | null = null;
  for (let i = 0; i < curve.sizes.length; i++) {
    if (!(curve.rnx[i]! >= HALF)) continue;
    let end = i;
    while (end + 1 < curve.sizes.length && curve.rnx[end + 1]! >= HALF) end++;
    if (!best || end - i > best[1] - best[0]) best = [i, end];
    i = end;
  }
  if (!best) return "no neighbourhood of any size is kept half-way above chance";
  const [from, to] = [curve.sizes[best[0]]!, curve.sizes[best[1]]!];
  if (best[0] === 0 && best[1] === curve.sizes.length - 1) return "neighbourhoods of every size can be read";
  if (best[0] === 0) return `trust neighbourhoods up to ${count(to)} rows`;
  return `trust neighbourhoods of about ${count(from)} to ${count(to)} rows, not smaller ones`;
}

function distancesWords({ stretch, distanceSpearman }: Scores): string {
  const ordered = !distanceSpearman || distanceSpearman.value >= 0.9;
  if (stretch!.far.value <= NEAR_ISOMETRY && ordered) return "distances between clusters may be compared";
  return "do not read distances between clusters";
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
