import { z } from "zod";
import { IsometerError } from "../../../base/index.ts";
import { lengthPairs, type RowMean, rowsTrust, stretchOf } from "../../../spaces/explore/index.ts";
import type { Estimate, SelectionAnswer } from "../../views-contract.ts";
import type { LiveView } from "./live.ts";

/** Rows by number, or as one bit each: bit r % 8 of byte r / 8, base64. */
export const selectionRequest = z.strictObject({
  latent: z.number().int().min(0),
  rows: z.array(z.number().int().min(0)).min(1).optional(),
  mask: z.string().min(1).optional(),
});

/** Pairs that stretch is told from. */
const PAIRS = 4096;

/** How far the selected rows can be trusted. @throws bad-option, bad-range, too-few-rows, aborted */
export async function answerSelection(
  view: LiveView,
  request: z.infer<typeof selectionRequest>,
  signal: AbortSignal,
): Promise<SelectionAnswer> {
  const started = performance.now();
  const latent = view.latents[request.latent];
  if (!latent) {
    throw new IsometerError("bad-option", `there is no latent ${request.latent}`, {
      needed: `0 to ${view.latents.length - 1}`,
    });
  }
  const rows = rowsOf(request, view.rows);
  const whole = await latent.whole();
  const { space: x } = view.original;
  const how = { engine: view.engine, signal };
  const found = await rowsTrust(x, latent.space, rows, how);
  const stretch =
    rows.length < 2
      ? null
      : stretchOf(await lengthPairs(x, latent.space, PAIRS, { rows, scale: await latent.scale(), signal }));
  const estimate = (of: "recall" | "trustworthiness" | "continuity"): Estimate => {
    const { value, interval }: RowMean = found[of];
    return { value, interval, whole: whole[of].value };
  };
  return {
    rows: found.rows,
    sampled: found.sampled,
    k: found.k,
    recall: estimate("recall"),
    trustworthiness: estimate("trustworthiness"),
    continuity: estimate("continuity"),
    stretch,
    milliseconds: performance.now() - started,
  };
}

/** Each row once, ascending. */
function rowsOf({ rows, mask }: z.infer<typeof selectionRequest>, count: number): Int32Array {
  if ((rows === undefined) === (mask === undefined)) {
    throw new IsometerError("bad-option", "a selection is rows or a mask of them", { needed: "one of both" });
  }
  const chosen = new Uint8Array(count);
  if (rows) {
    const beyond = rows.find((row) => row >= count);
    if (beyond !== undefined) throw noRow(beyond, count);
    for (const row of rows) chosen[row] = 1;
  } else {
    const bits = Buffer.from(mask!, "base64");
    if (bits.length !== Math.ceil(count / 8)) {
      throw new IsometerError("bad-option", `a mask of ${count} rows has ${Math.ceil(count / 8)} bytes`, {
        got: String(bits.length),
      });
    }
    for (let row = 0; row < count; row++) chosen[row] = (bits[row >> 3]! >> (row & 7)) & 1;
  }
  const found = Int32Array.from({ length: chosen.reduce((sum, bit) => sum + bit, 0) });
  for (let row = 0, at = 0; row < count; row++) if (chosen[row] === 1) found[at++] = row;
  return found;
}

function noRow(row: number, count: number): IsometerError {
  return new IsometerError("bad-range", `there is no row ${row}`, {
    needed: `0 to ${count - 1}`,
    got: String(row),
  });
}
