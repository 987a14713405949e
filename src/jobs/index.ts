import { align } from "./align.ts";
import { anomalies } from "./anomalies.ts";
import { apply } from "./apply.ts";
import { audit } from "./audit.ts";
import { cluster } from "./cluster.ts";
import { compare } from "./compare.ts";
import { conformance } from "./conformance.ts";
import type { Job } from "./define.ts";
import { demo } from "./demo.ts";
import { drift } from "./drift.ts";
import { encode } from "./encode.ts";
import { evaluate } from "./evaluate.ts";
import { geometry } from "./geometry.ts";
import { info } from "./info.ts";
import { ingest } from "./ingest.ts";
import { init } from "./init.ts";
import { limits } from "./limits.ts";
import { make } from "./make.ts";
import { morph } from "./morph.ts";
import { recommend } from "./recommend.ts";
import { reduce } from "./reduce.ts";
import { refresh } from "./refresh.ts";
import { search } from "./search.ts";
import { status } from "./status.ts";
import { train } from "./train.ts";

/** Everything that the product does, in the order of help. */
export const JOBS: readonly Job[] = [
  audit,
  geometry,
  limits,
  reduce,
  train,
  align,
  drift,
  search,
  evaluate,
  anomalies,
  cluster,
  recommend,
  morph,
  init,
  status,
  refresh,
  compare,
  apply,
  encode,
  ingest,
  conformance,
  info,
  make,
  demo,
];

export { align } from "./align.ts";
export { anomalies } from "./anomalies.ts";
export { apply } from "./apply.ts";
export { audit } from "./audit.ts";
export { cluster } from "./cluster.ts";
export { compare } from "./compare.ts";
export { conformance } from "./conformance.ts";
export * from "./define.ts";
export { demo } from "./demo.ts";
export { drift } from "./drift.ts";
export { encode } from "./encode.ts";
export { evaluate } from "./evaluate.ts";
export { geometry } from "./geometry.ts";
export { info } from "./info.ts";
export { ingest } from "./ingest.ts";
export { init } from "./init.ts";
export { limits } from "./limits.ts";
export { make, truthBeside } from "./make.ts";
export { morph } from "./morph.ts";
export { recommend } from "./recommend.ts";
export { reduce } from "./reduce.ts";
export { refresh } from "./refresh.ts";
export { search } from "./search.ts";
export { status } from "./status.ts";
export { train } from "./train.ts";
