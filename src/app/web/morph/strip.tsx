import { batch } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { View } from "../../views-contract.ts";
import { pictureUrl } from "../api.ts";
import { figure } from "../map/figure.ts";
import * as store from "../state/store.ts";
import { type PictureShape, pixelsOf, rangeOf } from "./pictures.ts";
import type { Figures, Morphed, Stop, Way, WayKind } from "./ways.ts";

interface FrameProps {
  readonly values: Float32Array;
  readonly shape: PictureShape;
  readonly range: readonly [number, number];
}

export function FramePicture({ values, shape, range }: FrameProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { width, height } = shape;
  useEffect(() => {
    const pixels = new ImageData(pixelsOf(values, shape, range), width, height);
    canvas.current!.getContext("2d")!.putImageData(pixels, 0, 0);
  });
  return <canvas ref={canvas} class="frame" width={width} height={height} />;
}

const TITLES: Readonly<Record<WayKind, string>> = {
  straight: "Straight",
  spherical: "Spherical",
  data: "Through neighbours",
  geodesic: "Geodesic",
  drawn: "Drawn",
};

/** Frames of each way, and how smooth the ways are, beside each other. */
export function Ways({ view, morphed }: { view: View; morphed: Morphed }) {
  const all = morphed.ways.flatMap(({ stops }) => stops.flatMap(({ values }) => values ?? []));
  const range = rangeOf(all);
  const isMeasured = morphed.ways.some(({ figures }) => figures);
  return (
    <section aria-label="Ways">
      {morphed.ways.toReversed().map((way) => (
        <section key={way.kind} aria-labelledby={`way-${way.kind}`}>
          <h3 id={`way-${way.kind}`}>{TITLES[way.kind]}</h3>
          <ol class="strip">
            {way.stops.map((stop, i) => (
              <li key={i}>
                <Frame view={view} stop={stop} number={i + 1} shape={morphed.shape} range={range} />
              </li>
            ))}
          </ol>
        </section>
      ))}
      {isMeasured && <FigureTable ways={morphed.ways.toReversed()} />}
    </section>
  );
}

interface StopProps {
  readonly view: View;
  readonly stop: Stop;
  readonly number: number;
  readonly shape: PictureShape | null;
  readonly range: readonly [number, number];
}

/** What the decoder makes, above the real row that it is most like. */
function Frame({ view, stop, number, shape, range }: StopProps) {
  const { row, name, distance, values } = stop;
  const away = distance === null ? "" : `, ${figure(distance)} away`;
  return (
    <button
      type="button"
      aria-label={`Frame ${number}: most like ${name}${away}. Shows its neighbours.`}
      title={`most like ${name}${away}`}
      onClick={() =>
        batch(() => {
          store.tab.value = "truth";
          store.picked.value = row;
        })
      }
      onPointerEnter={() => (store.hovered.value = row)}
      onPointerLeave={() => (store.hovered.value = null)}
      onFocus={() => (store.hovered.value = row)}
      onBlur={() => (store.hovered.value = null)}
    >
      {values && shape && <FramePicture values={values} shape={shape} range={range} />}
      {view.picture && <img src={pictureUrl(view, row)} alt="" width={28} height={28} loading="lazy" />}
      <span class="name">{name}</span>
    </button>
  );
}

const ROWS: readonly { readonly name: string; readonly of: (figures: Figures) => string }[] = [
  {
    name: "longest by shortest step",
    of: ({ stepRatio }) => (stepRatio === null ? "stands still" : stepRatio.toPrecision(3)),
  },
  { name: "length", of: ({ length }) => figure(length) },
  { name: "distance of its ends", of: ({ chord }) => figure(chord) },
  {
    name: "distance to real rows, by that of neighbours",
    of: ({ offData }) => (offData === null ? "not measured" : offData.toPrecision(3)),
  },
];

function FigureTable({ ways }: { ways: readonly Way[] }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">How smooth</th>
          {ways.map(({ kind }) => (
            <th key={kind} scope="col">
              {TITLES[kind]}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {ROWS.map(({ name, of }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            {ways.map(({ kind, figures }) => (
              <td key={kind}>{figures ? of(figures) : ""}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
