import type { Encodes, Preparation } from "../spaces/encode/encoder.ts";

/** The encoder that made vectors, as a result remembers it. */
export interface EncoderRecord {
  readonly name: string;
  /** The ONNX file. */
  readonly path: string;
  readonly dtype: string | null;
  readonly takes: Encodes;
  readonly dims: number;
  /** Fingerprint of the weights and of what is done around them. */
  readonly version: string;
  readonly preparation: Preparation;
}
