import { permutation, ranges, sampleWithoutReplacement, sharedInt32 } from "../base/index.ts";
import { kernelUrl, runBlocks } from "../engine/index.ts";
import { slotRow, slotsOf } from "../neighbors/index.ts";
import type { CompareOptions, SweptEvidence } from "./compare.ts";
import type { Place, ShapesResult, ShapesSetup } from "./local-shapes.kernel.ts";

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
 * Lays the neighbourhoods of some rows of the original, each with its row, upon their images in each latent. None with geodesics: these have no shapes.
 *
 * Cost: 1,000 k^2 D / 2 multiplications, and for each latent 2,000 k^2 d, or some 12 k^3 if that is less.
 */
export async function gatherLocalShapes(
  swept: readonly SweptEvidence[],
  { rng, engine, watch }: CompareOptions,
): Promise<readonly (ShapeEvidence | null)[]> {
  const { spaces, layout, neighbors } = swept[0]!;
  const { x } = spaces;
  const zs = swept.flatMap(({ spaces: { z } }) => (z.table ? [] : [z]));
  if (x.table || zs.length === 0) return swept.map(() => null);
  const random = rng.split("shapes");
  const slots = slotsOf(layout);
  const drawn = sampleWithoutReplacement(random.split("rows"), slots, Math.min(slots, NEIGHBORHOODS));
  const images = sharedInt32(x.rows);
  images.set(permutation(random.split("shuffle"), x.rows));
  const setup: ShapesSetup = { x, zs, near: neighbors!.x, images };
  const tasks = ranges(drawn.length, TASK).map(([start, end]) =>
    Array.from(drawn.subarray(start, end), (slot): Place => ({ slot, row: slotRow(layout, slot) })),
  );
  const { results } = await runBlocks<readonly Place[], readonly ShapesResult[], null>({
    ...watch,
    engine,
    kernel: kernelUrl("./local-shapes.kernel.js", import.meta.url),
    setup,
    tasks,
    stage: "shapes of neighbourhoods",
  });
  const join = (parts: readonly Float64Array[]) =>
    Float64Array.from(parts.flatMap((part) => Array.from(part)));
  return swept.map(({ spaces: { z } }) => {
    if (z.table) return null;
    const own = results.map((task) => task[zs.indexOf(z)]!);
    return {
      disparities: join(own.map((part) => part.own)),
      shuffled: join(own.map((part) => part.shuffled)),
    };
  });
}
