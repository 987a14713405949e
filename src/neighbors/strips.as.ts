// AssemblyScript (strict, WebAssembly SIMD). What the loops over tiles share: columns turned into rows, and lanes pushed together.

/** Orders of this or more are no pairs: a point with itself, padding. */
export const OUTSIDE: f32 = 1e37;

/** Columns turned at once: a line of the cache. */
export const STRIP: i32 = 16;

/** Writes `count` columns (rounded up to a multiple of 4) from `from` on as rows of `height`, padded with infinities. */
export function turn(from: usize, stride: i32, rows: i32, count: i32, to: usize, height: i32): void {
  const step = (<usize>stride) << 2;
  const tall = (<usize>height) << 2;
  for (let r: i32 = 0; r < rows; r += 4) {
    for (let c: i32 = 0; c < count; c += 4) {
      const p = from + <usize>r * step + ((<usize>c) << 2);
      const v0 = v128.load(p);
      const v1 = r + 1 < rows ? v128.load(p + step) : f32x4.splat(Infinity);
      const v2 = r + 2 < rows ? v128.load(p + 2 * step) : f32x4.splat(Infinity);
      const v3 = r + 3 < rows ? v128.load(p + 3 * step) : f32x4.splat(Infinity);
      const a = v128.shuffle<i32>(v0, v1, 0, 4, 1, 5);
      const b = v128.shuffle<i32>(v2, v3, 0, 4, 1, 5);
      const d = v128.shuffle<i32>(v0, v1, 2, 6, 3, 7);
      const e = v128.shuffle<i32>(v2, v3, 2, 6, 3, 7);
      const q = to + <usize>c * tall + ((<usize>r) << 2);
      v128.store(q, v128.shuffle<i64>(a, b, 0, 2));
      v128.store(q + tall, v128.shuffle<i64>(a, b, 1, 3));
      v128.store(q + 2 * tall, v128.shuffle<i64>(d, e, 0, 2));
      v128.store(q + 3 * tall, v128.shuffle<i64>(d, e, 1, 3));
    }
  }
}

/** For each mask of four lanes, the bytes of the lanes that it names, pushed together. */
const TOGETHER = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  4, 5, 6, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 4, 5, 6, 7, 0, 0, 0, 0, 0, 0, 0, 0,
  8, 9, 10, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 8, 9, 10, 11, 0, 0, 0, 0, 0, 0, 0, 0,
  4, 5, 6, 7, 8, 9, 10, 11, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 0, 0, 0,
  12, 13, 14, 15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 12, 13, 14, 15, 0, 0, 0, 0, 0, 0, 0, 0,
  4, 5, 6, 7, 12, 13, 14, 15, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15, 0, 0, 0, 0,
  8, 9, 10, 11, 12, 13, 14, 15, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 0, 0, 0, 0,
  4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 0, 0, 0,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
], 16);

/** The lanes of `v` that `mask` names, pushed together. */
@inline
export function together(v: v128, mask: i32): v128 {
  return i8x16.swizzle(v, v128.load(TOGETHER + ((<usize>mask) << 4)));
}
