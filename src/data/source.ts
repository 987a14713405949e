import type { RowRange, Rows, StoredValues, Warning } from "../base/index.ts";

/** Every format that Isometer reads. */
export type Format =
  | "npy"
  | "npz"
  | "csv"
  | "tsv"
  | "parquet"
  | "jsonl"
  | "arrow"
  | "safetensors"
  | "fvecs"
  | "bvecs"
  | "ivecs"
  | "idx"
  | "images";

/**
 * An opened input: its shape is known, its rows are not yet in memory.
 *
 * `blocks()` yields float32 rows; where the stored type holds more digits than that,
 * `warnings` says so (`narrowed`). Values are not checked here: NaN passes through.
 */
export interface Source extends Rows {
  /** As the user gave it. */
  readonly path: string;
  readonly format: Format;
  /** Element type as stored: "uint8", "float64", "double[]" ... */
  readonly dtype: string;
  /** Shape as stored, for instance [10000, 28, 28]; rows = shape[0], cols = product of the rest. */
  readonly shape: readonly number[];
  /** Names of the stored columns (tables), array names (npz, safetensors) or files (images: none). */
  readonly columns: readonly string[];
  /** Which of these hold the vectors. */
  readonly vector?: readonly string[];
  readonly warnings: readonly Warning[];
  /** The id of each row, when the input has an id column or (images) names. */
  readonly ids?: () => Promise<readonly string[]>;
  /** The values of another column as text, one per row. @throws unknown-column */
  readonly column?: (name: string) => Promise<readonly string[]>;
  /** Where the rows lie, when the file holds them as they are: float32, row after row. */
  readonly stored?: StoredValues;
  close(): Promise<void>;
}

/** What a file with names in it holds: its columns, arrays or tensors. */
export interface Contents {
  readonly format: Format;
  /** Undefined where every array has its own. */
  readonly rows?: number;
  /** `type`: as stored; of arrays also the shape. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

/** How to open an input. The same options mean the same in every format. */
export interface OpenOptions {
  /** The column (table), array (npz) or tensor (safetensors) that holds the vectors. Needed only where there are several. */
  readonly vector?: string;
  /** The column that holds row ids. */
  readonly id?: string;
  /** Only these rows, counted over all files of the input. */
  readonly range?: RowRange;
  /** For a folder of images: every picture is resized to this many pixels, `[height, width]`. Default: the size of the first, all must agree. */
  readonly imageSize?: readonly [number, number];
  /** For a folder of images: "grey" (default, 1 value per pixel) or "colour" (3). */
  readonly imageMode?: "grey" | "colour";
}
