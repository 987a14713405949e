import { extname } from "node:path";
import { IsometerError } from "../base/index.ts";
import { shown } from "./array-checks.ts";
import { writeBytes } from "./node-write.ts";

/** Pixels row by row, `channels` bytes for each; with `pageHeight` several pictures below each other. */
export interface Picture {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly pageHeight?: number;
}

/** What a picture is written as, by extension. */
export const PICTURE_ENDINGS = [".png", ".gif", ".webp"] as const;
/** Those that move. */
export const MOVING_ENDINGS: readonly string[] = [".gif", ".webp"];

/** The ending of a picture's file. @throws bad-option for any other */
export function pictureEnding(path: string): (typeof PICTURE_ENDINGS)[number] {
  const ending = extname(path).toLowerCase();
  const known = PICTURE_ENDINGS.find((own) => own === ending);
  if (known) return known;
  throw new IsometerError("bad-option", `${shown(path)} has no ending of a picture`, {
    got: ending,
    needed: PICTURE_ENDINGS.join(", "),
    hint: "For instance strip.png, or morph.gif for frames that move.",
  });
}

/** Milliseconds that a frame of an animation stays. */
const DELAY = 120;

/** Writes a PNG, or an animated GIF or WebP (without loss) that runs on and on. Whole or not at all. @throws bad-option */
export async function writePicture(path: string, picture: Picture): Promise<void> {
  const ending = pictureEnding(path);
  const { data, width, height, channels, pageHeight } = picture;
  const { default: sharp } = await import("sharp");
  const raw = { width, height, channels, ...(pageHeight !== undefined && { pageHeight }) };
  const image = sharp(data, { raw });
  const pages = pageHeight === undefined ? 1 : height / pageHeight;
  const moving = { loop: 0, delay: new Array<number>(pages).fill(DELAY) };
  const encoded =
    ending === ".png"
      ? image.png({ compressionLevel: 9 })
      : ending === ".gif"
        ? image.gif(moving)
        : image.webp({ ...moving, lossless: true });
  await writeBytes(path, await encoded.toBuffer());
}
