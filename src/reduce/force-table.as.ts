// AssemblyScript (strict, WebAssembly). Reads the tables of force-table.ts. Part of umap.wasm.

/** No component of one force is larger (McInnes, Healy & Melville 2018, their code). */
const MOST: f32 = 4;

/** Tables of forces go by the bits of the squared distance: its exponent and 5 bits of its mantissa, and straight lines between. */
const SHIFT: i32 = 18;
const FIRST: i32 = (127 - 30) << 5;
const LAST: i32 = (127 + 30) << 5;

@inline
export function forceAt(table: usize, square: f32): f32 {
  const bits = reinterpret<i32>(square);
  let place = (bits >> SHIFT) - FIRST;
  if (place < 0) return load<f32>(table);
  if (place >= LAST - FIRST) return load<f32>(table + ((<usize>(LAST - FIRST)) << 2));
  const between = <f32>(bits & 0x3ffff) * (<f32>1.0 / 262144.0);
  const at = table + ((<usize>place) << 2);
  const low = load<f32>(at);
  return low + between * (load<f32>(at, 4) - low);
}

@inline
export function clipped(value: f32): f32 {
  return min<f32>(MOST, max<f32>(-MOST, value));
}
