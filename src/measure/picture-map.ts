import {
  IsometerError,
  type Matrix,
  quantile,
  type Rng,
  sampleWithoutReplacement,
  throwIfAborted,
  type Watch,
} from "../base/index.ts";
import { type EngineInfo, openPlaces, openRows } from "../engine/index.ts";
import { pca } from "../linalg/index.ts";
import { type Layout, type Space, slotRow, slotsOf } from "../neighbors/index.ts";
import type { Comparison, Ranked } from "./compare.ts";
import { localContinuity, localTrust } from "./scores/neighborhood.ts";
import { type LocalFit, localFit } from "./tissot.ts";

/** Rows on the map, rows that PCA for it is fitted to, rows with a local fit, and neighbours that the fit takes. */
const POINTS = 5_000;
const PCA_ROWS = 20_000;
const FITS = 2_000;
const FIT_NEIGHBORS = 30;

/** Rows whose wrong neighbours are drawn, and edges of each kind for one of them. */
const WORST = 12;
const EDGES = 4;

/** A row on the map whose surroundings were fitted. */
export interface FittedPoint extends Omit<LocalFit, "direction"> {
  readonly x: number;
  readonly y: number;
  /** From the map's x axis to the longer axis as it is seen there. */
  readonly angle: number;
}

/** A neighbour that is false (near in the latent only) or missing (near in the original only). */
export interface WrongEdge {
  readonly kind: "false" | "missing";
  readonly row: number;
  readonly other: number;
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
}

/** The latent as a map in two dimensions. */
export interface MapPicture {
  /** The two coordinates of the latent; its first two principal components; or its one coordinate, spread at random across. */
  readonly from: "latent" | "pca" | "line";
  /** Share of the latent's variance that the two components hold; 1 unless `from` is "pca". */
  readonly explained: number;
  readonly rows: number;
  /** Row numbers of the points, ascending, and their coordinates, x and y in turn. */
  readonly points: readonly number[];
  readonly at: Float32Array;
  /** Each point's share of trustworthiness and continuity; NaN for a row that is no anchor. */
  readonly trust: Float32Array;
  readonly continuity: Float32Array;
  readonly fits: readonly FittedPoint[];
  /** Neighbours that a fit took. */
  readonly fitNeighbors: number;
  readonly edges: readonly WrongEdge[];
  /** Rows that the edges start from, the worst first. */
  readonly worst: readonly { readonly row: number; readonly at: readonly [number, number] }[];
}

type Place = (row: number) => readonly [number, number];

/** Where rows and directions of the latent are on the map. */
interface Placer {
  readonly place: Place;
  readonly turn: (direction: Float64Array) => readonly [number, number];
  readonly from: MapPicture["from"];
  readonly explained: number;
}

interface Look {
  readonly engine: EngineInfo;
  readonly rng: Rng;
  readonly watch: Watch;
}

/**
 * The map of a comparison: at most 5,000 rows, drawn at random, anchors first. Null where PCA cannot take the latent.
 *
 * Cost: PCA of at most 20,000 rows of the latent, and 2,000 local fits.
 */
export async function mapPicture(comparison: Comparison, look: Look): Promise<MapPicture | null> {
  const placed = await placer(comparison.spaces.z, look);
  if (!placed) return null;
  const { place } = placed;
  const { layout } = comparison;
  const slots = drawSlots(layout, look.rng.split("map"));
  const points = Int32Array.from([
    ...slots.map((slot) => slotRow(layout, slot)),
    ...otherRows(layout, look.rng),
  ]).sort();
  const at = new Float32Array(2 * points.length);
  points.forEach((row, i) => {
    at.set(place(row), 2 * i);
  });
  const local = comparison.ranks && {
    trust: localTrust(comparison),
    continuity: localContinuity(comparison),
  };
  const slotOf = new Map(Array.from(slots, (slot) => [slotRow(layout, slot), slot]));
  const share = (values: Float64Array | undefined) =>
    Float32Array.from(points, (row) => values?.[slotOf.get(row) ?? -1] ?? Number.NaN);
  return {
    from: placed.from,
    explained: placed.explained,
    rows: layout.rows,
    points: [...points],
    at,
    trust: share(local?.trust),
    continuity: share(local?.continuity),
    fits: placed.from === "line" ? [] : fitAll(comparison, slots, placed, look),
    fitNeighbors: Math.min(comparison.k, FIT_NEIGHBORS),
    ...(local ? wrongEdges(comparison, worstSlots(slots, local), place) : { edges: [], worst: [] }),
  };
}

/** Slots on the map: all, or as many as there is room for. */
function drawSlots(layout: Layout, rng: Rng): Int32Array {
  const count = slotsOf(layout);
  return count <= POINTS
    ? Int32Array.from({ length: count }, (_, i) => i)
    : sampleWithoutReplacement(rng, count, POINTS);
}

/** Rows beside the anchors, where there is room for more. */
function otherRows(layout: Layout, rng: Rng): number[] {
  if (layout.kind === "all") return [];
  const room = Math.min(POINTS, layout.rows) - slotsOf(layout);
  if (room <= 0) return [];
  const anchors = new Set(layout.index ?? []);
  // Some of those drawn are anchors: as many more are drawn as there are anchors.
  const drawn = sampleWithoutReplacement(
    rng.split("others"),
    layout.rows,
    Math.min(layout.rows, room + anchors.size),
  );
  const others = [...drawn].filter((row) => !anchors.has(row));
  const step = others.length / room;
  return Array.from({ length: room }, (_, i) => others[Math.floor(i * step)]!);
}

/** How rows are placed on the map. Under cosine rows have length 1, as their distances have it. */
async function placer(space: Space, look: Look): Promise<Placer | null> {
  const { cols } = space;
  const { values, place: at } = openPlaces(space);
  const scaleOf = (row: number) => (space.metric === "cosine" ? space.scales[row]! : 1);
  if (cols === 1) {
    const span = lineSpan(space);
    const jitter = (row: number) => look.rng.split(`jitter ${row}`).uniform() - 0.5;
    return {
      place: (row) => [values[at(row)]! * scaleOf(row), 0.2 * span * jitter(row)],
      turn: ([x = 0]) => [x, 0],
      from: "line",
      explained: 1,
    };
  }
  if (cols === 2) {
    const place: Place = (row) => {
      const from = at(row);
      return [values[from]! * scaleOf(row), values[from + 1]! * scaleOf(row)];
    };
    return { place, turn: ([x = 0, y = 0]) => [x, y], from: "latent", explained: 1 };
  }
  const map = await fitPca(space, look);
  if (!map) return null;
  const along = (value: (j: number) => number): [number, number] => {
    let x = 0;
    let y = 0;
    for (let j = 0; j < cols; j++) {
      x += value(j) * map.components[j]!;
      y += value(j) * map.components[cols + j]!;
    }
    return [x, y];
  };
  const place: Place = (row) => {
    const from = at(row);
    return along((j) => values[from + j]! * scaleOf(row) - map.mean[j]!);
  };
  const explained = (map.variances[0]! + map.variances[1]!) / map.totalVariance;
  return { place, turn: (direction) => along((j) => direction[j]!), from: "pca", explained };
}

function lineSpan(space: Space): number {
  const { values, place } = openPlaces(space);
  let low = values[place(0)]!;
  let high = low;
  for (let i = 1; i < space.rows; i++) {
    const value = values[place(i)]!;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return high - low || 1;
}

async function fitPca(space: Space, { engine, rng, watch }: Look) {
  const { rows, cols, metric, scales } = space;
  const reader = openRows(space);
  const some =
    rows > PCA_ROWS
      ? sampleWithoutReplacement(rng.split("pca"), rows, PCA_ROWS)
      : Int32Array.from({ length: rows }, (_, i) => i);
  const points: Matrix = { data: new Float32Array(some.length * cols), rows: some.length, cols };
  some.forEach((row, i) => {
    reader.copy(row, 1, points.data, i * cols);
    if (metric !== "cosine") return;
    for (let k = i * cols; k < (i + 1) * cols; k++) points.data[k]! *= scales[row]!;
  });
  const { signal } = watch;
  try {
    return await pca(points, 2, { engine, ...(signal && { signal }) });
  } catch (error) {
    // More dimensions than PCA takes: there is no map then.
    if (error instanceof IsometerError && error.code === "bad-value") return null;
    throw error;
  }
}

function fitAll(
  comparison: Comparison,
  slots: Int32Array,
  { place, turn }: Placer,
  look: Look,
): FittedPoint[] {
  const { neighbors, spaces, layout, k } = comparison;
  if (!neighbors) return [];
  const near = Math.min(k, FIT_NEIGHBORS);
  const fitRng = look.rng.split("fits");
  const chosen =
    slots.length > FITS ? sampleWithoutReplacement(fitRng, slots.length, FITS).map((i) => slots[i]!) : slots;
  const offsets = { x: offsetsIn(spaces.x, near), z: offsetsIn(spaces.z, near) };
  const fits: FittedPoint[] = [];
  for (const slot of chosen) {
    throwIfAborted(look.watch.signal);
    const row = slotRow(layout, slot);
    const others = neighbors.x.ids.subarray(slot * k, slot * k + near);
    const fit = localFit(offsets.x(row, others), offsets.z(row, others), near, fitRng);
    if (!fit) continue;
    const { direction, ...rest } = fit;
    const [dx, dy] = turn(direction);
    const [x, y] = place(row);
    fits.push({ x, y, angle: Math.atan2(dy, dx), ...rest });
  }
  return fits;
}

/** A function that measures from a row to others, coordinate by coordinate. Its result is valid until the next call. */
function offsetsIn(space: Space, count: number) {
  const { cols, metric, scales } = space;
  const points = openPlaces(space);
  const neighbors = openPlaces(space);
  const offsets = new Float64Array(count * cols);
  const scaleOf = (row: number) => (metric === "cosine" ? scales[row]! : 1);
  return (row: number, others: Int32Array): Float64Array => {
    const own = scaleOf(row);
    others.forEach((other, q) => {
      const scale = scaleOf(other);
      const [p, o] = [points.place(row), neighbors.place(other)];
      for (let j = 0; j < cols; j++) {
        offsets[q * cols + j] = neighbors.values[o + j]! * scale - points.values[p + j]! * own;
      }
    });
    return offsets;
  };
}

/** The slots of lowest trustworthiness and continuity together. */
function worstSlots(
  slots: Int32Array,
  { trust, continuity }: { trust: Float64Array; continuity: Float64Array },
) {
  const sum = (slot: number) => trust[slot]! + continuity[slot]!;
  return [...slots]
    .filter((slot) => Math.min(trust[slot]!, continuity[slot]!) < 0.99995)
    .sort((a, b) => sum(a) - sum(b) || a - b)
    .slice(0, WORST);
}

function wrongEdges(comparison: Comparison, slots: readonly number[], place: Place) {
  const { ranks, layout, k } = comparison;
  const edges = slots.flatMap((slot) => {
    const row = slotRow(layout, slot);
    const toward = (kind: WrongEdge["kind"], ranked: Ranked): WrongEdge[] =>
      farthest(ranked, slot, k).map((other) => ({ kind, row, other, from: place(row), to: place(other) }));
    return [...toward("false", ranks!.x), ...toward("missing", ranks!.z)];
  });
  const worst = slots.map((slot) => ({
    row: slotRow(layout, slot),
    at: place(slotRow(layout, slot)),
  }));
  return { edges, worst };
}

/** The neighbours of a slot in one space whose rank in the other is beyond k, the farthest first. */
function farthest({ ids, ranks }: Ranked, slot: number, k: number): number[] {
  const places = Array.from({ length: k }, (_, q) => slot * k + q).filter((p) => ranks[p]! > k);
  return places
    .sort((a, b) => ranks[b]! - ranks[a]!)
    .slice(0, EDGES)
    .map((p) => ids[p]!);
}

/** The middle and the spread of the local fits, as reports tell them. Null for none. */
export function fitSummary(fits: readonly FittedPoint[]) {
  if (fits.length === 0) return null;
  const sorted = (of: (fit: FittedPoint) => number) => Float64Array.from(fits, of).sort();
  const sizes = sorted(({ axes }) => Math.sqrt(axes[0] * axes[1]));
  return {
    size: quantile(sizes, 0.5),
    sizes: [quantile(sizes, 0.05), quantile(sizes, 0.95)] as const,
    ratio: quantile(
      sorted(({ axes }) => axes[0] / Math.max(axes[1], 1e-9 * axes[0])),
      0.5,
    ),
    planeShare: quantile(
      sorted(({ planeShare }) => planeShare),
      0.5,
    ),
    fitShare: quantile(
      sorted(({ fitShare }) => fitShare),
      0.5,
    ),
  };
}
