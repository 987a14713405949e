import type { Audit } from "../../../measure/index.ts";
import type { NeighborLists, View } from "../../views-contract.ts";

/** A view that was saved as a page by itself: what the page would have asked the server. Arrays are little-endian, in base64. */
export interface Saved {
  /** Version of this package, and the day of saving, "2026-01-31". */
  readonly isometer: string;
  readonly date: string;
  /** The view of the rows that were saved, with the one latent that was drawn. */
  readonly view: View;
  /** Rows of the view that it was saved from. */
  readonly total: number;
  /** Float32, rows x 2. */
  readonly positions: string;
  /** Of each column of the view, in their order: float32 or uint16. */
  readonly columns: readonly string[];
  /** Names of the rows; null: they are their numbers. */
  readonly names: readonly string[] | null;
  /** Int32: the number of each saved row; null: all were saved. */
  readonly rows: string | null;
  /** Of the row that was selected; null: none was. */
  readonly lists: NeighborLists | null;
  /** Float32: how far each row is from it in the original. */
  readonly distances: string | null;
  /** Float32, rows x 3; null where the map did not show them. */
  readonly ellipses: string | null;
  readonly audits: readonly SavedAudit[];
  /** Null: rows are no pictures, or those were not wanted. */
  readonly pictures: SavedPictures | null;
  readonly shown: SavedLook;
}

/** Pictures of rows in one image, `columns` beside each other, each `width` x `height` pixels. */
export interface SavedPictures {
  /** "data:image/webp;base64,..." */
  readonly href: string;
  readonly width: number;
  readonly height: number;
  readonly columns: number;
  /** Int32: the saved row of each picture. */
  readonly rows: string;
}

export interface SavedAudit {
  readonly warnings: readonly string[];
  readonly audit: { readonly rows: number; readonly scores: Audit["scores"] };
}

/** How the map was looked at. */
export interface SavedLook {
  readonly colour: string | null;
  readonly hidden: readonly string[];
  readonly picked: number | null;
  /** Int32. */
  readonly selection: string | null;
  /** Int32: a, b, a, b. */
  readonly brushed: string | null;
  readonly nNeighbors: number;
  readonly layers: { readonly ellipses: boolean; readonly contours: boolean; readonly labels: boolean };
  readonly truth: number;
  readonly camera: { readonly x: number; readonly y: number; readonly width: number };
}
