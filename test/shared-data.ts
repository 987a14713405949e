import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../shared/data/", import.meta.url));

/** Whether the folder of real data lies beside the repository (`../shared/data`). */
export const hasSharedData: boolean = existsSync(root);

/** The full path of a file of `../shared/data`. */
export function sharedData(path: string): string {
  return `${root}${path}`;
}
