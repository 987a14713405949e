/** Most bytes of the pictures of a saved page, and most rows that the server is asked for. */
export const [MOST_BYTES, MOST_PICTURES] = [8_000_000, 10_000];
/** Most pixels of one image that every browser draws. */
const MOST_PIXELS = 4096 ** 2;
/** Larger pictures are drawn smaller: nowhere on the page is one larger. */
const WIDEST = 56;
/** Pictures beside each other in one image, row after row. */
export interface SheetPlan {
  /** Of each picture. */
  readonly width: number;
  readonly height: number;
  readonly columns: number;
  /** Pictures that there is room for. */
  readonly count: number;
}

export function planSheet(
  shape: { readonly height: number; readonly width: number },
  rows: number,
): SheetPlan {
  const scale = Math.min(1, WIDEST / Math.max(shape.width, shape.height));
  const [width, height] = [shape.width, shape.height].map((side) =>
    Math.max(1, Math.round(side * scale)),
  ) as [number, number];
  const most = Math.min(rows, MOST_PICTURES, Math.floor(MOST_PIXELS / (width * height)));
  const columns = Math.max(1, Math.min(most, Math.round(Math.sqrt((most * height) / width))));
  const lines = Math.ceil(most / columns);
  return { width, height, columns, count: Math.min(most, columns * lines) };
}
