import type { Kernel, KernelTools } from "../engine/index.ts";
import type { Cells } from "./cells.ts";
import type { NearestLists } from "./nearest.ts";
import type { Panel } from "./panel.ts";
import { openScanner } from "./scan.ts";
import type { Space } from "./space.ts";
import { makeTiler } from "./tiles.ts";

/** Set-up of the search for nearest candidates among cells that are joined. */
export interface JoinedCellsSetup {
  readonly space: Space;
  readonly cells: Pick<Cells, "order" | "starts" | "centroids">;
  /** As in `JoinedCells`; a cell may be joined with itself. */
  readonly pairs: Int32Array;
  /** Candidates kept per row. */
  readonly width: number;
  /** `tileModel()` */
  readonly model: Uint8Array;
}

/** Rows of a panel: a cell of more has several. */
const MOST_ROWS = 512;

/** A task is a range of pairs. Slots and candidates are positions in the order of the cells. */
export async function open(
  setup: JoinedCellsSetup,
  tools: KernelTools,
): Promise<Kernel<readonly [number, number], null, NearestLists>> {
  const { space, cells, pairs, width, model } = setup;
  const layout = { kind: "all", rows: space.rows } as const;
  const scanner = await openScanner({ layout, nearest: width, ranks: null, selfless: true }, space, tools);
  const tiler = await makeTiler(tools, model, false, scanner.memory);
  const squaredNorms = new Float64Array(space.rows);
  let framed = -1;
  let frame = space;
  return {
    async run([from, to]) {
      for (let p = from; p < to; p++) {
        const [around, first, second] = pairs.subarray(3 * p, 3 * p + 3) as unknown as [
          number,
          number,
          number,
        ];
        if (around !== framed) frame = { ...space, centre: centreOf(setup, around), squaredNorms };
        framed = around;
        for (const cols of panelsOf(frame, cells, first)) {
          for (const rows of panelsOf(frame, cells, second)) {
            // Both panels of one cell: each pair of them once.
            if (first === second && rows.start < cols.start) continue;
            scanner.scan(await tiler.tile(rows, cols), rows.start !== cols.start);
          }
        }
      }
      return null;
    },
    async finish() {
      await tiler.close();
      return scanner.nearest()!;
    },
  };
}

/** Points are placed around the centroid of a cell nearby: so float32 has its digits for what is near, however far from the rest. */
function centreOf({ space, cells }: JoinedCellsSetup, cell: number): Float64Array {
  return space.centre.map((value, k) => value + cells.centroids[cell * space.cols + k]!);
}

function panelsOf(space: Space, { order, starts }: JoinedCellsSetup["cells"], cell: number): Panel[] {
  const first = starts[cell]!;
  const size = starts[cell + 1]! - first;
  const count = Math.ceil(size / MOST_ROWS);
  return Array.from({ length: count }, (_, p) => {
    const start = first + Math.floor((size * p) / count);
    return { space, start, count: first + Math.floor((size * (p + 1)) / count) - start, index: order };
  });
}
