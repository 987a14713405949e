import type { Hono } from "hono";
import { z } from "zod";
import { IsometerError, matrix } from "../../base/index.ts";
import { openModel, resolveInside } from "../../data/index.ts";
import { openDecoder } from "../../spaces/morph/index.ts";
import { bodyOf } from "./bodies.ts";
import { confine } from "./confine.ts";

/** Most numbers of an answer: 64 MB. */
const MOST = 1 << 24;

const request = z.strictObject({
  /** Path of an ONNX model below the folder. */
  decoder: z.string().min(1),
  /** Rows of a latent space, all of one width. */
  codes: z.array(z.array(z.number()).min(1)).min(1).max(1000),
});

/**
 * `POST /api/decode` { decoder, codes }: what a decoder makes of codes, as float32, little-endian, row after row, with `x-isometer-shape: ROWS,COLS`. The pictures along a way of job `morph`, whose
 * result holds their codes, without a file.
 */
export function morphRoutes(app: Hono, folder: string): void {
  app.post("/api/decode", async (c) => {
    const { decoder: path, codes } = await bodyOf(c, request);
    const cols = codes[0]!.length;
    if (codes.some(({ length }) => length !== cols)) {
      throw new IsometerError("bad-value", "codes differ in width", { needed: `${cols} numbers each` });
    }
    await confine(folder, path);
    const model = await openModel(await resolveInside({ path: folder }, path));
    const decoder = await openDecoder({ ...model, name: path }, cols);
    if (codes.length * decoder.network.outputs > MOST) {
      throw new IsometerError("too-large", `an answer may have ${MOST} numbers`, {
        got: `${codes.length} x ${decoder.network.outputs}`,
        hint: "Ask for fewer rows at a time.",
      });
    }
    const values = await decoder.decode(matrix(Float32Array.from(codes.flat()), codes.length, cols));
    c.header("x-isometer-shape", `${values.rows},${values.cols}`);
    const { buffer } = values.data.slice();
    return c.body(buffer as ArrayBuffer, 200, { "content-type": "application/octet-stream" });
  });
}
