import type { MorphResult } from "../../../report/index.ts";
import type { CallOptions } from "../../server/client.ts";
import type { View } from "../../views-contract.ts";
import { ask, jobs, namesOf } from "../api.ts";
import { squareFor } from "../map/load.ts";
import { shapeOf } from "./pictures.ts";
import { figuresOf, type Morphed, type Stop, type Way } from "./ways.ts";

/** What is asked for: two ends, and how to get from one to the other. */
export interface Wish {
  readonly from: number | null;
  readonly to: number | null;
  /** Path of an ONNX model; empty: none. */
  readonly decoder: string;
  readonly kind: "geodesic" | "spherical" | "data";
  /** Without a decoder: where the way goes through. */
  readonly space: "latent" | "data";
  readonly frames: number;
}

/** A line through the map, at as many points as there are frames. */
export interface SketchedLine {
  readonly kind: "drawn" | "straight";
  /** Nearest row of each point. */
  readonly rows: readonly number[];
  /** In the picture of the latent; null where points were not at their own places. */
  readonly places: readonly (readonly [number, number])[] | null;
}

/** The straight line between the ends of one that was drawn, and that one. */
export interface Sketch {
  readonly latent: number;
  readonly lines: readonly SketchedLine[];
}

/** A geodesic is one of a decoder. */
export const kindOf = ({ decoder, kind }: Wish): Wish["kind"] =>
  decoder === "" && kind === "geodesic" ? "data" : kind;

/** The straight way and the one that was asked for, by job `morph`. */
export async function findWays(view: View, latent: number, wish: Wish, call: CallOptions): Promise<Morphed> {
  const { request } = view;
  const isData = wish.decoder === "" && wish.space === "data";
  const vector = isData ? request.vector : (request.latentVector ?? request.vector);
  const options = {
    from: wish.from!,
    to: wish.to!,
    frames: wish.frames,
    ...(wish.decoder !== "" && { decoder: wish.decoder }),
    ...(vector !== undefined && { vector }),
  };
  const codes = isData ? request.original : request.latent[latent]!;
  const found: MorphResult[] = [];
  for (const path of ["straight", kindOf(wish)] as const) {
    found.push(await jobs.run("morph", { codes }, { ...options, path }, call));
  }
  const all = found.flatMap(({ frames }) => frames);
  const decoded =
    wish.decoder === ""
      ? []
      : await decode(
          wish.decoder,
          all.map(({ code }) => code),
        );
  const names = await namesOf(
    view,
    all.map(({ nearest }) => nearest),
  );
  const placeOf = await placesIn(view, latent, !isData);
  const stops = all.map(({ at, code, nearest, distance }, i): Stop => {
    const place = placeOf?.(code) ?? null;
    return { at, row: nearest, name: names[i]!, distance, place, values: decoded[i] ?? null };
  });
  const ways = found.map((result, i): Way => {
    const { report } = result;
    const { length, chord } = report;
    const own = stops.slice(i * wish.frames, (i + 1) * wish.frames);
    const figures = { stepRatio: result.stepRatio, length, chord, offData: report.offData.meanByLength };
    return { kind: result.options.path, stops: own, figures };
  });
  return { latent, ways, shape: shapeNow(view, decoded) };
}

/** Lines that were drawn: what the decoder makes of them, where the latent is drawn as it is; else the rows near them alone. */
export async function followSketch(view: View, { latent, lines }: Sketch, wish: Wish): Promise<Morphed> {
  const isDecoded = wish.decoder !== "" && isAsIs(view, latent) && lines.every(({ places }) => places);
  const square = isDecoded ? await squareFor(view, latent) : null;
  const ways: Way[] = [];
  for (const { kind, rows, places } of lines) {
    const names = await namesOf(view, rows);
    const codes = square
      ? places!.map(([x, y]) => [square.x + square.side * x, square.y + square.side * y])
      : [];
    const decoded = square ? await decode(wish.decoder, codes) : [];
    const stops = rows.map((row, i): Stop => {
      const values = decoded[i] ?? null;
      const place = places?.[i] ?? null;
      return { at: i / (rows.length - 1), row, name: names[i]!, distance: null, place, values };
    });
    ways.push({ kind, stops, figures: square ? figuresOf(decoded) : null });
  }
  return {
    latent,
    ways,
    shape: shapeNow(
      view,
      ways.flatMap(({ stops }) => stops[0]!.values ?? []),
    ),
  };
}

function shapeNow(view: View, decoded: readonly Float32Array[]): Morphed["shape"] {
  return decoded.length > 0 ? shapeOf(decoded[0]!.length, view.picture) : null;
}

function isAsIs({ latents }: View, latent: number): boolean {
  const { dims, drawn } = latents[latent]!;
  return dims === 2 && drawn.how === "as is";
}

/** From codes to places in the picture, where both are one but for a shift and a scale. */
async function placesIn(view: View, latent: number, isLatent: boolean) {
  if (!isLatent || !isAsIs(view, latent)) return null;
  const { x, y, side } = await squareFor(view, latent);
  return ([a, b]: readonly number[]) => [(a! - x) / side, (b! - y) / side] as const;
}

async function decode(decoder: string, codes: readonly (readonly number[])[]): Promise<Float32Array[]> {
  const answer = await ask("/api/decode", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ decoder, codes }),
  });
  const values = new Float32Array(await answer.arrayBuffer());
  const cols = values.length / codes.length;
  return codes.map((_, i) => values.subarray(i * cols, (i + 1) * cols));
}
