import { permutation, ranges, sampleWithoutReplacement, sharedInt32 } from "../base/index.ts";
import { kernelUrl, runBlocks } from "../engine/index.ts";
import { slotRow, slotsOf } from "../neighbors/index.ts";
import type { CompareOptions, SweptEvidence } from "./compare.ts";
import type { ShapesSetup } from "./local-shapes.kernel.ts";

/** What becomes of the shape of small neighbourhoods of the original. */
export interface ShapeEvidence {
  /** Of each neighbourhood: the Procrustes disparity of the two shapes, 0..1. NaN where its rows are all alike in the original. */
  readonly disparities: Float64Array;
  /** The same once the rows of the latent are shuffled. */
  readonly shuffled: Float64Array;
}

/** Neighbourhoods looked at. */
const NEIGHBORHOODS = 1_000;

/** Neighbourhoods of a task. */
const TASK = 64;

/**
 * Lays the neighbourhoods of some rows of the original, each with its row, upon their images. Null with geodesics: these have no shapes.
 *
 * Cost: 1,000 k^2 (D + d) / 2 multiplications, twice, and some 12 k^3 for each of the eigenproblems.
 */
export async function gatherLocalShapes(
  { spaces, neighbors, layout }: SweptEvidence,
  { rng, engine, watch }: CompareOptions,
): Promise<ShapeEvidence | null> {
  const { x, z } = spaces;
  if (x.table || z.table) return null;
  const random = rng.split("shapes");
  const slots = slotsOf(layout);
  const drawn = sampleWithoutReplacement(random.split("rows"), slots, Math.min(slots, NEIGHBORHOODS));
  const images = sharedInt32(x.rows);
  images.set(permutation(random.split("shuffle"), x.rows));
  const setup: ShapesSetup = { x, z, near: neighbors!.x, images };
  const tasks = ranges(drawn.length, TASK).map(([start, end]) =>
    Array.from(drawn.subarray(start, end), (slot) => ({ slot, row: slotRow(layout, slot) })),
  );
  const { results } = await runBlocks<(typeof tasks)[number], readonly [Float64Array, Float64Array], null>({
    ...watch,
    engine,
    kernel: kernelUrl("./local-shapes.kernel.js", import.meta.url),
    setup,
    tasks,
    stage: "shapes of neighbourhoods",
  });
  const all = (which: 0 | 1) => Float64Array.from(results.flatMap((part) => Array.from(part[which])));
  return { disparities: all(0), shuffled: all(1) };
}
