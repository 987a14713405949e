interface CurveProps {
  /** Of neighbourhoods, ascending. */
  readonly sizes: readonly number[];
  /** Share of neighbours that each keeps beyond chance. */
  readonly shares: readonly number[];
}

const [WIDTH, HEIGHT] = [440, 240];
const EDGE = { left: 40, right: 16, top: 24, bottom: 36 };

/** The curve of neighbourhoods, sizes in logarithms. Drawn without a library: the policy of a saved page lets no style in that one would bring. */
export function SavedCurve({ sizes, shares }: CurveProps) {
  const lowest = Math.min(0, ...shares);
  const [first, last] = [Math.log(sizes[0]!), Math.log(sizes.at(-1)!)];
  const across = (size: number) =>
    EDGE.left + ((Math.log(size) - first) / (last - first)) * (WIDTH - EDGE.left - EDGE.right);
  const down = (share: number) => EDGE.top + ((1 - share) / (1 - lowest)) * (HEIGHT - EDGE.top - EDGE.bottom);
  const line = sizes.map((size, i) => `${across(size).toFixed(1)},${down(shares[i]!).toFixed(1)}`).join(" ");
  const label = "Share of neighbours kept beyond chance, by the size of the neighbourhood";
  return (
    <svg class="curve" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      {ticksOf(sizes[0]!, sizes.at(-1)!).map((size) => (
        <g key={size}>
          <line class="grid" x1={across(size)} x2={across(size)} y1={EDGE.top} y2={HEIGHT - EDGE.bottom} />
          <text x={across(size)} y={HEIGHT - EDGE.bottom + 15} text-anchor="middle">
            {size.toLocaleString("en")}
          </text>
        </g>
      ))}
      {[0, 0.2, 0.4, 0.6, 0.8, 1].map((share) => (
        <g key={share}>
          <line class="grid" x1={EDGE.left} x2={WIDTH - EDGE.right} y1={down(share)} y2={down(share)} />
          <text x={EDGE.left - 6} y={down(share) + 4} text-anchor="end">
            {share.toFixed(1)}
          </text>
        </g>
      ))}
      <line class="chance" x1={EDGE.left} x2={WIDTH - EDGE.right} y1={down(0)} y2={down(0)} />
      <polyline class="kept" points={line} />
      <text x={4} y={13}>
        kept beyond chance
      </text>
      <text x={WIDTH - EDGE.right} y={HEIGHT - 5} text-anchor="end">
        neighbours
      </text>
    </svg>
  );
}

/** Powers of ten; where there are few, twice and five times them too. */
function ticksOf(first: number, last: number): number[] {
  const steps = last / first > 500 ? [1] : [1, 2, 5];
  const powers = Array.from({ length: 10 }, (_, i) => 10 ** i);
  return powers
    .flatMap((power) => steps.map((step) => step * power))
    .filter((at) => at >= first && at <= last);
}
