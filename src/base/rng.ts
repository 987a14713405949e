/**
 * Seeded random numbers that can be split by name.
 *
 * Generator: sfc32 (C. Doty-Humphrey's small fast counter, PractRand), seeded by a 32-bit
 * mix of the seed and the path of names. Same seed and names, same stream, on every machine.
 */
export interface Rng {
  /** Uniform in [0, 1), 32 bits of resolution. */
  uniform(): number;
  /** Standard normal (Box-Muller, both values used). */
  normal(): number;
  /** Uniform integer in [0, n). Unbiased by rejection. `n` up to 2^32. */
  integer(n: number): number;
  /** An independent stream; the same name always gives the same one. */
  split(name: string): Rng;
}

/** The stream for `seed` (any integer; default 0 everywhere in Isometer). */
export function rng(seed = 0): Rng {
  return stream(mix(seed >>> 0, Math.floor(seed / 4294967296) >>> 0));
}

function stream(key: number): Rng {
  const next = sfc32(key);
  let spare = Number.NaN;
  const uniform = () => next() / 4294967296;
  return {
    uniform,
    normal() {
      if (!Number.isNaN(spare)) {
        const value = spare;
        spare = Number.NaN;
        return value;
      }
      const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
      const angle = 2 * Math.PI * uniform();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
    integer(n) {
      const limit = 4294967296 - (4294967296 % n);
      let value = next();
      while (value >= limit) value = next();
      return value % n;
    },
    split(name) {
      let child = mix(key, name.length);
      for (let i = 0; i < name.length; i++) child = mix(child, name.charCodeAt(i));
      return stream(child);
    },
  };
}

/** `count` distinct integers of [0, n), ascending. Floyd's algorithm: O(count) memory. */
export function sampleWithoutReplacement(source: Rng, n: number, count: number): Int32Array {
  const chosen = new Set<number>();
  for (let j = n - count; j < n; j++) {
    const candidate = source.integer(j + 1);
    chosen.add(chosen.has(candidate) ? j : candidate);
  }
  return Int32Array.from(chosen).sort();
}

/** A random permutation of 0..n-1 (Fisher-Yates). */
export function permutation(source: Rng, n: number): Int32Array {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = source.integer(i + 1);
    const held = order[i]!;
    order[i] = order[j]!;
    order[j] = held;
  }
  return order;
}

/** MurmurHash3's finaliser over two words. */
function mix(a: number, b: number): number {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x7f4a7c15, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function sfc32(key: number): () => number {
  let a = mix(key, 1);
  let b = mix(key, 2);
  let c = mix(key, 3);
  let counter = 1;
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 12; i++) next();
  return next;
}
