import type { Expression } from "../expression.ts";
import { ATTENTION_READERS } from "./attention.ts";
import { ELEMENTWISE_READERS } from "./elementwise.ts";
import { INDEXING_READERS } from "./indexing.ts";
import { NORMALIZATION_READERS } from "./normalization.ts";
import { SHAPING_READERS } from "./shaping.ts";
import type { Source } from "./source.ts";
import { WINDOW_READERS } from "./windows.ts";

/** Makes the results of a node from our own operations. */
export type Reader = (source: Source) => Expression | readonly Expression[];

/** How to read each operation of ONNX that is known here. */
export const READERS: Readonly<Record<string, Reader>> = {
  ...ATTENTION_READERS,
  ...ELEMENTWISE_READERS,
  ...INDEXING_READERS,
  ...NORMALIZATION_READERS,
  ...SHAPING_READERS,
  ...WINDOW_READERS,
};
