import { IsometerError, type Matrix } from "../base/index.ts";
import type { ImageShape } from "../data/node-thumbnails.ts";
import type { Geometry } from "../measure/index.ts";
import type { GeometryLooks } from "../report/html/index.ts";
import type { GeometryResult } from "../report/index.ts";
import type { JobContext } from "./define.ts";
import { wantsPage } from "./page.ts";

const PAGE = "html";

/** Refuses an option that only a page obeys where there is none. @throws bad-option */
export function checkGeometryPage(
  ctx: JobContext,
  { imageShape }: { readonly imageShape?: string | undefined },
): void {
  if (wantsPage(ctx) || imageShape === undefined) return;
  throw new IsometerError("bad-option", "--image-shape is shown on a page, and none was asked for", {
    got: imageShape,
    hint: "Add --html geometry.html, or leave it out.",
  });
}

/** Leaves what the page shows beside the result: the picture, and what walks look like. */
export async function leaveGeometryPage(
  { documents }: JobContext,
  { network }: GeometryResult,
  { picture }: Geometry,
  options: { readonly imageShape: string | undefined },
): Promise<void> {
  const { evidence, date } = documents!;
  const layout = await layoutOf(network.outputShape, network.outputs, options.imageShape);
  const walks =
    picture && layout ? await Promise.all(picture.walks.map(({ values }) => looksOf(values, layout))) : [];
  evidence.set(PAGE, { picture: picture ?? null, walks, date } satisfies GeometryLooks);
}

/** How an output is a picture. Channels first, as networks have it, or last. */
interface Layout {
  readonly shape: ImageShape;
  readonly isPlanar: boolean;
}

async function layoutOf(
  dims: readonly number[],
  size: number,
  told: string | undefined,
): Promise<Layout | null> {
  if (told !== undefined) {
    const { parseImageShape } = await import("../data/index.ts");
    const shape = parseImageShape(told, size);
    return { shape, isPlanar: dims.length === 3 && dims[0] === 3 };
  }
  const [channels, height, width] = dims;
  const isPicture = dims.length === 3 && (channels === 1 || channels === 3) && height! > 1 && width! > 1;
  return isPicture ? { shape: [height!, width!, channels], isPlanar: channels === 3 } : null;
}

async function looksOf(values: Matrix, { shape, isPlanar }: Layout) {
  const { thumbnails } = await import("../data/index.ts");
  const rows = Array.from({ length: values.rows }, (_, i) => i);
  const found = await thumbnails(isPlanar ? interleaved(values) : values, rows, shape, false);
  return rows.map((row) => found.get(row)!);
}

/** Planes of red, green and blue as pixels. */
function interleaved({ data, rows, cols }: Matrix): Matrix {
  const plane = cols / 3;
  const out = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const [row, at] = [Math.floor(i / cols), i % cols];
    out[row * cols + (at % plane) * 3 + Math.floor(at / plane)] = data[i]!;
  }
  return { data: out, rows, cols };
}

/** The page of a geometry. Without evidence it has no maps: a run was not told of it. */
export async function writeGeometryPage(result: GeometryResult, evidence: unknown): Promise<string> {
  const { geometryPage } = await import("../report/html/index.ts");
  const looks = (evidence as GeometryLooks | undefined) ?? { picture: null, walks: [], date: null };
  return geometryPage(result, looks);
}
