import { describe, expect, it } from "vitest";
import type { CurveScore, StretchScore } from "../../src/measure/result.ts";
import { adviceWords } from "../../src/report/index.ts";
import { scoreOf, stretchOf } from "./fixture.ts";

const LEVELS = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];

/** A band whose median is `median` and whose 5 and 95 % quantiles are a factor `spread` apart. */
function band(median: number, spread: number) {
  const at = (level: number) => median * spread ** ((level - 0.5) / 0.9);
  return { value: spread, quantiles: LEVELS.map(at), n: 100, interval: [spread, spread] as const, null: 20 };
}

function stretch(near: number, nearSpread: number, far: number, farSpread: number): StretchScore {
  return { ...stretchOf(3), near: band(near, nearSpread), far: band(far, farSpread) };
}

function curve(rnx: readonly number[]): CurveScore {
  const sizes = rnx.map((_, i) => 10 * (i + 1));
  return { ...scoreOf(0.5, "points"), sizes, rnx, qnx: rnx };
}

describe("what may be read off a latent", () => {
  it("says where it is an isometry, where nearly, where not, and which way it is off", () => {
    expect(adviceWords({ stretch: stretch(0.5, 1.08, 1.2, 3) })).toBe(
      "Locally an isometry: near pairs stay within 4 % and are shrunk 2.0x; globally not: far pairs vary 3.0x and are stretched 1.20x. Do not read distances between clusters.",
    );
    expect(adviceWords({ stretch: stretch(1, 12, 1, 1.2), distanceSpearman: scoreOf(0.95, "pairs") })).toBe(
      "Locally not: near pairs vary 12.0x; globally near-isometric: far pairs stay within 10 %. Distances between clusters may be compared.",
    );
  });

  it("lost order of distances is no licence to read them", () => {
    const words = adviceWords({ stretch: stretch(1, 2, 1, 1.2), distanceSpearman: scoreOf(0.4, "pairs") });
    expect(words).toContain("Do not read distances between clusters.");
  });

  it("names the sizes of neighbourhoods that keep half, from the curve", () => {
    const words = (rnx: readonly number[]) =>
      adviceWords({ stretch: stretch(1, 2, 1, 2), aucLogRnx: curve(rnx) });
    expect(words([0.6, 0.7, 0.4, 0.2])).toContain("Trust neighbourhoods up to 20 rows; do not");
    expect(words([0.2, 0.6, 0.7, 0.1])).toContain(
      "Trust neighbourhoods of about 20 to 30 rows, not smaller ones;",
    );
    expect(words([0.9, 0.9])).toContain("Neighbourhoods of every size can be read;");
    expect(words([0.1, 0.2])).toContain("No neighbourhood of any size is kept half-way above chance;");
  });

  it("is silent about isometries, chance and what is not known", () => {
    expect(adviceWords({})).toBeNull();
    expect(adviceWords({ stretch: { ...stretchOf(1) } })).toBeNull();
    const chance = { trustworthiness: scoreOf(0.5, "points"), continuity: scoreOf(0.5, "points") };
    expect(
      adviceWords({ ...chance, stretch: stretchOf(9), distanceSpearman: scoreOf(0, "pairs") }),
    ).toBeNull();
  });
});
