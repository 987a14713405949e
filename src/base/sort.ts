/** Digits of 16 bits: four passes over float64. */
const DIGIT = 2 ** 16;

/**
 * The order that sorts `values`, numbers of 0 or more, ascending; equal ones stay in their order. Radix sort over the bits of the numbers,
 * which order as the numbers do: O(N), for hundreds of thousands of them.
 */
export function argsort(values: Float64Array): Uint32Array {
  const copy = values.map((value) => (value === 0 ? 0 : value));
  const words = new Uint16Array(copy.buffer);
  let order = Uint32Array.from(values, (_, i) => i);
  let next = new Uint32Array(values.length);
  const starts = new Uint32Array(DIGIT + 1);
  for (let digit = 0; digit < 4; digit++) {
    // On machines of either byte order the least significant word comes first here.
    const word = LITTLE ? digit : 3 - digit;
    starts.fill(0);
    for (let i = word; i < words.length; i += 4) starts[words[i]! + 1]!++;
    for (let d = 0; d < DIGIT; d++) starts[d + 1]! += starts[d]!;
    for (let at = 0; at < order.length; at++) {
      const i = order[at]!;
      next[starts[words[4 * i + word]!]!++] = i;
    }
    [order, next] = [next, order];
  }
  return order;
}

const LITTLE = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
