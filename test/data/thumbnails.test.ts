import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { matrix } from "../../src/base/index.ts";
import { imageShapeOf, parseImageShape, thumbnails } from "../../src/data/index.ts";

async function pixelsOf(src: string): Promise<number[]> {
  const bytes = Buffer.from(src.replace("data:image/png;base64,", ""), "base64");
  return [...(await sharp(bytes).raw().toBuffer())];
}

describe("thumbnails", () => {
  test("of bytes are the bytes", async () => {
    const m = matrix(Float32Array.from([0, 50, 100, 150, 200, 255, 1, 2, 3, 4, 5, 6]), 2, 6);
    const found = await thumbnails(m, [1, 0], [2, 3, 1], true);
    expect([...found.keys()]).toEqual([1, 0]);
    expect(found.get(0)).toMatchObject({ width: 3, height: 2 });
    const pixels = await pixelsOf(found.get(0)!.src);
    // Grey is read back as three equal channels or as one.
    const step = pixels.length / 6;
    expect(pixels.filter((_, i) => i % step === 0)).toEqual([0, 50, 100, 150, 200, 255]);
  });

  test("of other numbers reach from the least to the largest of the rows shown", async () => {
    const m = matrix(Float32Array.from([-1, 0, 1, 0, 0, 0, 99, 99]), 4, 2);
    const pixels = await pixelsOf((await thumbnails(m, [0, 1], [1, 2, 1], false)).get(0)!.src);
    expect(pixels[0]).toBe(0);
    expect(pixels.at(-1)).toBe(128);
  });

  test("of colour have three values a pixel", async () => {
    const m = matrix(Float32Array.from([255, 0, 0, 0, 255, 0]), 1, 6);
    expect(await pixelsOf((await thumbnails(m, [0], [1, 2, 3], true)).get(0)!.src)).toEqual([
      255, 0, 0, 0, 255, 0,
    ]);
  });

  test("of large pictures are small, of equal values black", async () => {
    const m = matrix(new Float32Array(200 * 300).fill(7), 1, 200 * 300);
    const { width, height, src } = (await thumbnails(m, [0], [200, 300, 1], false)).get(0)!;
    expect([width, height]).toEqual([96, 64]);
    expect(src.length).toBeLessThan(600);
    expect(Math.max(...(await pixelsOf(src)))).toBe(0);
  });
});

describe("the shape of pictures", () => {
  test.each([
    ["idx", [100, 28, 28], [28, 28, 1]],
    ["idx", [100, 8, 9, 3], [8, 9, 3]],
    ["images", [5, 32, 16], [32, 16, 1]],
    ["images", [5, 32, 16, 3], [32, 16, 3]],
    ["idx", [100, 784], null],
    ["idx", [100, 28, 28, 2], null],
    ["idx", [100, 2, 2, 2, 3], null],
    ["npy", [100, 28, 28], null],
  ] as const)("of %s %j is %j", (format, shape, expected) => {
    expect(imageShapeOf({ format, shape })).toEqual(expected);
  });

  test("is read from an option, and must fit the rows", () => {
    expect(parseImageShape("28x28", 784)).toEqual([28, 28, 1]);
    expect(parseImageShape("4x5x3", 60)).toEqual([4, 5, 3]);
    for (const wrong of ["28", "28x28x2", "ax2", "28x27", ""]) {
      expect(() => parseImageShape(wrong, 784)).toThrowError(/--image-shape/);
    }
  });
});
