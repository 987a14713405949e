import type { Warning } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import type { Encodes, Preparation } from "../spaces/encode/encoder.ts";

import type { NextCommand } from "./result.ts";

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

/** The result of job `encode`. */
export interface EncodeResult {
  readonly schema: "isometer/encode/1";
  readonly job: "encode";
  readonly isometer: string;
  readonly engine: EngineInfo;
  readonly encoder: EncoderRecord;
  readonly inputs: {
    readonly paths: readonly string[];
    /** Texts or images. */
    readonly items: number;
    readonly textColumn: string | null;
    readonly id: string | null;
  };
  readonly out: {
    readonly path: string;
    readonly rows: number;
    readonly cols: number;
    /** Columns beside the vectors. */
    readonly columns: readonly string[];
  };
  readonly warnings: readonly Warning[];
  readonly next: readonly NextCommand[];
  readonly seconds: number;
}
