import type { AgreementTable } from "./align-matrix-result.ts";

/** A node of a dendrogram that lies on its side: models are lines, heights go to the right. */
export interface Branch {
  /** Line in the middle of its models, from 0; of two lines the upper. */
  readonly line: number;
  readonly height: number;
}

/** The branches of a dendrogram by number: models, then merges. Lines are places in `order`. */
export function branches({ order, merges }: AgreementTable["clustering"]): Branch[] {
  const found: Branch[] = order.map((_, model) => ({ line: order.indexOf(model), height: 0 }));
  for (const { left, right, height } of merges) {
    found.push({ line: (found[left]!.line + found[right]!.line) / 2, height });
  }
  return found;
}

/** What a cell of a tree is joined with. */
interface Cell {
  left: boolean;
  right: boolean;
  up: boolean;
  down: boolean;
}

const CHARACTERS: Readonly<Record<string, string>> = {
  lr: "─",
  ud: "│",
  ld: "┐",
  lu: "┘",
  lrd: "┬",
  lru: "┴",
  rud: "├",
  lud: "┤",
  lrud: "┼",
  rd: "┌",
  ru: "└",
  l: "─",
  r: "─",
};

/**
 * A dendrogram in text, a line for each model in the order of the clustering. Merges stand where their height says; one that would hide the merge below it
 * is moved to the right of it.
 *
 * @param columns characters of a line
 */
export function treeLines(clustering: AgreementTable["clustering"], columns: number): string[] {
  const { order, merges } = clustering;
  const nodes = branches(clustering);
  const top = Math.max(...merges.map(({ height }) => height), Number.MIN_VALUE);
  const places = order.map(() => 0);
  const grid: Cell[][] = order.map(() => Array.from({ length: columns }, emptyCell));
  merges.forEach(({ left, right, height }, i) => {
    const below = Math.max(places[left]!, places[right]!);
    const place = Math.min(columns - 1, Math.max(below + 1, Math.round((height / top) * (columns - 2))));
    places.push(place);
    const [upper, lower] = [left, right].toSorted((a, b) => nodes[a]!.line - nodes[b]!.line);
    for (const child of [upper!, lower!]) {
      across(grid[Math.floor(nodes[child]!.line)]!, places[child]!, place);
    }
    const [from, to] = [Math.floor(nodes[upper!]!.line), Math.floor(nodes[lower!]!.line)];
    for (let row = from; row <= to; row++) {
      const cell = grid[row]![place]!;
      if (row > from) cell.up = true;
      if (row < to) cell.down = true;
    }
    if (i === merges.length - 1) return;
    grid[Math.floor(nodes[order.length + i]!.line)]![place]!.right = true;
  });
  return grid.map((row) => row.map(characterOf).join("").trimEnd());
}

function emptyCell(): Cell {
  return { left: false, right: false, up: false, down: false };
}

/** A line from one place to another. */
function across(row: readonly Cell[], from: number, to: number): void {
  for (let at = from; at < to; at++) {
    if (at > from || from === 0) row[at]!.left = true;
    row[at]!.right = true;
  }
  row[to]!.left = true;
}

function characterOf({ left, right, up, down }: Cell): string {
  const sides = `${left ? "l" : ""}${right ? "r" : ""}${up ? "u" : ""}${down ? "d" : ""}`;
  return CHARACTERS[sides] ?? " ";
}
