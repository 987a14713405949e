import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { matrix } from "../../../src/base/index.ts";
import { animationPages, filmStrip } from "../../../src/spaces/morph/index.ts";

const gray = { height: 1, width: 2, channels: 1 } as const;
const three = matrix([0, 1, 2, 3, 4, 5], 3, 2);

describe("film strips", () => {
  it("lay frames beside each other, and paths below each other", () => {
    const one = filmStrip([three], gray, { gap: 1, background: 9, range: [0, 5] });
    expect(one).toMatchObject({ width: 8, height: 1, channels: 1 });
    expect([...one.data]).toEqual([0, 51, 9, 102, 153, 9, 204, 255]);
    const two = filmStrip([three, three], gray, { gap: 1, background: 9 });
    expect(two).toMatchObject({ width: 8, height: 3 });
    expect([...two.data]).toEqual([...one.data, ...new Array<number>(8).fill(9), ...one.data]);
  });

  it("enlarge pixels, cut values off, and take channels in both orders", () => {
    const large = filmStrip([matrix([0, 10], 1, 2)], gray, { scale: 2, range: [0, 5] });
    expect([...large.data]).toEqual([0, 0, 255, 255, 0, 0, 255, 255]);
    const colour = { height: 1, width: 2, channels: 3 } as const;
    const options = { range: [0, 255] as const };
    const last = filmStrip([matrix([1, 2, 3, 4, 5, 6], 1, 6)], colour, options);
    const first = filmStrip(
      [matrix([1, 4, 2, 5, 3, 6], 1, 6)],
      { ...colour, isChannelsFirst: true },
      options,
    );
    expect([...last.data]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(first).toEqual(last);
  });

  it("refuse frames of another size, and none", () => {
    const code = (strips: Parameters<typeof filmStrip>[0]) => {
      try {
        filmStrip(strips, gray);
      } catch (error) {
        return (error as { code: string }).code;
      }
      return "none";
    };
    expect(code([matrix([1, 2, 3], 1, 3)])).toBe("bad-value");
    expect(code([matrix([], 0, 2)])).toBe("too-few-rows");
    expect(code([])).toBe("too-few-rows");
    expect(code([three])).toBe("none");
  });
});

describe("animations", () => {
  it("go there and back", () => {
    const { data, pages, height, pageHeight } = animationPages(three, gray);
    expect({ pages, height, pageHeight }).toEqual({ pages: 4, height: 4, pageHeight: 1 });
    expect([...data]).toEqual([0, 51, 102, 153, 204, 255, 102, 153]);
    expect(animationPages(three, gray, { isLoop: false }).pages).toBe(3);
  });

  it("are what sharp takes for GIF and WebP", async () => {
    const frames = matrix(
      Float32Array.from({ length: 5 * 64 }, (_, i) => Math.floor(i / 64)),
      5,
      64,
    );
    const { data, pages, ...raw } = animationPages(frames, { height: 8, width: 8, channels: 1 });
    const delay = new Array<number>(pages).fill(100);
    const image = () => sharp(data, { raw });
    for (const bytes of [
      await image().gif({ delay, loop: 0 }).toBuffer(),
      await image().webp({ delay, loop: 0, lossless: true }).toBuffer(),
    ]) {
      const read = await sharp(bytes, { animated: true }).metadata();
      expect(read).toMatchObject({ pages, pageHeight: 8, width: 8, delay });
    }
  });
});
