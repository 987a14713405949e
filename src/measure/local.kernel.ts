import { quantile } from "../base/index.ts";
import type { Kernel } from "../engine/index.ts";
import {
  exactOrder,
  type Layout,
  lengthOf,
  type Neighbors,
  type Space,
  slotRow,
} from "../neighbors/index.ts";
import { localFit } from "./local-fit.ts";
import { openOffsets } from "./offsets.ts";

/** Set-up of a look at the surroundings of each slot: its k nearest rows in the original, and the scale c that is taken out. */
export interface LocalSetup {
  readonly x: Space;
  readonly z: Space;
  readonly layout: Layout;
  readonly near: Neighbors;
  readonly scale: number;
}

/** Numbers per slot, and where each lies. What is not known is NaN. */
export const LOCAL = {
  stretch: 0,
  axes: 1,
  major: 2,
  minor: 3,
  mean: 4,
  angle: 5,
  error: 6,
} as const;
export const LOCAL_WIDTH = 7;

/** A derivative wants near neighbours: the fit takes at most this many, which also bounds its cost. */
export const FIT_NEIGHBORS = 30;

/** A task is a range of slots; its result `slots x LOCAL_WIDTH` numbers. */
export async function open(
  setup: LocalSetup,
): Promise<Kernel<readonly [number, number], Float64Array, null>> {
  const { near, x, z, layout } = setup;
  const zOrder = exactOrder(z, z);
  const offsetsOf = { x: openOffsets(x), z: openOffsets(z) };
  const nearest = Math.min(near.k, FIT_NEIGHBORS);
  return {
    async run([start, end]) {
      const out = new Float64Array((end - start) * LOCAL_WIDTH).fill(Number.NaN);
      for (let slot = start; slot < end; slot++) {
        const to = (slot - start) * LOCAL_WIDTH;
        const i = slotRow(layout, slot);
        out[to + LOCAL.stretch] = medianStretch(setup, zOrder, slot, i);
        const ids = near.ids.subarray(slot * near.k, slot * near.k + nearest);
        const fit = localFit(offsetsOf.x(i, ids), offsetsOf.z(i, ids), nearest, z.cols);
        if (!fit) continue;
        const axes = fit.axes.map((axis) => axis / setup.scale);
        // Neighbours on a line say nothing of what lies across.
        const several = axes.length >= Math.min(2, z.cols);
        out[to + LOCAL.axes] = axes.length;
        out[to + LOCAL.major] = axes[0]!;
        if (several) out[to + LOCAL.minor] = axes.at(-1)!;
        if (several) out[to + LOCAL.mean] = geometricMean(axes);
        if (z.cols === 2 && axes[0]! > 0) out[to + LOCAL.angle] = undirected(fit.direction);
        out[to + LOCAL.error] = 1 - fit.fitShare;
      }
      return out;
    },
    finish: () => null,
  };
}

/** Median of dz / (c dx) over neighbours with dx > 0; NaN where there is none. */
function medianStretch(
  { near, x, z, scale }: LocalSetup,
  zOrder: (i: number, j: number) => number,
  slot: number,
  i: number,
): number {
  const stretches: number[] = [];
  for (let at = slot * near.k; at < (slot + 1) * near.k; at++) {
    const dx = lengthOf(near.orders[at]!, x);
    if (dx > 0) stretches.push(lengthOf(zOrder(i, near.ids[at]!), z) / (scale * dx));
  }
  return stretches.length === 0 ? Number.NaN : quantile(Float64Array.from(stretches).sort(), 0.5);
}

function geometricMean(values: Float64Array): number {
  let logs = 0;
  for (const value of values) logs += Math.log(value);
  return Math.exp(logs / values.length);
}

/** The angle of an axis to the first coordinate, in (-pi/2, pi/2]: an axis has no sign. */
function undirected([x, y]: Float64Array): number {
  const angle = Math.atan2(y!, x!);
  if (angle > Math.PI / 2) return angle - Math.PI;
  return angle <= -Math.PI / 2 ? angle + Math.PI : angle;
}
