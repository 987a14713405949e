import { useSignal, useSignalEffect } from "@preact/signals";
import type { View } from "../../views-contract.ts";
import { namesOf, pictureUrl } from "../api.ts";
import { largest, MOVEMENT_NEIGHBORS, movementColumns } from "../compare/movement.ts";
import { play } from "../compare/play.ts";
import type { Motion } from "../compare/register.ts";
import { registeredFor, valuesFor } from "../map/load.ts";
import { told } from "../state/begin.ts";
import * as store from "../state/store.ts";

/** The drawn latent against another one: beside each other, on the way from one to the other, and which points moved. */
export function Compare({ view }: { view: View }) {
  const to = store.against.value;
  if (to === null) return <p>There is one latent. Open the data with two or three to compare them.</p>;
  const [from, second] = [view.latents[store.latent.value]!.name, view.latents[to]!.name];
  return (
    <>
      <section aria-labelledby="compared">
        <h2 id="compared">
          {from} and {second}
        </h2>
        <Choice view={view} to={to} />
        <Registration view={view} to={to} />
      </section>
      <Way from={from} to={second} />
      <Movement view={view} to={to} />
    </>
  );
}

function Choice({ view, to }: { view: View; to: number }) {
  const counts = ([1, 2, 3] as const).filter((count) => count <= view.latents.length);
  const words = ["One map", "Two maps", "Three maps"];
  return (
    <>
      <label>
        Compare {view.latents[store.latent.value]!.name} with{" "}
        <select value={to} onChange={(event) => (store.target.value = Number(event.currentTarget.value))}>
          {view.latents.map(
            ({ name }, i) =>
              i !== store.latent.value && (
                <option key={name} value={i}>
                  {name}
                </option>
              ),
          )}
        </select>
      </label>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset has a frame, and is for forms */}
      <div class="buttons" role="group" aria-label="Maps beside each other">
        {counts.map((count) => (
          <button
            key={count}
            type="button"
            aria-pressed={store.maps.value === count}
            onClick={() => (store.maps.value = count)}
          >
            {words[count - 1]}
          </button>
        ))}
      </div>
    </>
  );
}

/** What was done to the second picture so that both can be compared, and what is left. */
function Registration({ view, to }: { view: View; to: number }) {
  const motion = useSignal<Motion | null>(null);
  useSignalEffect(() => {
    const [from, other] = [store.latent.value, store.against.value];
    motion.value = null;
    if (other === null) return;
    void told(async () => {
      const found = (await registeredFor(view, other, from)).motion;
      if (store.latent.peek() === from && store.against.peek() === other) motion.value = found;
    });
  });
  if (!motion.value) return <p>registering</p>;
  const { isMirrored, a, residual } = motion.value;
  const turn = (Math.atan2(a[1], a[0]) * 180) / Math.PI;
  return (
    <p>
      {view.latents[to]!.name} is {isMirrored && "mirrored, "}turned by {turn.toFixed(0)}° and drawn with the
      same spread, as it lies best upon the other (Procrustes). {(100 * (1 - residual)).toFixed(0)} % of the
      spread is the same in both.
    </p>
  );
}

function Way({ from, to }: { from: string; to: string }) {
  const percent = Math.round(100 * store.way.value);
  return (
    <section aria-labelledby="way">
      <h3 id="way">On the way</h3>
      <label class="way">
        <span>{from}</span>
        <input
          type="range"
          min={0}
          max={100}
          value={percent}
          aria-label={`Moves points from ${from} to ${to}`}
          aria-valuetext={`${percent} % on the way to ${to}`}
          onInput={(event) => (store.way.value = Number(event.currentTarget.value) / 100)}
        />
        <span>{to}</span>
      </label>
      <div class="buttons">
        <button type="button" disabled={store.isPlaying.value} onClick={() => play(percent === 100 ? 0 : 1)}>
          {percent === 100 ? `Move back to ${from}` : `Move to ${to}`}
        </button>
      </div>
    </section>
  );
}

const MOST = 10;

interface Mover {
  readonly row: number;
  readonly name: string;
  readonly value: number;
}

function Movement({ view, to }: { view: View; to: number }) {
  const movers = useSignal<readonly Mover[] | null>(null);
  const wanted = useSignal(0);
  const columnNow = () =>
    movementColumns(view).find(
      ({ from, to: other }) => from === store.latent.value && other === store.against.value,
    )?.column;
  useSignalEffect(() => {
    const column = columnNow();
    // Asked for again, after it was stopped.
    void wanted.value;
    movers.value = null;
    if (!column) return;
    void told(async () => {
      const values = (await valuesFor(view, column)) as Float32Array;
      const rows = largest(values, MOST);
      const names = await namesOf(view, rows);
      if (columnNow()?.name !== column.name) return;
      movers.value = rows.map((row, i) => ({ row, name: names[i]!, value: values[row]! }));
    });
  });
  const name = columnNow()?.name;
  return (
    <section aria-labelledby="movement">
      <h3 id="movement">Moved otherwise than their neighbours</h3>
      <p>
        The way of a point to {view.latents[to]!.name}, less the mean way of its {MOVEMENT_NEIGHBORS} nearest
        on this map, in widths of the map. Clusters that move as a whole do not count.
      </p>
      <div class="buttons">
        <button
          type="button"
          aria-pressed={store.colour.value === name}
          onClick={() => {
            store.colour.value = store.colour.value === name ? (view.columns[0]?.name ?? null) : name!;
          }}
        >
          Colour by movement
        </button>
        <button
          type="button"
          disabled={!movers.value}
          onClick={() => (store.selection.value = Int32Array.from(movers.value!, ({ row }) => row).sort())}
        >
          Select these rows
        </button>
      </div>
      {movers.value ? (
        <MoverList view={view} movers={movers.value} />
      ) : (
        <Measuring again={() => (wanted.value += 1)} />
      )}
    </section>
  );
}

function Measuring({ again }: { again: () => void }) {
  const now = store.measuring.value;
  return now ? (
    <div class="running">
      <span>measuring movement</span>
      <progress aria-label="measuring movement" value={now.share} max={1} />
      <button type="button" onClick={now.stop}>
        Cancel
      </button>
    </div>
  ) : (
    <button type="button" onClick={again}>
      Measure movement
    </button>
  );
}

function MoverList({ view, movers }: { view: View; movers: readonly Mover[] }) {
  return (
    <div class="lists one">
      <ol aria-label={`The ${movers.length} that moved most`}>
        {movers.map(({ row, name, value }) => (
          <li key={row}>
            <button
              type="button"
              aria-pressed={store.picked.value === row}
              onClick={() => (store.picked.value = row)}
              onPointerEnter={() => (store.hovered.value = row)}
              onPointerLeave={() => (store.hovered.value = null)}
              onFocus={() => (store.hovered.value = row)}
              onBlur={() => (store.hovered.value = null)}
            >
              {view.picture && (
                <img src={pictureUrl(view, row)} alt="" width={28} height={28} loading="lazy" />
              )}
              <span class="name">{name}</span>
              <span class="figure">{value.toFixed(2)}</span>
            </button>
          </li>
        ))}
      </ol>
    </div>
  );
}
