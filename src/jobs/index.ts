import { audit } from "./audit.ts";
import type { Job } from "./define.ts";
import { demo } from "./demo.ts";
import { geometry } from "./geometry.ts";
import { info } from "./info.ts";
import { make } from "./make.ts";

/** Everything that the product does, in the order of help. */
export const JOBS: readonly Job[] = [audit, geometry, info, make, demo];

export { audit } from "./audit.ts";
export * from "./define.ts";
export { demo } from "./demo.ts";
export { geometry } from "./geometry.ts";
export { info } from "./info.ts";
export { make, truthBeside } from "./make.ts";
