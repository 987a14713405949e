/** Digits of 11 bits: their counts stay in the first cache. */
const DIGIT_BITS = 11;
const DIGIT = 2 ** DIGIT_BITS;

/** The six digits of a float64, least first: which of its two words, and from which bit on. */
const DIGITS = [0, 1].flatMap((word) => [0, DIGIT_BITS, 2 * DIGIT_BITS].map((shift) => ({ word, shift })));

/** Numbers on their way into order: their two words, and where they came from. */
interface Records {
  readonly words: readonly [low: Uint32Array, high: Uint32Array];
  readonly order: Uint32Array;
}

/**
 * The order that sorts `values`, numbers of 0 or more, ascending; equal ones stay in their order. Radix sort over the bits of the numbers,
 * which order as the numbers do: O(N), for hundreds of thousands of them.
 */
export function argsort(values: Float64Array): Uint32Array {
  let records = recordsOf(values);
  let spare = emptyRecords(values.length);
  for (const { word, shift } of DIGITS) {
    const starts = startsOf(records.words[word]!, shift);
    if (!starts) continue;
    move(records, spare, records.words[word]!, shift, starts);
    [records, spare] = [spare, records];
  }
  return records.order;
}

/** Whole numbers of 32 bits, ascending, and where each came from; equal ones stay in their order. As `argsort`, in half of its memory. */
export function sortWords(given: Uint32Array): { readonly words: Uint32Array; readonly order: Uint32Array } {
  let [words, order] = [given.slice(), Uint32Array.from({ length: given.length }, (_, i) => i)];
  let [toWords, toOrder] = [new Uint32Array(given.length), new Uint32Array(given.length)];
  for (const { shift } of DIGITS.slice(0, 3)) {
    const next = startsOf(words, shift);
    if (!next) continue;
    for (let p = 0; p < words.length; p++) {
      const q = next[(words[p]! >>> shift) & (DIGIT - 1)]!++;
      toWords[q] = words[p]!;
      toOrder[q] = order[p]!;
    }
    [words, toWords] = [toWords, words];
    [order, toOrder] = [toOrder, order];
  }
  return { words, order };
}

function emptyRecords(count: number): Records {
  return { words: [new Uint32Array(count), new Uint32Array(count)], order: new Uint32Array(count) };
}

function recordsOf(values: Float64Array): Records {
  const { words, order } = emptyRecords(values.length);
  const one = new Float64Array(1);
  const bits = new Uint32Array(one.buffer);
  const [low, high] = LITTLE ? [0, 1] : [1, 0];
  for (let i = 0; i < values.length; i++) {
    // Of -0 as of 0.
    one[0] = values[i]! + 0;
    words[0][i] = bits[low]!;
    words[1][i] = bits[high]!;
    order[i] = i;
  }
  return { words, order };
}

/** Where the numbers of each digit start; null where all have the same. */
function startsOf(word: Uint32Array, shift: number): Uint32Array | null {
  const starts = new Uint32Array(DIGIT);
  for (let p = 0; p < word.length; p++) starts[(word[p]! >>> shift) & (DIGIT - 1)]!++;
  let before = 0;
  for (let digit = 0; digit < DIGIT; digit++) {
    const count = starts[digit]!;
    if (count === word.length) return null;
    starts[digit] = before;
    before += count;
  }
  return starts;
}

function move(from: Records, to: Records, word: Uint32Array, shift: number, next: Uint32Array): void {
  const [low, high] = from.words;
  const [toLow, toHigh] = to.words;
  for (let p = 0; p < word.length; p++) {
    const q = next[(word[p]! >>> shift) & (DIGIT - 1)]!++;
    toLow[q] = low[p]!;
    toHigh[q] = high[p]!;
    to.order[q] = from.order[p]!;
  }
}

const LITTLE = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
