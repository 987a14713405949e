import { breathe } from "../../../spaces/explore/index.ts";
import { type LiveView, nameOf } from "./live.ts";

/** Rows looked at in one go. */
const STRIDE = 2 ** 16;

/** Rows whose id (or number, where there are no ids) is the text, then those whose id or category holds it, in any case; at most `limit`. */
export async function findRows(
  view: LiveView,
  text: string,
  limit: number,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const sought = text.toLowerCase();
  const holding = view.columns.flatMap(({ column, values }) => {
    if (column.kind !== "category") return [];
    const codes = new Set<number>();
    for (const [code, name] of column.categories.entries()) {
      if (name.toLowerCase().includes(sought)) codes.add(code);
    }
    return codes.size > 0 ? [{ codes, values }] : [];
  });
  const same: number[] = [];
  const others: number[] = [];
  for (let row = 0; row < view.rows && same.length < limit; row++) {
    if (row % STRIDE === STRIDE - 1) await breathe(signal);
    const name = nameOf(view, row).toLowerCase();
    if (name === sought) same.push(row);
    else if (others.length < limit) {
      const named = view.ids !== null && name.includes(sought);
      if (named || holding.some(({ codes, values }) => codes.has(values[row]!))) others.push(row);
    }
  }
  return [...same, ...others].slice(0, limit);
}
