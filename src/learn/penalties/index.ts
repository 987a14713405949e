import { distance } from "./distance.ts";
import type { Penalty } from "./penalty.ts";
import { relaxedDistortion } from "./relaxed-distortion.ts";

/** Every penalty by its name, in the order of the help. */
export const PENALTIES = {
  distance,
  relaxedDistortion,
} satisfies Record<string, Penalty>;

export type PenaltyName = keyof typeof PENALTIES;
