import type { View } from "../../views-contract.ts";
import { ask, pictureUrl } from "../api.ts";
import { toBase64 } from "../standalone/base64.ts";
import { MOST_BYTES, planSheet, type SheetPlan } from "./sheet-plan.ts";

/** Pictures that are asked for at once. */
const AT_ONCE = 6;

export interface Sheet extends SheetPlan {
  /** "data:image/webp;base64,..." */
  readonly href: string;
}

interface SheetOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (share: number) => void;
}

/** The pictures of rows as one image: lossless WebP, or PNG where the browser writes none. The last of them are left out where it would be larger than 8 MB. */
export async function drawSheet(view: View, rows: readonly number[], options: SheetOptions): Promise<Sheet> {
  const plan = planSheet(view.picture!, rows.length);
  const { width, height, columns, count } = plan;
  const canvas = canvasOf(columns * width, Math.ceil(count / columns) * height);
  const context = canvas.getContext("2d")!;
  let next = 0;
  // Where one fails the others end too.
  const controller = new AbortController();
  const signal = AbortSignal.any([options.signal, controller.signal]);
  const draw = async () => {
    while (next < count) {
      const at = next++;
      signal.throwIfAborted();
      if (at % 50 === 0) options.onProgress(at / count);
      const answer = await ask(pictureUrl(view, rows[at]!), { signal });
      const picture = await createImageBitmap(await answer.blob());
      context.drawImage(picture, (at % columns) * width, Math.floor(at / columns) * height, width, height);
      picture.close();
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, draw));
  } finally {
    controller.abort();
  }
  return cutToSize(canvas, plan);
}

function canvasOf(width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return canvas;
}

async function cutToSize(canvas: HTMLCanvasElement, plan: SheetPlan): Promise<Sheet> {
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/webp", 1));
  if (!blob) throw new Error("this browser cannot write the pictures");
  const { columns, count, height } = plan;
  if (blob.size <= MOST_BYTES) {
    const bytes = new Uint8Array(await blob.arrayBuffer());
    return { ...plan, href: `data:${blob.type};base64,${toBase64(bytes)}` };
  }
  // Pictures differ in size by little: a tenth less than the share that would fit.
  const lines = Math.max(1, Math.floor((0.9 * (canvas.height / height) * MOST_BYTES) / blob.size));
  const shorter = canvasOf(canvas.width, lines * height);
  shorter.getContext("2d")!.drawImage(canvas, 0, 0);
  return cutToSize(shorter, { ...plan, count: Math.min(count, lines * columns) });
}
