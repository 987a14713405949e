import { IsometerError, type Points, rng, type Warning, type Watch } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import type { AchievableMap } from "../measure/index.ts";
import type { Metric } from "../neighbors/metric.ts";

/** A map that shows an audit what is achievable, or none; and what is to be said of it. */
export interface Achievable {
  readonly achievable: AchievableMap | null;
  readonly warnings: readonly Warning[];
}

const NONE: Achievable = { achievable: null, warnings: [] };

/** Landmarks, and up to how many dimensions so many: an iteration costs m^2 d. Beyond the last there is no map. */
const SIZES = [
  { cols: 32, landmarks: 1000 },
  { cols: 125, landmarks: 500 },
] as const;

/** With fewer rows per dimension nearly any distances fit, and nothing is learnt. */
const ROWS_PER_COL = 4;

/** Iterations end when one lowers stress by less: the third decimal then stays. */
const TOLERANCE = 3e-6;

/**
 * SMACOF of landmarks, the rows that the topology scores look at too, to as many dimensions as the latent has. Distances between originals are
 * those of the audit's metric. None for geodesics, where the latent is no smaller than the original, or wide beside the number of landmarks.
 */
export async function smacofMap(
  original: Points,
  latent: Points,
  { metric, engine, seed, watch }: { metric: Metric; engine: EngineInfo; seed: number; watch: Watch },
): Promise<Achievable> {
  const { rows: n } = original;
  const to = latent.cols;
  const m = Math.min(n, SIZES.find(({ cols }) => to <= cols)?.landmarks ?? 0);
  if (metric === "geodesic" || to >= original.cols || m < Math.max(3, ROWS_PER_COL * to)) return NONE;
  const random = rng(seed);
  const { gatherPoints } = await import("../engine/index.ts");
  const { drawLandmarks } = await import("../measure/index.ts");
  const { allLengths, makeSpace } = await import("../neighbors/index.ts");
  const { smacof } = await import("../reduce/index.ts");
  const rows = drawLandmarks(n, random, m);
  const all = Int32Array.from({ length: m }, (_, i) => i);
  try {
    const space = await makeSpace(gatherPoints(original, rows), metric, { engine, name: "the original" });
    // Untold: an audit has a stage of the same name, much later.
    const lengths = await allLengths(space, all, engine, watch.signal ? { signal: watch.signal } : {});
    const fit = await smacof(lengths, m, to, {
      engine,
      rng: random.split("smacof"),
      tolerance: TOLERANCE,
      ...watch,
    });
    const data = Float32Array.from(fit.coordinates);
    const name = `SMACOF on ${m.toLocaleString("en")} landmarks`;
    return { achievable: { name, rows, latent: { data, rows: m, cols: to }, lengths }, warnings: [] };
  } catch (error) {
    // Rows that have no distances are for the audit to refuse.
    if (error instanceof IsometerError && ["non-finite", "zero-vector", "bad-value"].includes(error.code))
      return NONE;
    throw error;
  }
}
