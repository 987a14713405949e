import { fromBase64 } from "./base64.ts";
import type { SavedPictures } from "./saved.ts";

/** Each row's picture of a saved page as an address, cut out of the one image that holds them all; null where it was not saved. */
export async function picturesIn(saved: SavedPictures): Promise<(row: number) => string | null> {
  const { href, width, height, columns } = saved;
  const sheet = new Image();
  sheet.src = href;
  await sheet.decode();
  const places = new Map(
    Array.from(new Int32Array(fromBase64(saved.rows).buffer), (row, place) => [row, place]),
  );
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext("2d")!;
  return (row) => {
    const place = places.get(row);
    if (place === undefined) return null;
    context.clearRect(0, 0, width, height);
    context.drawImage(sheet, -(place % columns) * width, -Math.floor(place / columns) * height);
    return canvas.toDataURL();
  };
}
