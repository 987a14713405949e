import { fromBase64 } from "./base64.ts";
import type { Saved } from "./saved.ts";

/** Most rows that a search finds. */
const MOST_FOUND = 20;

/**
 * Answers what a page asks about a view from what was saved of it, as the server would (`views-contract.ts`). Neighbours of rows other than the selected one were not saved: there are none (null);
 * what else was not saved is refused with a word about it.
 */
export function answersOf(saved: Saved): typeof fetch {
  const { view } = saved;
  const nameOf = namesIn(saved);
  const bytes = (text: string | null) => (text === null ? null : new Response(fromBase64(text)));
  const ways: Readonly<Record<string, (rest: string, query: URLSearchParams) => Response | null>> = {
    positions: () => bytes(saved.positions),
    columns: (name) => bytes(saved.columns[view.columns.findIndex((column) => column.name === name)] ?? null),
    names: (_, query) =>
      Response.json({ names: (query.get("rows") ?? "").split(",").map((row) => nameOf(Number(row))) }),
    find: (_, query) => Response.json({ rows: found(view.rows, nameOf, query.get("text") ?? "") }),
    neighbors: (_, query) =>
      Response.json(String(saved.lists?.row) === query.get("row") ? saved.lists : null),
    distances: (_, query) => (String(saved.lists?.row) === query.get("row") ? bytes(saved.distances) : null),
    ellipses: () => bytes(saved.ellipses),
  };
  return async (asked) => {
    const { pathname, searchParams } = new URL(String(asked), "http://saved");
    const [what = "", ...rest] = pathname.split("/").slice(4);
    const way = Object.hasOwn(ways, what) ? ways[what] : undefined;
    return way?.(decodeURIComponent(rest.join("/")), searchParams) ?? notSaved();
  };
}

/** What each row is called. */
export function namesIn({ names, rows }: Pick<Saved, "names" | "rows">): (row: number) => string {
  const numbers = rows === null ? null : new Int32Array(fromBase64(rows).buffer);
  return (row) => names?.[row] ?? String(numbers?.[row] ?? row);
}

function found(rows: number, nameOf: (row: number) => string, text: string): number[] {
  const sought = text.toLowerCase();
  const rowsFound: number[] = [];
  for (let row = 0; row < rows && rowsFound.length < MOST_FOUND; row++) {
    if (nameOf(row).toLowerCase().includes(sought)) rowsFound.push(row);
  }
  return rowsFound;
}

function notSaved(): Response {
  const message = "this page was saved without that";
  const hint = "isometer explore shows it, where the data are; save the page again there.";
  return Response.json({ error: { code: "missing-file", message, hint } }, { status: 404 });
}
