import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { failureOf, statusOf } from "../../../src/app/server/failure.ts";
import { morphRoutes } from "../../../src/app/server/morph.ts";
import { movedAll, movedBack } from "../../../src/app/web/compare/register.ts";
import { pixelsOf, rangeOf, shapeOf } from "../../../src/app/web/morph/pictures.ts";
import { alongLine, figuresOf } from "../../../src/app/web/morph/ways.ts";

const EXAMPLES = fileURLToPath(new URL("../../../examples/", import.meta.url));

describe("a line that was drawn", () => {
  it("is walked at equal steps, with both ends", () => {
    // A right angle: 3 across, 1 up.
    expect(alongLine([0, 0, 3, 0, 3, 1], 5)).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
      [3, 0],
      [3, 1],
    ]);
  });

  it("may stand still, or be one point", () => {
    expect(alongLine([1, 2, 1, 2, 1, 2], 3)).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
    expect(alongLine([1, 2], 2)).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });

  it("is brought back to where its latent was before registration", () => {
    for (const isMirrored of [false, true]) {
      const by = { isMirrored, a: [0.4, -1.2], b: [0.3, 0.1], residual: 0 } as const;
      const [x, y] = movedAll(by, Float32Array.of(0.7, 0.2));
      const [u, v] = movedBack(by, x!, y!);
      expect(u).toBeCloseTo(0.7, 6);
      expect(v).toBeCloseTo(0.2, 6);
    }
  });
});

describe("frames", () => {
  it("tell how long a way is, and how evenly it changes", () => {
    const frames = [Float32Array.of(0, 0), Float32Array.of(3, 4), Float32Array.of(3, 14)];
    const { stepRatio, length, chord, offData } = figuresOf(frames);
    expect([stepRatio, length, offData]).toEqual([2, 15, null]);
    expect(chord).toBeCloseTo(Math.hypot(3, 14), 6);
    expect(figuresOf([frames[0]!, frames[0]!, frames[1]!]).stepRatio).toBeNull();
  });

  it("are pictures of the rows' shape, else squares, else none", () => {
    const rows = { height: 2, width: 4, channels: 1 as const };
    expect(shapeOf(8, rows)).toBe(rows);
    expect(shapeOf(9, rows)).toEqual({ height: 3, width: 3, channels: 1 });
    expect(shapeOf(8, null)).toBeNull();
    expect(shapeOf(1, null)).toBeNull();
  });

  it("are black at the least value and white at the largest", () => {
    const grey = Float32Array.of(-1, 0, 1, 3);
    const range = rangeOf([grey]);
    expect(range).toEqual([-1, 3]);
    const pixels = pixelsOf(grey, { height: 2, width: 2, channels: 1 }, range);
    expect([...pixels.subarray(0, 8)]).toEqual([0, 0, 0, 255, 64, 64, 64, 255]);
    expect([...pixels.subarray(12)]).toEqual([255, 255, 255, 255]);
    const colour = pixelsOf(Float32Array.of(0, 1, 0.5), { height: 1, width: 1, channels: 3 }, [0, 1]);
    expect([...colour]).toEqual([0, 255, 128, 255]);
    expect([...pixelsOf(Float32Array.of(2), { height: 1, width: 1, channels: 1 }, [2, 2])]).toEqual([
      0, 0, 0, 255,
    ]);
  });
});

describe("POST /api/decode", () => {
  const app = new Hono();
  app.onError((error, c) => {
    const failure = failureOf(error);
    return c.json(failure, statusOf(failure) as 400);
  });
  morphRoutes(app, EXAMPLES);
  const asked = (body: unknown) =>
    app.request("/api/decode", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });

  it("answers what the decoder makes of codes: near the rows that they are of", async () => {
    // Both files: a header of 128 bytes, then float32.
    const rows = (name: string) =>
      new Float32Array(readFileSync(join(EXAMPLES, name)).buffer.slice(0).slice(128));
    const [codes, digits] = [rows("digits-latent.npy"), rows("digits.npy")];
    const wanted = Array.from({ length: 50 }, (_, i) => [codes[2 * i]!, codes[2 * i + 1]!]);
    const answer = await asked({ decoder: "digits-decoder.onnx", codes: wanted });
    expect(answer.headers.get("x-isometer-shape")).toBe("50,64");
    const values = new Float32Array(await answer.arrayBuffer());
    const apart = (shift: number) =>
      values.reduce((sum, value, i) => sum + (value - digits[(i + 64 * shift) % values.length]!) ** 2, 0);
    expect(apart(0)).toBeLessThan(0.6 * apart(7));
  });

  it.each([
    ["a file outside of the folder", { decoder: "../package.json", codes: [[1, 2]] }, 400],
    ["a whole path", { decoder: "/etc/passwd", codes: [[1, 2]] }, 400],
    ["a file that is not there", { decoder: "none.onnx", codes: [[1, 2]] }, 404],
    ["what is no model", { decoder: "digits.npy", codes: [[1, 2]] }, 400],
    ["codes of another width", { decoder: "digits-decoder.onnx", codes: [[1, 2, 3]] }, 400],
    ["codes of several widths", { decoder: "digits-decoder.onnx", codes: [[1, 2], [1]] }, 400],
    ["no codes", { decoder: "digits-decoder.onnx", codes: [] }, 400],
    ["more", { decoder: "digits-decoder.onnx", codes: [[1, 2]], out: "x" }, 400],
  ])("refuses %s", async (_, body, status) => {
    const answer = await asked(body);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ message: expect.any(String) });
  });
});
