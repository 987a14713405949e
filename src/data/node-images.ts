import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Metadata, Sharp, SharpOptions } from "sharp";
import { IsometerError, type RowBlock, type RowRange, type Warning } from "../base/index.ts";
import { checkCols, checkRange, shown } from "./array-checks.ts";
import { fileError } from "./node-bytes.ts";
import type { OpenOptions, Source } from "./source.ts";

/** Endings of the pictures that are read. */
const READ = /\.(png|jpe?g|webp|gif|tiff?|avif|pgm|ppm|pbm|pnm)$/i;
/** Endings of pictures that are not: a folder with such files is refused rather than read in part. */
const NOT_READ = /\.(bmp|heic|heif|ico|jp2|psd|raw|svg|tga|cr2|nef|dng|exr|hdr)$/i;

/** A picture with more pixels is refused before it is decoded. */
const MAX_PIXELS = 2 ** 28;
/** Pictures decoded at the same time. */
const AT_ONCE = 8;
const BLOCK_BYTES = 2 ** 23;

export type OpenImage = (path: string) => Sharp;

interface Folder {
  readonly path: string;
  readonly where: string;
  readonly names: readonly string[];
  readonly open: OpenImage;
  readonly size: readonly [height: number, width: number];
  /** Resize to `size`? Otherwise every picture has it already. */
  readonly resize: boolean;
  readonly channels: 1 | 3;
}

/**
 * Opens a folder of images: one row per image, grey (one value 0..255 per pixel) or colour (three), row by row.
 *
 * Ordered by name in plain code-unit order, as `sorted()` in Python: img10 comes before img2. Turned upright by
 * their EXIF data; transparent parts are black; of animations the first picture. Folders inside are not entered;
 * files that are no images are left out. Names are the row ids.
 *
 * @throws missing-file, empty-input (no images), bad-format (an image that cannot be decoded, or of an ending that
 *   is not read), bad-value (sizes differ)
 */
export async function openImages(path: string, options: OpenOptions = {}): Promise<Source> {
  const where = shown(path);
  const names = await imageNames(path, where);
  const open = await imageOpener();
  const measured = await inOrder(names, (name) => measure(open, path, name));
  const resize = options.imageSize !== undefined;
  const size = options.imageSize ?? [measured[0]!.height, measured[0]!.width];
  checkImageSize(size);
  if (!resize) checkSizes(names, measured);
  const channels = options.imageMode === "colour" ? 3 : 1;
  const folder: Folder = { path, where, names, open, size, resize, channels };
  const cols = size[0] * size[1] * channels;
  const rows = names.length;
  checkCols(where, [rows, ...size, channels], cols);
  return {
    path,
    format: "images",
    dtype: "uint8",
    shape: channels === 1 ? [rows, ...size] : [rows, ...size, channels],
    rows,
    cols,
    columns: [],
    warnings: deepWarnings(where, measured),
    ids: async () => names,
    blocks: (range = { start: 0, end: rows }) => {
      checkRange(where, range, rows);
      return imageBlocks(folder, range, cols);
    },
    close: async () => {},
  };
}

export async function imageNames(path: string, where: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
    throw fileError(where, error);
  });
  const visible = entries.filter((entry) => !entry.name.startsWith("."));
  const names: string[] = [];
  for (const { name } of visible) {
    if ((READ.test(name) || NOT_READ.test(name)) && (await stat(join(path, name))).isFile()) names.push(name);
  }
  const unread = names.find((name) => !READ.test(name));
  if (unread !== undefined) {
    throw new IsometerError(
      "bad-format",
      `${where}: "${shown(unread)}" is an image of a kind that is not read`,
      {
        needed: "PNG, JPEG, WebP, GIF, TIFF, AVIF or PNM",
        hint: "Convert it to PNG, or move it out of the folder.",
      },
    );
  }
  if (names.length > 0) return names.sort();
  const folders = visible.filter((entry) => entry.isDirectory()).length;
  const inside = folders === 0 ? "" : `; it holds ${folders} ${folders === 1 ? "folder" : "folders"}`;
  throw new IsometerError("empty-input", `the folder ${where} holds no images${inside}`, {
    needed: "PNG, JPEG, WebP, GIF, TIFF, AVIF or PNM files",
    hint: folders === 0 ? "Name a file, or a folder of images." : "Name one of the folders inside.",
  });
}

/** sharp, set so that a damaged picture is an error and not grey pixels. */
export async function imageOpener(): Promise<OpenImage> {
  const { default: sharp } = await import("sharp");
  const options: SharpOptions = { failOn: "warning", limitInputPixels: MAX_PIXELS, pages: 1 };
  return (path) => sharp(path, options);
}

interface Measured {
  readonly height: number;
  readonly width: number;
  readonly depth: string;
}

async function measure(open: OpenImage, path: string, name: string): Promise<Measured> {
  const data = await decoding<Metadata>(name, () => open(join(path, name)).metadata());
  const { width, height } = data.autoOrient;
  if (width * height > MAX_PIXELS) {
    throw new IsometerError("too-large", `image "${shown(name)}" has ${width} x ${height} pixels`, {
      needed: `at most ${MAX_PIXELS.toLocaleString("en")} pixels`,
      hint: "Make it smaller, or move it out of the folder.",
    });
  }
  return { height, width, depth: data.depth ?? "uchar" };
}

/** Runs a step of sharp; its failures become one line with the name of the file. */
export async function decoding<T>(name: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    const why = error instanceof Error ? shown(error.message.split("\n")[0]!) : "";
    throw new IsometerError("bad-format", `image "${shown(name)}" cannot be decoded: ${why}`, {
      hint: "The file is damaged, cut off or no image: replace it or move it out of the folder.",
      cause: error,
    });
  }
}

function checkImageSize([height, width]: readonly [number, number]): void {
  if ([height, width].every((n) => Number.isInteger(n) && n >= 1) && height * width <= MAX_PIXELS) return;
  throw new IsometerError("bad-option", `there is no image size ${height} x ${width}`, {
    needed: "height and width in pixels",
    hint: "For example --image-size 28x28.",
  });
}

function checkSizes(names: readonly string[], measured: readonly Measured[]): void {
  const [first] = measured;
  const other = measured.findIndex((m) => m.width !== first!.width || m.height !== first!.height);
  if (other < 0) return;
  const text = (m: Measured) => `${m.height} x ${m.width}`;
  throw new IsometerError(
    "bad-value",
    `image "${shown(names[other]!)}" is ${text(measured[other]!)} pixels, "${shown(names[0]!)}" is ${text(first!)}`,
    {
      needed: "images of one size (height x width)",
      hint: `Resize all to one size: --image-size ${first!.height}x${first!.width}.`,
    },
  );
}

function deepWarnings(where: string, measured: readonly Measured[]): Warning[] {
  const rows = measured.flatMap((m, i) => (m.depth === "uchar" ? [] : [i]));
  if (rows.length === 0) return [];
  const message = `${where}: ${rows.length} of ${measured.length} images have more than 8 bits per value and are read with 8`;
  return [{ code: "narrowed", message, rows: rows.slice(0, 5), count: rows.length }];
}

async function* imageBlocks(folder: Folder, range: RowRange, cols: number): AsyncGenerator<RowBlock> {
  const step = Math.max(1, Math.min(1024, Math.floor(BLOCK_BYTES / (cols * 4))));
  for (let start = range.start; start < range.end; start += step) {
    const end = Math.min(range.end, start + step);
    const data = new Float32Array((end - start) * cols);
    const names = folder.names.slice(start, end);
    await inOrder(names, async (name, i) => data.set(await pixels(folder, name, cols), i * cols));
    yield { start, matrix: { data, rows: end - start, cols } };
  }
}

async function pixels(folder: Folder, name: string, cols: number): Promise<Uint8Array> {
  const { path, open, size, resize, channels } = folder;
  const [height, width] = size;
  const raw = await decoding(name, () => {
    let image = open(join(path, name)).autoOrient().flatten({ background: "#000" });
    if (resize) image = image.resize(width, height, { fit: "fill" });
    return image
      .toColourspace(channels === 1 ? "b-w" : "srgb")
      .raw({ depth: "uchar" })
      .toBuffer();
  });
  if (raw.length === cols) return raw;
  throw new IsometerError("bad-value", `image "${shown(name)}" has ${raw.length} values, not ${cols}`, {
    hint: "It changed while it was read, or has an unusual colour space: convert it to plain PNG.",
  });
}

/** `use` of every name, at most AT_ONCE at a time; results in order. */
async function inOrder<T>(
  names: readonly string[],
  use: (name: string, i: number) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  for (let i = 0; i < names.length; i += AT_ONCE) {
    results.push(...(await Promise.all(names.slice(i, i + AT_ONCE).map((name, k) => use(name, i + k)))));
  }
  return results;
}
