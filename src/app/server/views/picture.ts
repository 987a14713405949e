import { IsometerError } from "../../../base/index.ts";
import { thumbnails } from "../../../data/index.ts";
import type { LiveView } from "./live.ts";

/** A row as PNG. @throws bad-option where rows are no pictures */
export async function rowPicture(
  { original, picture }: LiveView,
  row: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if (picture === null) {
    throw new IsometerError("bad-option", "the rows of this view are no pictures", {
      hint: "Give imageSize, such as 28x28, when the view is asked for.",
    });
  }
  const found = await thumbnails(original.points, [row], picture.shape, picture.bytes);
  const { src } = found.get(row)!;
  return new Uint8Array(Buffer.from(src.slice(src.indexOf(",") + 1), "base64"));
}
