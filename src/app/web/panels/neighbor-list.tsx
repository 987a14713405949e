import type { NeighborEntry } from "../../views-contract.ts";
import { figure } from "../map/figure.ts";
import * as store from "../state/store.ts";

interface NeighborListProps {
  readonly title: string;
  readonly entries: readonly NeighborEntry[];
  /** What those are that the other list lacks. */
  readonly absent: "missing" | "false";
  /** Where the picture of a row is; absent: rows are none. */
  readonly pictureOf?: ((row: number) => string) | undefined;
}

/** The neighbours of a point in one space, nearest first, and the place that each has in the other. */
export function NeighborList({ title, entries, absent, pictureOf }: NeighborListProps) {
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      <ol>
        {entries.map(({ row, name, distance, otherRank, shared }) => (
          <li key={row} class={shared ? "shared" : absent}>
            <button
              type="button"
              onClick={() => (store.picked.value = row)}
              onPointerEnter={() => (store.hovered.value = row)}
              onPointerLeave={() => (store.hovered.value = null)}
              onFocus={() => (store.hovered.value = row)}
              onBlur={() => (store.hovered.value = null)}
            >
              {pictureOf && <img src={pictureOf(row)} alt="" width={28} height={28} loading="lazy" />}
              <span class="name">{name}</span>
              <span class="figure">{figure(distance)}</span>
              <span class="other">
                {shared ? "in both" : `${absent}: place ${otherRank.toLocaleString("en")} there`}
              </span>
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}
