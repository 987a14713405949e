import { mean, quantile } from "../base/index.ts";
import { type DriftRegion, type DriftRows, REGION_KINDS, type RegionKind } from "./drift-result.ts";

/**
 * Conventions, stated once. A region of this median movement is loosened. One of `alone` shift lies elsewhere, or of `least` where that is so many `times` the shift of the
 * others; and together if its rows moved less against their neighbours, by the same factor.
 */
const LOOSENED = 0.2;
const SHIFTED = { alone: 0.5, least: 0.1, times: 3 } as const;

/** Rows named of each region. */
const EXAMPLES = 3;

type Measured = Omit<DriftRegion, "kind">;

/** What happened to each region: see `RegionKind`. Regions without a row that was looked at are left out. */
export function regionsOf(points: DriftRows, groups: Int32Array, left: number): DriftRegion[] {
  const sizes = new Map<number, number>();
  for (const group of groups) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  const slots = new Map<number, number[]>();
  points.row.forEach((row, slot) => {
    const group = groups[row]!;
    if (!slots.has(group)) slots.set(group, []);
    slots.get(group)!.push(slot);
  });
  const measured = [...slots].map(([region, own]) => measure(region, sizes.get(region)!, own, points, left));
  return measured
    .map((own) => ({ ...own, kind: kindOf(own, measured, left) }))
    .sort(
      (a, b) =>
        REGION_KINDS.indexOf(a.kind) - REGION_KINDS.indexOf(b.kind) ||
        (a.kind === "together" ? b.shift - a.shift : b.movement - a.movement) ||
        a.region - b.region,
    );
}

function measure(
  region: number,
  rows: number,
  slots: readonly number[],
  points: DriftRows,
  left: number,
): Measured {
  const of = (values: Float64Array) => Float64Array.from(slots, (slot) => values[slot]!);
  const movement = of(points.movement);
  const middle = median(movement);
  const typical = slots
    .toSorted((a, b) => Math.abs(points.movement[a]! - middle) - Math.abs(points.movement[b]! - middle))
    .slice(0, EXAMPLES);
  return {
    region,
    rows,
    anchors: slots.length,
    movement: middle,
    shift: median(of(points.shift)),
    stretch: median(of(points.stretch)),
    moved: mean(movement.map((value) => Number(value >= left))),
    overlap: mean(of(points.overlap)),
    examples: typical.map((slot) => points.row[slot]!).sort((a, b) => a - b),
  };
}

function kindOf(own: Measured, all: readonly Measured[], left: number): RegionKind {
  if (own.movement >= left) return "drifted";
  if (own.movement >= LOOSENED) return "loosened";
  const others = Float64Array.from(all.filter((other) => other !== own).map(({ shift }) => shift));
  const usual = others.length === 0 ? Number.NaN : median(others);
  const stands = own.shift >= SHIFTED.least && own.shift >= SHIFTED.times * usual;
  const elsewhere = stands || own.shift >= SHIFTED.alone;
  return elsewhere && SHIFTED.times * own.movement <= own.shift ? "together" : "steady";
}

function median(values: Float64Array): number {
  return quantile(values.toSorted(), 0.5);
}
