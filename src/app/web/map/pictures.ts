import type { View } from "../../views-contract.ts";
import { pictureUrl } from "../api.ts";

let source: (view: View, row: number) => string | null = pictureUrl;

/** Where the picture of a row is; null where it has none. */
export const pictureOf = (view: View, row: number): string | null => view.picture && source(view, row);

/** Has pictures come from elsewhere than the server: in a page that was saved, from what was saved with it. */
export function picturesBy(other: typeof source): void {
  source = other;
}
