export {
  type Encoded,
  type Encoder,
  type EncoderOptions,
  type Encodes,
  POOLINGS,
  type Pooling,
  type Preparation,
} from "./encoder.ts";
export { openEncoder } from "./open.ts";
